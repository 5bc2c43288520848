import { createHash } from "node:crypto";
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { builtOnce, debianImage, ok, REGISTRY } from "./images.ts";

const REQUIREMENTS = join(import.meta.dirname, "../../examples/fastapi-backend/requirements.txt");

/** A Python with pip, to download packages for the image. */
const PYTHON = ["python3", "python3.14", "python3.13", "python3.12", "python3.11"].find(
  (name) => spawnSync(name, ["-m", "pip", "--version"]).status === 0,
);

export const lacksPip = PYTHON === undefined ? "a Python with pip is required to download packages" : undefined;

/** Builds a base image for the example backend: Debian's Python, with a package index on its file system. */
export async function pythonImage(variables: Readonly<Record<string, string>>, folder: string): Promise<string> {
  const base = await debianImage(variables, folder, { name: "python-base", packages: ["python3", "python3-venv"] });
  const digest = createHash("sha256")
    .update(await readFile(REQUIREMENTS))
    .update(base)
    .digest("hex")
    .slice(0, 12);
  return builtOnce(`${REGISTRY}/python:${digest}`, variables, async (image) => {
    const context = await mkdtemp(join(folder, "image-"));
    const print = "import sys; print(*sys.version_info[:3], sep='.')";
    const version = await ok(["podman", "run", "--rm", "--network=none", base, "python3", "-c", print], variables);
    // pip evaluates these markers for the Python that runs it.
    const text = (await readFile(REQUIREMENTS, "utf8")).replaceAll(/ ; python_full_version .*(?= \\$)/gm, "");
    const requirements = join(folder, "requirements.txt");
    await writeFile(requirements, text);
    const options = ["--quiet", "--only-binary=:all:", `--python-version=${version.trim()}`, "--require-hashes"];
    const packages = join(context, "packages");
    await ok([PYTHON ?? "", "-m", "pip", "download", ...options, "--requirement", requirements, "--dest", packages]);
    await writeFile(join(context, "pip.conf"), "[global]\nno-index = true\nfind-links = /packages\n");
    await writeFile(
      join(context, "Containerfile"),
      `FROM ${base}\nCOPY packages /packages\nCOPY pip.conf /etc/pip.conf\n`,
    );
    await ok(["podman", "build", "--quiet", "--tag", image, context], variables);
  });
}

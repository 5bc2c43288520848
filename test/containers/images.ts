import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./run.ts";

/** The registry of the stack's images in these tests. */
export const REGISTRY = "localhost/grafana-provision-test";

const PACKAGES = [
  "prometheus",
  "prometheus-alertmanager",
  "prometheus-node-exporter",
  "prometheus-redis-exporter",
  "prometheus-blackbox-exporter",
  "redis-server",
  "caddy",
  // For wget, which health checks use.
  "busybox",
];

/** Entry points and users of the official images. */
const IMAGES = [
  { name: "prom/prometheus", program: "prometheus", user: "nobody" },
  { name: "prom/alertmanager", program: "prometheus-alertmanager", user: "nobody" },
  { name: "prom/node-exporter", program: "prometheus-node-exporter", user: "nobody" },
  { name: "prom/blackbox-exporter", program: "prometheus-blackbox-exporter", user: "nobody" },
  { name: "oliver006/redis_exporter", program: "prometheus-redis-exporter", user: "nobody" },
  { name: "redis", program: undefined, user: "redis" },
  { name: "caddy", program: undefined, user: "root" },
];

const HOOK = [
  'ln -sf busybox "$1/usr/bin/wget"',
  'for folder in prometheus alertmanager; do mkdir "$1/$folder"; chroot "$1" chown nobody:nogroup "/$folder"; done',
  'mkdir "$1/data"; chroot "$1" chown redis:redis /data',
].join("; ");

/** The test image of a service. */
export function testImage(name: string): string {
  return `${REGISTRY}/${name}:test`;
}

/**
 * Builds an image of each service from Debian packages on a common base image, which is kept between runs. `versions` has
 * the tags by image; the packages are the same for all versions.
 */
export async function buildImages(
  variables: Readonly<Record<string, string>>,
  folder: string,
  versions: ReadonlyMap<string, string>,
): Promise<void> {
  const base = await debianImage(variables, folder, { name: "base", packages: PACKAGES, hook: HOOK });
  for (const { name, program, user } of IMAGES) {
    const lines = [
      `FROM ${base}`,
      `USER ${user}`,
      ...(program === undefined ? [] : [`ENTRYPOINT ["/usr/bin/${program}"]`]),
      "",
    ];
    const tags = [testImage(name), `${REGISTRY}/${name}:${versions.get(name)}`].flatMap((tag) => ["--tag", tag]);
    const context = await mkdtemp(join(folder, "image-"));
    await writeFile(join(context, "Containerfile"), lines.join("\n"));
    await ok(["podman", "build", "--quiet", ...tags, context], variables);
  }
}

/** An image of Debian with these packages, which is kept between runs. Returns its name. */
export async function debianImage(
  variables: Readonly<Record<string, string>>,
  folder: string,
  { name, packages, hook }: { readonly name: string; readonly packages: readonly string[]; readonly hook?: string },
): Promise<string> {
  const digest = createHash("sha256")
    .update(JSON.stringify([packages, hook]))
    .digest("hex")
    .slice(0, 12);
  return builtOnce(`${REGISTRY}/${name}:${digest}`, variables, async (image) => {
    const tar = join(folder, `${name}.tar`);
    const options = ["--mode=root", "--variant=minbase", `--include=${packages.join(",")}`];
    const suite = (await run(["sh", "-c", '. /etc/os-release; echo "$VERSION_CODENAME"'])).stdout.trim();
    const hooks = hook === undefined ? [] : [`--customize-hook=${hook}`];
    await ok(["mmdebstrap", ...options, ...hooks, suite, tar], variables);
    await ok(["podman", "import", "--quiet", tar, image], variables);
    await rm(tar);
  });
}

/** Builds an image unless it exists. Returns its name. */
export async function builtOnce(
  image: string,
  variables: Readonly<Record<string, string>>,
  build: (image: string) => Promise<void>,
): Promise<string> {
  const exists = await run(["podman", "image", "exists", image], variables);
  if (exists.code !== 0) await build(image);
  return image;
}

/** The output of a command, which must succeed. */
export async function ok(
  command: readonly string[],
  variables: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { code, stdout, stderr } = await run(command, variables);
  if (code !== 0) throw new Error(`${command.slice(0, 3).join(" ")} failed with ${code}: ${stderr.slice(-2000)}`);
  return stdout;
}

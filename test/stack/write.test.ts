import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { compareStack, defineStack, renderStack, writeStack, type StackDefinition } from "../../src/stack/index.ts";
import { ensureSecret } from "../../src/stack/secret-files.ts";
import { testProject } from "../helpers/cli.ts";

async function emptyFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "grafana-provision-stack-")));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

function filesOf(definition: StackDefinition, out: string): ReadonlyMap<string, string> {
  return renderStack(defineStack(definition), { directory: out, out });
}

const mode = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);

describe("a stack's directory", () => {
  test("is written once; later only changed files are written", async () => {
    const folder = await emptyFolder();
    const files = filesOf({}, folder);
    expect((await writeStack(folder, files)).added).toEqual([...files.keys()]);
    for (const [path, text] of files) expect(await readFile(join(folder, path), "utf8")).toBe(text);

    const before = await stat(join(folder, "prometheus/prometheus.yml"));
    const changed = filesOf({ services: { loki: { retention: "14d" } } }, folder);
    expect(await writeStack(folder, changed)).toMatchObject({
      added: [],
      changed: ["compose.yaml", "loki/loki.yaml"],
      removed: [],
    });
    expect((await stat(join(folder, "prometheus/prometheus.yml"))).mtimeMs).toBe(before.mtimeMs);
    expect(await writeStack(folder, changed)).toMatchObject({ added: [], changed: [], removed: [] });
  });

  test("loses files of removed services, but no files of the user", async () => {
    const folder = await emptyFolder();
    await writeStack(folder, filesOf({}, folder));
    await ensureSecret(folder, "grafana-admin-password");
    await writeFile(join(folder, "alloy/notes.md"), "mine\n");
    await writeFile(join(folder, "README.md"), "also mine\n");
    const written = await writeStack(folder, filesOf({ services: { alloy: false, jaeger: false } }, folder));
    expect(written.removed).toEqual(["alloy/config.alloy", "jaeger/jaeger.yaml"]);
    expect((await readdir(folder)).toSorted()).toEqual(expect.arrayContaining(["README.md", "alloy", "secrets"]));
    expect(await readdir(folder)).not.toContain("jaeger");
    expect(await readdir(join(folder, "alloy"))).toEqual(["notes.md"]);
    expect(await readdir(join(folder, "secrets"))).toEqual(["grafana-admin-password"]);
  });

  test("keeps secrets out of git, and leaves a .gitignore of the user alone", async () => {
    const folder = await emptyFolder();
    const files = filesOf({}, folder);
    await writeStack(folder, files);
    expect(await readFile(join(folder, ".gitignore"), "utf8")).toMatch(/^\/secrets\/$/m);
    await writeFile(join(folder, ".gitignore"), "/secrets/\n/notes\n");
    expect(await writeStack(folder, files)).toMatchObject({ added: [], changed: [], removed: [] });
    expect(await readFile(join(folder, ".gitignore"), "utf8")).toBe("/secrets/\n/notes\n");
  });

  test("keeps files that the tool did not generate, and then no file is written", async () => {
    const folder = await emptyFolder();
    await mkdir(join(folder, "loki"));
    await writeFile(join(folder, "compose.yaml"), "services: {}\n");
    await writeFile(join(folder, "loki/loki.yaml"), "auth_enabled: true\n");
    const files = filesOf({}, folder);
    await expect(writeStack(folder, files)).rejects.toMatchObject({
      code: "stack-file-not-generated",
      exitCode: 1,
      message: expect.stringContaining(`${folder}/compose.yaml, ${folder}/loki/loki.yaml`) as unknown,
    });
    expect((await readdir(folder)).toSorted()).toEqual(["compose.yaml", "loki"]);
    expect(await readFile(join(folder, "compose.yaml"), "utf8")).toBe("services: {}\n");

    expect((await writeStack(folder, files, { force: true })).changed).toEqual(["compose.yaml", "loki/loki.yaml"]);
    expect(await readFile(join(folder, "compose.yaml"), "utf8")).toBe(files.get("compose.yaml"));
  });

  test("is written without following links", async () => {
    const [folder, elsewhere] = [await emptyFolder(), await emptyFolder()];
    await symlink(elsewhere, join(folder, "loki"));
    await expect(writeStack(folder, filesOf({}, folder))).rejects.toMatchObject({
      code: "stack-path-blocked",
      exitCode: 1,
      message: expect.stringContaining(join(folder, "loki")) as unknown,
    });
    await rm(join(folder, "loki"));
    await writeFile(join(elsewhere, "any.yaml"), "any\n");
    // A generated file that would be removed if links were followed.
    await writeFile(join(elsewhere, "config.alloy"), filesOf({}, folder).get("alloy/config.alloy") ?? "");
    await symlink(elsewhere, join(folder, "alloy"));
    await symlink(join(elsewhere, "config.alloy"), join(folder, "old.alloy"));
    expect((await writeStack(folder, filesOf({ services: { alloy: false } }, folder))).removed).toEqual([]);
    await rm(join(folder, "compose.yaml"));
    await symlink(join(elsewhere, "any.yaml"), join(folder, "compose.yaml"));
    await expect(writeStack(folder, filesOf({}, folder), { force: true })).rejects.toMatchObject({
      code: "stack-path-blocked",
    });
    expect(await readFile(join(elsewhere, "any.yaml"), "utf8")).toBe("any\n");
    expect((await readdir(elsewhere)).toSorted()).toEqual(["any.yaml", "config.alloy"]);
  });

  test("is readable by containers regardless of the umask; only the current user can reach its secrets", async () => {
    const folder = await emptyFolder();
    const umask = process.umask(0o077);
    try {
      await writeStack(folder, filesOf({}, folder));
      await ensureSecret(folder, "grafana-admin-password");
    } finally {
      process.umask(umask);
    }
    expect(await mode(join(folder, "loki"))).toBe("755");
    expect(await mode(join(folder, "loki/loki.yaml"))).toBe("644");
    expect(await mode(join(folder, "secrets"))).toBe("700");
    // Docker mounts the file itself, so the container's user must be able to read it.
    expect(await mode(join(folder, "secrets/grafana-admin-password"))).toBe("644");
  });

  test("becomes readable by containers again after its modes were restricted", async () => {
    const folder = await emptyFolder();
    const files = filesOf({}, folder);
    await writeStack(folder, files);
    await chmod(join(folder, "loki/loki.yaml"), 0o600);
    await chmod(join(folder, "loki"), 0o700);
    expect((await writeStack(folder, files)).changed).toEqual([]);
    expect(await mode(join(folder, "loki/loki.yaml"))).toBe("644");
    expect(await mode(join(folder, "loki"))).toBe("755");
  });

  test("can contain another stack's directory and other files", async () => {
    const folder = await emptyFolder();
    const inner = join(folder, "deploy/monitoring");
    await writeStack(inner, filesOf({}, inner));
    await writeFile(join(inner, "../loki.yaml"), filesOf({}, inner).get("loki/loki.yaml") ?? "");
    const outer = filesOf({ services: { alloy: false } }, folder);
    expect((await writeStack(folder, outer)).removed).toEqual([]);
    expect(await compareStack(inner, filesOf({}, inner))).toMatchObject({ added: [], changed: [], removed: [] });
    expect(await readdir(join(folder, "deploy"))).toContain("loki.yaml");
  });

  test("keeps an existing secret and rejects an empty one", async () => {
    const folder = await emptyFolder();
    const made = await ensureSecret(folder, "one");
    expect(made.length).toBeGreaterThan(20);
    expect(await ensureSecret(folder, "one")).toBe(made);
    expect(await ensureSecret(folder, "two")).not.toBe(made);
    await writeFile(join(folder, "secrets/own"), "chosen\n");
    expect(await ensureSecret(folder, "own")).toBe("chosen");
    await writeFile(join(folder, "secrets/empty"), "\n");
    await expect(ensureSecret(folder, "empty")).rejects.toMatchObject({
      code: "stack-secret-empty",
      exitCode: 1,
      message: expect.stringContaining(join(folder, "secrets/empty")) as unknown,
    });
  });

  test("can be compared without writing", async () => {
    const folder = await emptyFolder();
    expect((await compareStack(folder, filesOf({}, folder))).added).toContain("compose.yaml");
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("stack:render", () => {
  test("writes next to the definition and lists the files; --check reports whether they are up to date", async () => {
    const project = await testProject({ "stack.config.ts": "export default { services: { alloy: false } };" });
    const first = await project.run(["stack:render"]);
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toMatch(/\.grafana-provision\/stack.*\n {2}\+ compose\.yaml\n/);
    const unchanged = await project.run(["stack:render", "--check"]);
    expect(unchanged.code).toBe(0);
    expect(unchanged.stdout).toMatch(/\.grafana-provision\/stack\b.*\b\d+ files/);

    await project.write({ "stack.config.ts": "export default { services: { redis: false } };" });
    const check = await project.run(["stack:render", "--check"]);
    expect(check.code).toBe(2);
    expect(check.stdout).toContain("  + alloy/config.alloy\n  ~ compose.yaml\n");
    expect((await project.run(["stack:render"])).code).toBe(0);
    expect((await project.run(["stack:render", "--check"])).code).toBe(0);
  });

  test("writes to a given directory, with paths relative to it and without secrets", async () => {
    const project = await testProject();
    expect((await project.run(["stack:render", "deploy/monitoring"])).code).toBe(0);
    const folder = join(project.directory, "deploy/monitoring");
    expect(await readFile(join(folder, "compose.yaml"), "utf8")).toContain("- ../../logs:/app/logs:ro");
    expect(await readdir(folder)).not.toContain("secrets");
    expect(await readdir(project.directory)).not.toContain(".grafana-provision");
    await writeFile(join(folder, "loki/loki.yaml"), "mine\n");
    expect(await project.run(["stack:render", "deploy/monitoring", "--check"])).toMatchObject({ code: 2 });
    const rejected = await project.run(["stack:render", "deploy/monitoring"]);
    expect(rejected).toMatchObject({ code: 1, stderr: expect.stringContaining("loki/loki.yaml") as unknown });
    expect((await project.run(["stack:render", "deploy/monitoring", "--force"])).code).toBe(0);
  });

  test("names a path that it has no permission to write", async () => {
    const project = await testProject({ "deploy/keep": "" });
    await chmod(join(project.directory, "deploy"), 0o555);
    const { code, stderr } = await project.run(["stack:render", "deploy/keep"]);
    expect(code).toBe(1);
    expect(stderr).toContain(join(project.directory, "deploy/keep"));
    expect(stderr).not.toContain("defect");
    expect((await lstat(join(project.directory, "deploy/keep"))).isFile()).toBe(true);
  });
});

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

describe("a stack's folder", () => {
  test("is written once, then left alone, and only what changed is written again", async () => {
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

  test("loses what is no longer defined, and nothing of anybody else's", async () => {
    const folder = await emptyFolder();
    await writeStack(folder, filesOf({}, folder));
    await ensureSecret(folder, "grafana-admin-password");
    await writeFile(join(folder, "alloy/notes.md"), "mine\n");
    await writeFile(join(folder, "README.md"), "mine, too\n");
    const written = await writeStack(folder, filesOf({ services: { alloy: false, jaeger: false } }, folder));
    expect(written.removed).toEqual(["alloy/config.alloy", "jaeger/jaeger.yaml"]);
    expect((await readdir(folder)).toSorted()).toEqual(expect.arrayContaining(["README.md", "alloy", "secrets"]));
    expect(await readdir(folder)).not.toContain("jaeger");
    expect(await readdir(join(folder, "alloy"))).toEqual(["notes.md"]);
    expect(await readdir(join(folder, "secrets"))).toEqual(["grafana-admin-password"]);
  });

  test("keeps a file of somebody else's in its place, and then writes nothing at all", async () => {
    const folder = await emptyFolder();
    await mkdir(join(folder, "loki"));
    await writeFile(join(folder, "compose.yaml"), "services: {}\n");
    await writeFile(join(folder, "loki/loki.yaml"), "auth_enabled: true\n");
    const files = filesOf({}, folder);
    await expect(writeStack(folder, files)).rejects.toThrow(
      new RegExp(`${folder}/compose\\.yaml, ${folder}/loki/loki\\.yaml were not written by grafana-provision`),
    );
    expect((await readdir(folder)).toSorted()).toEqual(["compose.yaml", "loki"]);
    expect(await readFile(join(folder, "compose.yaml"), "utf8")).toBe("services: {}\n");

    expect((await writeStack(folder, files, { force: true })).changed).toEqual(["compose.yaml", "loki/loki.yaml"]);
    expect(await readFile(join(folder, "compose.yaml"), "utf8")).toBe(files.get("compose.yaml"));
  });

  test("is not left by a link", async () => {
    const [folder, elsewhere] = [await emptyFolder(), await emptyFolder()];
    await symlink(elsewhere, join(folder, "loki"));
    await expect(writeStack(folder, filesOf({}, folder))).rejects.toThrow(`${join(folder, "loki")} is in the way`);
    await rm(join(folder, "loki"));
    await writeFile(join(elsewhere, "any.yaml"), "any\n");
    // What would be removed, if it were the folder's.
    await writeFile(join(elsewhere, "config.alloy"), filesOf({}, folder).get("alloy/config.alloy") ?? "");
    await symlink(elsewhere, join(folder, "alloy"));
    await symlink(join(elsewhere, "config.alloy"), join(folder, "old.alloy"));
    expect((await writeStack(folder, filesOf({ services: { alloy: false } }, folder))).removed).toEqual([]);
    await rm(join(folder, "compose.yaml"));
    await symlink(join(elsewhere, "any.yaml"), join(folder, "compose.yaml"));
    await expect(writeStack(folder, filesOf({}, folder), { force: true })).rejects.toThrow("is in the way");
    expect(await readFile(join(elsewhere, "any.yaml"), "utf8")).toBe("any\n");
    expect((await readdir(elsewhere)).toSorted()).toEqual(["any.yaml", "config.alloy"]);
  });

  test("can be read by the users of containers, whatever the umask is; its secrets can be reached by one's own alone", async () => {
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
    // Docker mounts the file itself: its user has to read it.
    expect(await mode(join(folder, "secrets/grafana-admin-password"))).toBe("644");
  });

  test("can be read by them again, where a checkout left the same files for one user alone", async () => {
    const folder = await emptyFolder();
    const files = filesOf({}, folder);
    await writeStack(folder, files);
    await chmod(join(folder, "loki/loki.yaml"), 0o600);
    await chmod(join(folder, "loki"), 0o700);
    expect((await writeStack(folder, files)).changed).toEqual([]);
    expect(await mode(join(folder, "loki/loki.yaml"))).toBe("644");
    expect(await mode(join(folder, "loki"))).toBe("755");
  });

  test("may have another stack's folder in it, and whatever else", async () => {
    const folder = await emptyFolder();
    const inner = join(folder, "deploy/monitoring");
    await writeStack(inner, filesOf({}, inner));
    await writeFile(join(inner, "../loki.yaml"), filesOf({}, inner).get("loki/loki.yaml") ?? "");
    const outer = filesOf({ services: { alloy: false } }, folder);
    expect((await writeStack(folder, outer)).removed).toEqual([]);
    expect(await compareStack(inner, filesOf({}, inner))).toMatchObject({ added: [], changed: [], removed: [] });
    expect(await readdir(join(folder, "deploy"))).toContain("loki.yaml");
  });

  test("keeps a secret that is there, and refuses an empty one", async () => {
    const folder = await emptyFolder();
    const made = await ensureSecret(folder, "one");
    expect(made.length).toBeGreaterThan(20);
    expect(await ensureSecret(folder, "one")).toBe(made);
    expect(await ensureSecret(folder, "two")).not.toBe(made);
    await writeFile(join(folder, "secrets/own"), "chosen\n");
    expect(await ensureSecret(folder, "own")).toBe("chosen");
    await writeFile(join(folder, "secrets/empty"), "\n");
    await expect(ensureSecret(folder, "empty")).rejects.toThrow("is empty");
  });

  test("is compared without being written", async () => {
    const folder = await emptyFolder();
    expect((await compareStack(folder, filesOf({}, folder))).added).toContain("compose.yaml");
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("stack:render", () => {
  test("writes beside the definition, says what, and --check tells whether it is up to date", async () => {
    const project = await testProject({ "stack.config.ts": "export default { services: { alloy: false } };" });
    const first = await project.run(["stack:render"]);
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toMatch(/^Wrote \.grafana-provision\/stack:\n {2}\+ compose\.yaml\n/);
    expect(await project.run(["stack:render", "--check"])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /^\.grafana-provision\/stack is as the definition makes it: \d+ files\.\n$/,
      ) as unknown,
    });

    await project.write({ "stack.config.ts": "export default { services: { redis: false } };" });
    const check = await project.run(["stack:render", "--check"]);
    expect(check.code).toBe(2);
    expect(check.stdout).toContain("  + alloy/config.alloy\n  ~ compose.yaml\n");
    expect((await project.run(["stack:render"])).code).toBe(0);
    expect((await project.run(["stack:render", "--check"])).code).toBe(0);
  });

  test("writes to a folder that is named, with paths from there, and no secret", async () => {
    const project = await testProject();
    expect((await project.run(["stack:render", "deploy/monitoring"])).code).toBe(0);
    const folder = join(project.directory, "deploy/monitoring");
    expect(await readFile(join(folder, "compose.yaml"), "utf8")).toContain("- ../../logs:/app/logs:ro");
    expect(await readdir(folder)).not.toContain("secrets");
    expect(await readdir(project.directory)).not.toContain(".grafana-provision");
    // Where it is committed, somebody may have changed it by hand.
    await writeFile(join(folder, "loki/loki.yaml"), "mine\n");
    expect(await project.run(["stack:render", "deploy/monitoring", "--check"])).toMatchObject({ code: 2 });
    const refused = await project.run(["stack:render", "deploy/monitoring"]);
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("loki/loki.yaml was not written by") as unknown,
    });
    expect((await project.run(["stack:render", "deploy/monitoring", "--force"])).code).toBe(0);
  });

  test("says what it may not write", async () => {
    const project = await testProject({ "deploy/keep": "" });
    await chmod(join(project.directory, "deploy"), 0o555);
    const { code, stderr } = await project.run(["stack:render", "deploy/keep"]);
    expect(code).toBe(1);
    expect(stderr).toContain(join(project.directory, "deploy/keep"));
    expect(stderr).not.toContain("defect");
    expect((await lstat(join(project.directory, "deploy/keep"))).isFile()).toBe(true);
  });
});

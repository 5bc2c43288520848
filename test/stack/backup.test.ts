import { createHash } from "node:crypto";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { manifestText, MANIFEST_HEAD, type StackManifest } from "../../src/stack/backup/manifest.ts";
import { testProject } from "../helpers/cli.ts";
import { only } from "./small-stack.ts";

const FILE = "volumes/redis-data.tar.gz";
const CONTENT = "an archive";

/** A project with a stack, and a backup of one file in the directory `saved`. */
async function withBackup(changes: Partial<StackManifest> = {}, text = CONTENT) {
  const manifest: StackManifest = {
    ...MANIFEST_HEAD,
    tool: "0.1.0",
    startedAt: "2026-11-30T12:00:00.000Z",
    endedAt: "2026-11-30T12:00:01.000Z",
    stack: "toolboxai",
    encrypted: false,
    services: [{ name: "redis", image: "redis:8.8-alpine" }],
    files: [
      {
        file: FILE,
        content: "volume",
        service: "redis",
        volume: "redis-data",
        method: "stopped",
        bytes: CONTENT.length,
        sha256: createHash("sha256").update(CONTENT).digest("hex"),
      },
    ],
    omitted: [],
    ...changes,
  };
  const project = await testProject({
    "stack.config.ts": `export default ${JSON.stringify({ backend: false, services: only({ redis: {} }) })};\n`,
    "saved/manifest.json": manifestText(manifest),
    [`saved/${FILE}`]: text,
  });
  const restore = (...args: string[]) =>
    project.run(["stack:restore", "saved", "--yes", ...args], { PATH: "/nowhere" });
  return { project, manifest, restore };
}

test("a changed or missing file is named before anything else", async () => {
  const changed = await withBackup({}, "an archivf");
  const result = await changed.restore();
  expect(result.code).toBe(1);
  expect(result.stderr).toContain(join("saved", FILE));
  expect(result.stderr).toContain("checksum");
  const missing = await withBackup();
  await rm(join(missing.project.directory, "saved", FILE));
  expect((await missing.restore()).stderr).toContain(join("saved", FILE));
  // An unchanged backup gets as far as the container engine.
  const { code, stderr } = await (await withBackup()).restore();
  expect(code).toBe(1);
  expect(stderr).toContain("No container engine");
});

test.each([
  ["another text", (text: string) => text.replace("toolboxai", "toolboxbi"), 1, "checksum"],
  ["no JSON", () => "{", 1, "not valid JSON"],
  ["a list", () => "[]", 1, "not an object"],
  ["a newer format", (text: string) => text.replace('"version": 1', '"version": 2'), 1, "newer version"],
])("a manifest with %s", async (_what, change, code, says) => {
  const { project, manifest, restore } = await withBackup();
  await project.write({ "saved/manifest.json": change(manifestText(manifest)) });
  const result = await restore();
  expect(result.code).toBe(code);
  expect(result.stderr).toContain(says);
});

test.each(["../outside", "/etc/hostname", "volumes/../../outside", ""])("the path %j is not read", async (file) => {
  const { manifest } = await withBackup();
  const files = manifest.files.map((one) => ({ ...one, file }));
  const result = await (await withBackup({ files })).restore();
  expect(result.code).toBe(1);
  expect(result.stderr).toContain("manifest.json");
});

test("a directory without a manifest, and a backup without a volume of this stack", async () => {
  const { project, manifest } = await withBackup();
  expect(await project.run(["stack:restore", "resources"])).toMatchObject({ code: 64 });
  const files = manifest.files.map((one) => ({ ...one, volume: "other-data" }));
  const other = await withBackup({ files });
  expect(await other.restore()).toMatchObject({ code: 64, stdout: "" });
});

test("keys: missing, not of age, and never in a message", async () => {
  const { project, restore } = await withBackup({ encrypted: true });
  expect((await restore()).stderr).toContain("--identity");
  expect((await restore()).code).toBe(64);
  await project.write({ "key.txt": "AGE-SECRET-KEY-1SECRETSECRET\n", "empty.txt": "# nothing\n" });
  for (const file of ["key.txt", "empty.txt", "none.txt"]) {
    const { code, stderr } = await restore("--identity", file);
    expect(code).toBe(64);
    expect(stderr).toContain(file);
    expect(stderr).not.toContain("SECRETSECRET");
  }
  const { code, stderr } = await project.run(["stack:backup", "--out", "new", "--recipient", "age1nothing"]);
  expect(code).toBe(64);
  expect(stderr).toContain("--recipient");
});

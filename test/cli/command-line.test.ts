import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { commandIn } from "../../src/util/command-line.ts";

const SCRIPTS = {
  build: "tsc",
  provision: "grafana-provision apply",
  "provision:prod": "grafana-provision apply --env production",
  diff: "npx grafana-provision plan",
  ci: "tsc && grafana-provision validate",
};

async function directoryWith(manifest: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "grafana-provision-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await mkdir(join(directory, "sub"));
  await writeFile(join(directory, "package.json"), manifest);
  return directory;
}

const here = (directory: string, words: readonly string[], variables: NodeJS.ProcessEnv = {}) =>
  commandIn({ directory, variables }, words);

describe("a suggested command", () => {
  test.each([
    { words: ["plan"], line: "npm run diff" },
    { words: ["diff"], line: "npm run diff" },
    { words: ["plan", "--only", "dashboard"], line: "npm run diff -- --only dashboard" },
    { words: ["apply", "--adopt"], line: "npm run provision -- --adopt" },
    { words: ["apply", "--env", "production", "--yes"], line: "npm run provision:prod -- --yes" },
    { words: ["apply", "--env", "test"], line: "npm run provision -- --env test" },
    { words: ["rollback", "latest"], line: "npx grafana-provision rollback latest" },
    { words: ["validate"], line: "npx grafana-provision validate" },
    { words: ["apply", "a b"], line: "npm run provision -- 'a b'" },
  ])("$words is the script of the repository, or npx: $line", async ({ words, line }) => {
    const directory = await directoryWith(JSON.stringify({ scripts: SCRIPTS }));
    expect(here(directory, words)).toBe(line);
  });

  test("uses the script from a directory below, unless options could name paths", async () => {
    const directory = join(await directoryWith(JSON.stringify({ scripts: SCRIPTS })), "sub");
    expect(here(directory, ["plan"])).toBe("npm run diff");
    expect(here(directory, ["plan", "--out", "x.json"])).toBe("npx grafana-provision plan --out x.json");
  });

  test("stays npx if the command was started by npx", async () => {
    const directory = await directoryWith(JSON.stringify({ scripts: SCRIPTS }));
    expect(here(directory, ["plan"], { npm_command: "exec" })).toBe("npx grafana-provision plan");
  });

  test.each(["", "{", "[]", '{"scripts": 3}', '{"scripts": {"diff": 3}}'])(
    "ignores a package.json with %j",
    async (text) => {
      expect(here(await directoryWith(text), ["plan"])).toBe("npx grafana-provision plan");
    },
  );

  test.each([
    "grafana-provision plan; rm -rf x",
    "grafana-provision plan && x",
    "FOO=1 grafana-provision plan",
    "my-grafana-provision plan",
  ])("ignores a script that does anything else: %s", async (script) => {
    const directory = await directoryWith(JSON.stringify({ scripts: { diff: script } }));
    expect(here(directory, ["plan"])).toBe("npx grafana-provision plan");
  });
});

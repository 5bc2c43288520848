import { execFile, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { appendFile, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { defineStack, renderStack, writeStack, type StackDefinition } from "../../src/stack/index.ts";
import { definitions } from "./arbitraries.ts";

const run = promisify(execFile);

/** The components' own checkers, of which Debian has these, and what each is called with. */
const CHECKERS = [
  { program: "promtool", args: ["check", "config", "prometheus/prometheus.yml"] },
  { program: "amtool", args: ["check-config", "alertmanager/alertmanager.yml"] },
  {
    program: "prometheus-blackbox-exporter",
    args: ["--config.check", "--config.file=blackbox-exporter/blackbox.yml"],
  },
  { program: "docker-compose", args: ["--file", "compose.yaml", "config", "--quiet"] },
] as const;

const VARIANTS: Readonly<Record<string, StackDefinition>> = {
  "as by default": {},
  "with all that can be chosen": {
    logs: { collector: "promtail" },
    network: { name: "apps", external: true },
    services: {
      jaeger: { storage: "badger" },
      "otel-collector": { sampling: 5 },
      alertmanager: { webhook: "http://host.docker.internal:8009/alerts" },
      "blackbox-exporter": { targets: ["https://example.org"], interval: "1m" },
    },
  },
};

function installed(program: string): boolean {
  return spawnSync("which", [program]).status === 0;
}

async function written(definition: StackDefinition): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "grafana-provision-stack-")));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeStack(folder, renderStack(defineStack(definition), { directory: folder, out: folder }));
  return folder;
}

/** What a checker says against the files in a folder; undefined where it takes them. */
async function objection(folder: string, { program, args }: (typeof CHECKERS)[number]): Promise<string | undefined> {
  try {
    await run(program, args, { cwd: folder, env: { ...process.env, STACK_TEST_SECRET: "any" } });
    return undefined;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    return `${program}: ${stdout}${stderr}`;
  }
}

describe.each(CHECKERS)("$program", (checker) => {
  const reason = `${checker.program} is not installed`;
  const isMissing = !installed(checker.program);
  const own = checker.args.at(-1) === "--quiet" ? "compose.yaml" : (checker.args.at(-1) ?? "").replace(/^.*=/, "");

  test.for(Object.entries(VARIANTS))("takes the stack %s", async ([, definition], context) => {
    context.skip(isMissing, reason);
    expect(await objection(await written(definition), checker)).toBeUndefined();
  });

  test("refuses what is wrong", async (context) => {
    context.skip(isMissing, reason);
    const folder = await written({});
    await appendFile(join(folder, own), "\nno_such_key: 1\n");
    expect(await objection(folder, checker)).toContain("no_such_key");
  });

  test("takes any stack that has it", async (context) => {
    context.skip(isMissing, reason);
    const objections: (string | undefined)[] = [];
    await fc.assert(
      fc.asyncProperty(definitions, async (definition) => {
        const folder = await written(definition);
        fc.pre(existsSync(join(folder, own)));
        objections.push(await objection(folder, checker));
      }),
      { numRuns: 8 },
    );
    expect(objections.filter(Boolean)).toEqual([]);
    expect(objections).toHaveLength(8);
  });
});

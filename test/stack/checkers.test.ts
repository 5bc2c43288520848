import { execFile, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { appendFile, mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import { env } from "../../src/index.ts";
import { defineStack, renderStack, writeStack, type StackDefinition } from "../../src/stack/index.ts";
import { GENERATED, runs, timeShare } from "../helpers/seed.ts";
import { definitions, VARIABLE } from "./arbitraries.ts";

const run = promisify(execFile);

/** A configuration checker of a service. */
interface Checker {
  readonly command: readonly [string, ...string[]];
  readonly args: readonly string[];
  readonly file: string;
}

const COMPOSE = { args: ["--file", "compose.yaml", "config", "--quiet"], file: "compose.yaml" };

/** Debian packages all of these except `docker compose`. */
const CHECKERS: readonly Checker[] = [
  { command: ["promtool", "check", "config"], args: ["prometheus/prometheus.yml"], file: "prometheus/prometheus.yml" },
  {
    command: ["amtool", "check-config"],
    args: ["alertmanager/alertmanager.yml"],
    file: "alertmanager/alertmanager.yml",
  },
  {
    command: ["prometheus-blackbox-exporter", "--config.check"],
    args: ["--config.file=blackbox-exporter/blackbox.yml"],
    file: "blackbox-exporter/blackbox.yml",
  },
  { command: ["docker-compose"], ...COMPOSE },
  { command: ["docker", "compose"], ...COMPOSE },
];

const VARIANTS: Readonly<Record<string, StackDefinition>> = {
  "with defaults": {},
  "with the example backend": { backend: "example" },
  "with alternative settings": {
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

/** Why a command can't run here; undefined if it can. */
function missing([program, subcommand]: Checker["command"]): string | undefined {
  if (spawnSync("which", [program]).status !== 0) return `${program} is not installed`;
  if (subcommand !== "compose") return undefined;
  const { status } = spawnSync(program, [subcommand, "version"]);
  return status === 0 ? undefined : `${program} has no ${subcommand}`;
}

async function written(definition: StackDefinition): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "grafana-provision-stack-")));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeStack(folder, renderStack(defineStack(definition), { directory: folder, out: folder }));
  return folder;
}

async function outputOf(folder: string, command: readonly string[]): Promise<string> {
  const [program = "", ...args] = command;
  const { stdout } = await run(program, args, { cwd: folder, env: { ...process.env, [VARIABLE]: "any" } });
  return stdout;
}

/** The error of a checker for the files in a directory; undefined if it accepts them. */
async function objection(folder: string, { command, args }: Checker): Promise<string | undefined> {
  try {
    await outputOf(folder, [...command, ...args]);
    return undefined;
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: string; stderr?: string };
    return `${command.join(" ")}: ${stdout}${stderr}`;
  }
}

describe.each(CHECKERS.map((checker) => ({ ...checker, called: checker.command.join(" ") })))("$called", (checker) => {
  const reason = missing(checker.command);

  test.for(Object.entries(VARIANTS))("accepts the stack %s", async ([, definition], context) => {
    context.skip(reason !== undefined, reason);
    expect(await objection(await written(definition), checker)).toBeUndefined();
  });

  test("rejects an invalid file", async (context) => {
    context.skip(reason !== undefined, reason);
    const folder = await written({});
    await appendFile(join(folder, checker.file), "\nno_such_key: 1\n");
    expect(await objection(folder, checker)).toContain("no_such_key");
  });

  test("accepts generated stacks", GENERATED, async (context) => {
    context.skip(reason !== undefined, reason);
    const objections: (string | undefined)[] = [];
    const isOver = timeShare();
    await fc.assert(
      fc.asyncProperty(definitions, async (definition) => {
        if (isOver()) return;
        const folder = await written(definition);
        fc.pre(existsSync(join(folder, checker.file)));
        objections.push(await objection(folder, checker));
      }),
      { numRuns: runs(8) },
    );
    expect(objections.filter(Boolean)).toEqual([]);
    expect(objections.length).toBeGreaterThanOrEqual(isOver() ? 0 : runs(8));
  });
});

/** docker-compose 1 writes YAML 1.1. Version 2 output parses the same in both. */
const YAML = { version: "1.1" } as const;

const READERS: readonly Checker["command"][] = [["docker-compose"], ["docker", "compose"]];

describe.each(READERS.map((command) => ({ command, called: command.join(" ") })))(
  "$called as a reader",
  ({ command }) => {
    const reason = missing(command);

    test("preserves all strings and reads variables from the environment", async (context) => {
      context.skip(reason !== undefined, reason);
      const texts = [
        "$HOME",
        "a$$b${HOME}c$",
        "on",
        "=",
        "<<",
        "0o17",
        "1_000",
        "12:30",
        "x: 'y' #\n\"z\"",
        "2001-12-14",
        " \n",
        "\n",
        "a\n",
        "a\n\n",
        "  a\n b ",
        "a \nb\t\nc",
        "\ta\r\nb\r",
        "\ufeffa\u00a0\ufeff",
        "\u0001\u007f\u009f\uffff\u{1f600}",
        `${"long ".repeat(30)}\n ${"text ".repeat(30)}`,
      ];
      const environment = Object.fromEntries(texts.map((text, index) => [`TEXT_${index}`, text]));
      const folder = await written({
        logs: { application: "./lo$gs" },
        services: { grafana: { environment: { ...environment, SECRET: env(VARIABLE) } } },
      });
      const { services } = parse(await outputOf(folder, [...command, "--file", "compose.yaml", "config"]), YAML) as {
        services: Readonly<Record<string, { environment?: Record<string, string>; volumes?: readonly unknown[] }>>;
      };
      // The output is a compose file: `$` is escaped, except in version 1's volumes.
      const unescaped = (text: string) => text.replaceAll(/\$\$/g, () => "$");
      const read = Object.entries(services["grafana"]?.environment ?? {}).map(([name, text]) => [
        name,
        unescaped(text),
      ]);
      expect(Object.fromEntries(read)).toMatchObject({ ...environment, SECRET: "any" });
      expect(unescaped(JSON.stringify(services["alloy"]?.volumes))).toContain(join(folder, "lo$gs"));
    });
  },
);

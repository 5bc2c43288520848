import { readFile } from "node:fs/promises";
import { z } from "zod";
import { describe, expect, test } from "vitest";
import { StackCheckSchema } from "../../src/report/stack-check-json.ts";
import { checklistOf, defineStack, type StackDefinition } from "../../src/stack/index.ts";
import { testProject } from "../helpers/cli.ts";
import { COMPLETE } from "./production.ts";

/** Runs `stack:check` on a definition. */
async function check(definition: StackDefinition, ...args: string[]) {
  const project = await testProject({
    "stack.config.ts": `import { defineStack } from "grafana-provision/stack";\nexport default defineStack(${JSON.stringify(definition)});\n`,
  });
  return project.run(["stack:check", ...args]);
}

/** The complete definition with one change. */
type Change = (definition: typeof COMPLETE) => StackDefinition;

const services =
  (change: (services: (typeof COMPLETE)["services"]) => StackDefinition["services"]): Change =>
  (definition) => ({
    ...definition,
    services: change(definition.services) as NonNullable<StackDefinition["services"]>,
  });

function without<Value extends object, Key extends keyof Value>(value: Value, key: Key): Omit<Value, Key> {
  const { [key]: _left, ...others } = value;
  return others;
}

/** For each point, the change that takes its setting away. */
const TAKEN_AWAY: Readonly<Record<string, Change>> = {
  "trace-storage": services((all) => ({ ...all, jaeger: without(all.jaeger, "storage") })),
  tls: (all) => ({ ...all, access: without(all.access, "tls") }),
  authentication: (all) => ({ ...all, access: without(all.access, "users") }),
  "log-archive": services((all) => ({ ...all, loki: without(all.loki, "storage") })),
  "alert-recipients": services((all) => ({ ...all, alertmanager: without(all.alertmanager, "escalation") })),
  backup: (all) => without(all, "checklist"),
  "metric-retention": services((all) => ({ ...all, prometheus: without(all.prometheus, "retentionSize") })),
  "trace-sampling": services((all) => without(all, "otel-collector")),
  "self-monitoring": services((all) => ({ ...all, alertmanager: without(all.alertmanager, "heartbeat") })),
  runbooks: (all) => without(all, "runbooks"),
};

describe("stack:check", () => {
  test("exits with 0 if a production stack has every point", async () => {
    const { code, stdout, stderr } = await check(COMPLETE);
    expect(code, stderr).toBe(0);
    expect(stdout.match(/ done /g)).toHaveLength(9);
    expect(stdout).toMatch(/Backup +elsewhere +restic on the host/);
    expect(checklistOf(defineStack(COMPLETE)).map(({ name }) => name)).toEqual(Object.keys(TAKEN_AWAY));
  });

  test.each(Object.entries(TAKEN_AWAY))(
    "exits with 1 and names %s if its setting is taken away",
    async (name, change) => {
      const { code, stdout } = await check(change(COMPLETE), "-o", "json");
      expect(code).toBe(1);
      const { points = [], ...report } = StackCheckSchema.parse(JSON.parse(stdout));
      const missing = points.filter(({ state }) => state === "missing");
      expect(missing.map((point) => point.name)).toEqual([name]);
      expect(missing[0]?.hint).toBeTruthy();
      expect(report).toMatchObject({ profile: "production", exitCode: 1 });
    },
  );

  test("shows how to satisfy a missing point as text", async () => {
    const { code, stdout } = await check(TAKEN_AWAY["runbooks"]?.(COMPLETE) ?? {});
    expect(code).toBe(1);
    expect(stdout).toMatch(/Runbooks +missing /);
    expect(stdout).toContain("runbooks: Set runbooks:");
    expect(stdout).toContain("1 of 10 points is missing.");
  });

  test("exits with 0 in development", async () => {
    const { code, stdout } = await check({});
    expect(code).toBe(0);
    expect(stdout.match(/ missing /g)?.length).toBeGreaterThan(7);
  });

  test("accepts points that are done elsewhere, or that a disabled service would need", () => {
    const stack = defineStack({
      profile: "production",
      checklist: { "alert-recipients": "Grafana's contact points" },
      services: { jaeger: false, loki: false, prometheus: false, "otel-collector": false },
    });
    const states = Object.fromEntries(checklistOf(stack).map(({ name, state }) => [name, state]));
    expect(states).toMatchObject({
      "alert-recipients": "elsewhere",
      "trace-storage": "not-needed",
      "log-archive": "not-needed",
      "metric-retention": "not-needed",
      "trace-sampling": "not-needed",
      "self-monitoring": "missing",
      tls: "missing",
    });
  });

  test("has a published schema", async () => {
    const published: unknown = JSON.parse(
      await readFile(new URL("../../schema/stack-check.v1.json", import.meta.url), "utf8"),
    );
    expect(published).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(StackCheckSchema))));
  });
});

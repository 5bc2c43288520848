import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { currentCommand, nextCommands, planAgain, undoCommand } from "../../src/cli/next.ts";
import type { Change, Plan } from "../../src/engine/change.ts";
import { ReportSchema, type Report } from "../../src/report/json.ts";
import { testProject, type CliResult } from "../helpers/cli.ts";
import { testGrafana } from "../helpers/grafana.ts";

/** Standard output is exactly one object of the documented shape. */
function reportOf({ stdout, code }: CliResult): Report {
  const report = ReportSchema.parse(JSON.parse(stdout));
  expect(stdout.trimEnd()).not.toContain("\n");
  expect(report.exitCode).toBe(code);
  return report;
}

const board = (uid: string, title: string) =>
  `import { dashboard, secret, env, datasource } from "grafana-provision";
export const board = dashboard({ uid: "${uid}", spec: { title: "${title}" } });
export const source = datasource({
  uid: "${uid}-ds", name: "${uid}-ds", type: "loki", url: "http://loki:3100", isDefault: false,
  secureJsonData: { httpHeaderValue1: secret(env("LOKI_HEADER")) },
});
`;

describe("-o json", () => {
  test("plan, apply, plan: changes, outcomes, no more changes; without secrets", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("board");
    const project = await testProject({ "resources/board.ts": board(uid, "One") });
    const variables = { ...grafana.variables, LOKI_HEADER: "t0p-secret" };
    await project.write({ "grafana.config.ts": `export default { project: "${uid}", resources: ["./resources"] };\n` });

    const planned = reportOf(await project.run(["plan", "-o", "json", "--detailed-exitcode"], variables));
    const applied = await project.run(["apply", "-o", "json"], variables);
    const again = reportOf(await project.run(["plan", "--output", "json", "--detailed-exitcode"], variables));

    expect(planned).toMatchObject({ command: "plan", exitCode: 2, summary: { add: 2, unchanged: 0 } });
    expect(planned.target).toMatchObject({ type: "grafana", url: grafana.url });
    expect(planned.changes?.map(({ address, outcome }) => [address, outcome])).toEqual([
      [`datasource/${uid}-ds`, undefined],
      [`dashboard/${uid}`, undefined],
    ]);
    const report = reportOf(applied);
    expect(report).toMatchObject({ command: "apply", exitCode: 0, summary: { add: 2, done: 2, failed: 0 }, next: [] });
    expect(report.changes?.map(({ outcome }) => outcome?.status)).toEqual(["done", "done"]);
    expect(again).toMatchObject({ exitCode: 0, summary: { add: 0, change: 0, destroy: 0, unchanged: 2 } });
    expect(applied.stdout + applied.stderr).not.toContain("t0p-secret");
  });

  test("errors before the plan are JSON too", async () => {
    const project = await testProject({ "resources/board.ts": 'export const x = { kind: "dashboard", spec: 1 };\n' });

    const report = reportOf(await project.run(["plan", "-o", "json"]));

    expect(report).toMatchObject({ exitCode: 65, error: { name: "InvalidCodeError" } });
    expect(report.error?.faults?.[0]).toMatchObject({ level: "error", file: "resources/board.ts", export: "x" });
  });

  test("an unreachable Grafana is JSON too", async () => {
    const project = await testProject({ "resources/board.ts": board("board", "One") });

    const report = reportOf(
      await project.run(["apply", "-o", "json"], { GRAFANA_URL: "http://127.0.0.1:1", GRAFANA_TOKEN: "glsa_x" }),
    );

    expect(report).toMatchObject({ exitCode: 1, error: { name: "Unreachable" } });
  });

  test("the published JSON Schema equals the one in the code", async () => {
    const published: unknown = JSON.parse(
      await readFile(new URL("../../schema/report.v1.json", import.meta.url), "utf8"),
    );
    expect(published).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(ReportSchema))));
  });
});

const CHANGE: Change = {
  kind: "dashboard",
  id: "a",
  title: "A",
  action: "update",
  differences: [],
  verified: true,
  needs: [],
};
const PLAN: Plan = {
  version: 1,
  project: "p",
  changes: [],
  unchanged: 0,
  orphans: [],
  unseen: [],
  uncheckedSecrets: [],
  notes: [],
};

describe("the next command", () => {
  const change = (more: Partial<Change>): Change => ({ ...CHANGE, ...more });
  const plan = (...changes: Change[]): Plan => ({ ...PLAN, changes });
  const argv = ["apply", "--env", "prod", "--only", "dashboard"];
  const applying = currentCommand(["apply"], { directory: "/", variables: {} });

  test.each([
    {
      start: "npx",
      variables: { npm_lifecycle_event: "npx", npm_command: "exec" },
      begin: "npx grafana-provision apply",
    },
    { start: "a shell", variables: {}, begin: "npx grafana-provision apply" },
    {
      start: "an npm script",
      variables: { npm_lifecycle_event: "provision", npm_command: "run" },
      begin: "npm run provision --",
    },
    {
      start: "a script of an older npm",
      variables: { npm_lifecycle_event: "provision", npm_command: "run-script" },
      begin: "npm run provision --",
    },
  ])("is the same command after a failure, as it was started by $start", ({ variables, begin }) => {
    const failed = [{ change: change({}), status: "failed", milliseconds: 1 } as const];

    expect(nextCommands(plan(change({})), failed, currentCommand(argv, { directory: "/", variables }))).toEqual([
      `${begin} --env prod --only dashboard`,
    ]);
  });

  test("consents to skipped changes, by name if there are few", () => {
    const drifted = change({ left: { reason: "drift", message: "" } });
    const foreign = Array.from({ length: 6 }, (_, index) =>
      change({ id: String(index), left: { reason: "foreign", message: "" } }),
    );
    expect(nextCommands(plan(drifted, ...foreign), [], applying)).toEqual([
      "npx grafana-provision apply --adopt",
      "npx grafana-provision apply --overwrite-drift dashboard/a",
    ]);
  });

  test("creates a saved plan again, with its options", () => {
    const drifted = change({ left: { reason: "drift", message: "" } });
    const saved = { prune: true, allowEmpty: true, only: ["dashboard"], refreshSecrets: true } as const;
    const again = planAgain("my plan.json", saved, { color: false, env: "prod" });

    expect(nextCommands(plan(drifted), [], again)).toEqual([
      "npx grafana-provision plan --out 'my plan.json' --env prod --prune --allow-empty --refresh-secrets --only dashboard --overwrite-drift dashboard/a",
    ]);
  });

  test("rolls back a run on the same Grafana", () => {
    const options = { color: false, env: "production", url: "http://a b" };

    expect(undoCommand("2026", options)).toBe(
      "npx grafana-provision rollback 2026 --env production --url 'http://a b'",
    );
    expect(undoCommand("2026", { color: false, sandbox: true })).toBe("npx grafana-provision rollback 2026 --sandbox");
  });

  test("quotes arguments for a shell", () => {
    const drifted = change({ kind: "contact-point", id: "on call's", left: { reason: "drift", message: "" } });
    const script = currentCommand(["apply"], {
      directory: "/",
      variables: { npm_lifecycle_event: "my script", npm_command: "run" },
    });

    expect(nextCommands(plan(drifted), [], applying)).toEqual([
      String.raw`npx grafana-provision apply --overwrite-drift 'contact-point/on call'\''s'`,
    ]);
    expect(script(["--only", "a b"])).toBe("npm run 'my script' -- --only 'a b'");
  });
});

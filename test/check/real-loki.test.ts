import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CheckSchema } from "../../src/report/check-json.ts";
import { testProject, type TestProject } from "../helpers/cli.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { FAULTS, GOOD, RANGE, STREAMS } from "./loki-cases.ts";
import { NO_LOKI, startLoki, type RealLoki } from "./real-loki.ts";

let loki: RealLoki;

const CASES = [...GOOD, ...FAULTS];

/** Each case is a panel, whose title is its index. */
function filesOf(name: (name: string) => string): Record<string, string> {
  const source = (uid: string) => ({ type: "loki", uid });
  const panels = CASES.map(({ expr, queryType = "range", datasource }, index) => ({
    id: index + 1,
    type: "timeseries",
    title: `${index}`,
    datasource: source(datasource ?? name("loki")),
    targets: [{ refId: "A", expr, queryType }],
  }));
  const variable = (label: string, more: object) => ({
    name: label,
    type: "query",
    datasource: source(name("loki")),
    query: { label, stream: "", type: 1, refId: label },
    current: {},
    ...more,
  });
  const list = [
    variable("app", { current: { value: "checkout" } }),
    variable("env", { multi: true, includeAll: true, query: { label: "env", stream: '{app="$app"}', type: 1 } }),
  ];
  return {
    "resources/loki.ts": `
import { datasource } from "grafana-provision";
export const loki = datasource({ uid: "${name("loki")}", name: "${name("Loki")}", type: "loki", url: "${loki.url}" });
`,
    "resources/board.json": JSON.stringify({
      uid: name("board"),
      title: name("Board"),
      templating: { list },
      panels,
    }),
  };
}

async function verdicts(project: TestProject, args: readonly string[], variables = {}) {
  const { stdout, code } = await project.run(["check", "-o", "json", ...RANGE, ...args], variables);
  const { items = [] } = CheckSchema.parse(JSON.parse(stdout));
  const found = new Map(
    items.map(({ title, state, queries: [query] }) => {
      const cause = query?.cause;
      if (!cause || state === "data") return [title, state];
      if (cause.expected) return [title, "empty"];
      // A Grafana that is used for other tests has other datasources too.
      const suggestion = cause.code === "datasource-missing" ? "" : cause.suggestion;
      const parts = [cause.code, cause.label, cause.variable, cause.value, suggestion, cause.lastSeen];
      return [title, parts.filter(Boolean).join(" ")];
    }),
  );
  return { code, found };
}

describe.skipIf(NO_LOKI !== "")(`a real Loki${NO_LOKI === "" ? "" : ` (${NO_LOKI})`}`, () => {
  beforeAll(async () => {
    loki = await startLoki(STREAMS);
  });
  afterAll(() => loki.close());

  test("30 good queries and more than 30 faults get the right verdicts, directly and through Grafana", async () => {
    const grafana = await testGrafana();
    expect([GOOD.length, FAULTS.length]).toEqual([30, 35]);
    const project = await testProject(filesOf((name) => grafana.name(name)));
    const direct = await verdicts(project, ["--loki", loki.url]);
    const named = (found: ReadonlyMap<string, string>) => CASES.map(({ expr }, index) => [expr, found.get(`${index}`)]);
    expect(named(direct.found)).toEqual(CASES.map(({ expr, expected }) => [expr, expected]));
    expect(["app", "env"].map((name) => direct.found.get(name))).toEqual(["data", "data"]);
    // Some queries fail.
    expect(direct.code).toBe(1);

    expect((await project.run(["apply", "--yes", "--only", "datasource"], grafana.variables)).code).toBe(0);
    const through = await verdicts(project, [], grafana.variables);
    expect(named(through.found)).toEqual(named(direct.found));
    expect(through.code).toBe(1);
  });
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CheckSchema } from "../../src/report/check-json.ts";
import { testProject, type TestProject } from "../helpers/cli.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { faults, GOOD, type Case } from "./cases.ts";
import { NO_PROMETHEUS, RANGE, startPrometheus, type TestPrometheus } from "./prometheus.ts";

let prometheus: TestPrometheus;

/** Each case is a panel, whose title is its index. The last ones are the queries of alert rules. */
function filesOf(cases: readonly Case[], url: string, uid: (name: string) => string): Record<string, string> {
  const source = (name: string) => ({ type: "prometheus", uid: name === "prometheus" ? uid(name) : name });
  const panels = cases.map(({ expr, datasource = "prometheus" }, index) => ({
    id: index + 1,
    type: "timeseries",
    title: `${index}`,
    datasource: source(datasource),
    targets: [{ refId: "A", expr }],
  }));
  const query = (name: string, text: string, more: object) => ({
    name,
    type: "query",
    datasource: source("prometheus"),
    query: text,
    current: {},
    ...more,
  });
  const list = [
    query("job", "label_values(up, job)", { multi: true, includeAll: true }),
    query("instance", 'label_values(up{job=~"$job"}, instance)', {}),
    { name: "window", type: "interval", query: "5m,10m", current: { text: "10m", value: "10m" } },
  ];
  return {
    "resources/prometheus.ts": `
import { datasource } from "grafana-provision";
export const prometheus = datasource({ uid: "${uid("prometheus")}", name: "${uid("Prometheus")}", type: "prometheus", url: "${url}", jsonData: { timeInterval: "30s" } });
`,
    "resources/board.json": JSON.stringify({ uid: uid("board"), title: uid("Board"), templating: { list }, panels }),
  };
}

async function verdicts(project: TestProject, args: readonly string[], variables = {}) {
  const { stdout, code } = await project.run(["check", "-o", "json", ...RANGE, ...args], variables);
  const { items = [] } = CheckSchema.parse(JSON.parse(stdout));
  const panels = items.filter(({ role }) => role === "panel");
  return {
    code,
    others: items.filter(({ role }) => role !== "panel").map(({ role, title, state }) => [role, title, state]),
    panels: new Map(
      panels.map(({ title, queries: [query] }) => {
        const { state, cause } = query ?? {};
        const { message: _, suggestion, ...diagnosis } = cause ?? {};
        // A Grafana that is used for other tests has other datasources too.
        const near = suggestion === undefined || cause?.code === "datasource-missing" ? {} : { suggestion };
        return [Number(title), { state, ...diagnosis, ...near }];
      }),
    ),
  };
}

function isRight(
  { expected }: Case,
  found: { readonly state?: string | undefined; readonly expected?: boolean } | undefined,
): boolean {
  if (expected === "data") return found?.state === "data";
  if (expected === "empty") return found?.state === "no-data" && found.expected === true;
  const isReported = found?.state === "error" || (found?.state === "no-data" && found.expected === false);
  return isReported && Object.entries(expected).every(([key, value]) => Reflect.get(found, key) === value);
}

describe.skipIf(NO_PROMETHEUS !== "")(`a real Prometheus${NO_PROMETHEUS === "" ? "" : ` (${NO_PROMETHEUS})`}`, () => {
  beforeAll(async () => {
    prometheus = await startPrometheus();
  });
  afterAll(() => prometheus.close());

  test("100 good queries and 100 faults get the right verdicts, directly and through Grafana", async () => {
    const grafana = await testGrafana();
    const seeded = faults();
    const cases = [...GOOD, ...seeded];
    expect([GOOD.length, seeded.length]).toEqual([100, 100]);
    const project = await testProject(filesOf(cases, prometheus.url, (name) => grafana.name(name)));
    const direct = await verdicts(project, ["--prometheus", prometheus.url]);
    expect(direct.panels.size).toBe(cases.length);
    const wrong = cases.flatMap((one, index) =>
      isRight(one, direct.panels.get(index)) ? [] : [{ ...one, found: direct.panels.get(index) }],
    );
    expect(wrong).toEqual([]);
    expect(direct.others).toEqual([
      ["variable", "job", "data"],
      ["variable", "instance", "data"],
    ]);
    // A missing datasource is an error.
    expect(direct.code).toBe(1);

    const { code } = await project.run(["apply", "--yes", "--only", "datasource"], grafana.variables);
    expect(code).toBe(0);
    const through = await verdicts(project, [], grafana.variables);
    expect(through).toEqual(direct);
  });
});

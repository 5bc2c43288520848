import { afterAll, beforeAll, expect, test } from "vitest";
import { CheckSchema } from "../../src/report/check-json.ts";
import { testProject, type TestProject } from "../helpers/cli.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { fakeLoki, type FakeLoki } from "./loki.ts";

const END = Date.UTC(2026, 9, 20, 12);
const RANGE = ["--from", new Date(END - 3_600_000).toISOString(), "--to", new Date(END).toISOString()];

let loki: FakeLoki;

beforeAll(async () => {
  const lines = (text: string, time = END - 60_000) => [[time, text]] as const;
  loki = await fakeLoki([
    { labels: { job: "checkout", level: "info" }, lines: lines("order accepted") },
    { labels: { job: "catalog", level: "error" }, lines: lines("no such product") },
    { labels: { job: "legacy", level: "info" }, lines: lines("goodbye", END - 5 * 3_600_000) },
  ]);
});
afterAll(() => loki.close());

const CASES = [
  ['{job="checkout"}', "data"],
  ['{job="$job"} |= "order"', "data"],
  ['sum by (job) (rate({level="error"}[5m]))', "data"],
  ['{jbo="checkout"}', "label-missing jbo"],
  ['{job="chekcout"} |= "order"', "label-value-missing job chekcout checkout"],
  ['count_over_time({job="legacy"}[5m])', "stream-quiet"],
  ['{job="checkout", level="error"}', "combination-missing"],
  ['{job="checkout"} |= "refund"', "filtered"],
  ['{job=~"$team"}', "variable-missing"],
  ["up", "query-failed"],
] as const;

function files(uid: string, board: string): Record<string, string> {
  const datasource = { type: "loki", uid };
  const panels = CASES.map(([expr], index) => ({
    id: index + 1,
    type: "logs",
    title: expr,
    datasource,
    targets: [{ refId: "A", expr }],
  }));
  const variable = { name: "job", type: "query", datasource, current: { value: "checkout" } };
  const list = [
    { ...variable, query: { label: "job", stream: "", type: 1, refId: "job" } },
    { ...variable, name: "label", query: { label: "", stream: "", type: 0, refId: "label" } },
  ];
  return {
    "resources/loki.ts": `
import { datasource } from "grafana-provision";
export const loki = datasource({ uid: "${uid}", name: "${uid}", type: "loki", url: "${loki.url}" });
`,
    "resources/board.json": JSON.stringify({ uid: board, title: board, templating: { list }, panels }),
  };
}

async function found(project: TestProject, args: readonly string[], variables = {}) {
  const { stdout, code } = await project.run(["check", "-o", "json", ...RANGE, ...args], variables);
  const { items = [] } = CheckSchema.parse(JSON.parse(stdout));
  const causes = items.map(({ title, state, queries: [query] }) => {
    const { code: cause = "", label = "", value = "", suggestion = "" } = query?.cause ?? {};
    return [
      title,
      state === "data" || state === "skipped" ? state : [cause, label, value, suggestion].join(" ").trim(),
    ];
  });
  return { code, causes };
}

test("queries of Loki get the same verdicts directly and through Grafana", async () => {
  const grafana = await testGrafana();
  const project = await testProject(files(grafana.name("loki"), grafana.name("board")));
  const direct = await found(project, ["--loki", loki.url]);
  expect(direct).toEqual({ code: 1, causes: [...CASES, ["job", "data"], ["label", "data"]] });
  expect((await project.run(["apply", "--yes", "--only", "datasource"], grafana.variables)).code).toBe(0);
  expect(await found(project, [], grafana.variables)).toEqual(direct);
});

test("queries of a datasource without a URL are skipped", async () => {
  const project = await testProject(files("loki", "board"));
  const { code, causes } = await found(project, ["--prometheus", loki.url]);
  expect(code).toBe(0);
  expect(new Set(causes.map(([, cause]) => cause))).toEqual(new Set(["skipped"]));
});

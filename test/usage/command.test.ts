import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { z } from "zod";
import { UsageSchema } from "../../src/report/usage-json.ts";
import { testProject, type TestProject } from "../helpers/cli.ts";
import { testGrafana } from "../helpers/grafana.ts";

const PROMETHEUS = `
import { datasource } from "grafana-provision";
export const prometheus = datasource({ uid: "prom", name: "Prometheus", type: "prometheus" });
`;

const target = (expr: string, legendFormat = "") => ({
  refId: "A",
  expr,
  ...(legendFormat === "" ? {} : { legendFormat }),
  datasource: { type: "prometheus", uid: "prom" },
});

/** A dashboard as JSON with one panel for each expression. */
function board(uid: string, exprs: readonly (string | ReturnType<typeof target>)[], more: object = {}) {
  const panels = exprs.map((expr, index) => ({
    id: index + 1,
    type: "timeseries",
    title: `Panel ${index + 1}`,
    targets: [typeof expr === "string" ? target(expr) : expr],
  }));
  return JSON.stringify({ uid, title: uid, panels, ...more }, null, 2);
}

async function usage(project: TestProject, args: readonly string[], variables: Readonly<Record<string, string>> = {}) {
  const { stdout, stderr, code } = await project.run(["usage", ...args, "-o", "json"], variables);
  expect(code, stderr).toBe(0);
  const { usages = [], notUsed, open = [], notes } = UsageSchema.parse(JSON.parse(stdout));
  const places = Object.fromEntries(
    usages.map(({ what, name, uses }) => [
      `${what}/${name}`,
      uses.map(({ address, path, spans, text = "" }) => [
        `${address} ${path}`,
        ...spans.map(({ from, to }) => text.slice(from, to)),
      ]),
    ]),
  );
  return { usages, places, notUsed, open, notes };
}

async function names(project: TestProject, what: string) {
  const { usages } = await usage(project, [what]);
  return usages.map(({ name }) => name).toSorted();
}

async function shop(exprs: Parameters<typeof board>[1], more: object = {}) {
  return testProject({ "resources/prometheus.ts": PROMETHEUS, "resources/shop.json": board("shop", exprs, more) });
}

test("names of metrics and labels come from the grammar", async () => {
  const project = await shop([
    'sum by (job) (rate(http_requests_total{status=~"5..", path!="x{y}"}[5m])) / on (job) group_left (team) owner_info',
    '{"quoted.metric", "quoted.label"="a"} + ignoring (instance) {__name__="by_label", zone=""}',
    'label_replace(up, "short", "$1", "long", "(.*)") or label_join(down, "joined", "-", "one", "two")',
    'absent(http_requests_total{comment="not_a_metric # not"}) # commented_out{label="x"}',
    target("other", "{{ legend }} - {{job}}"),
  ]);
  expect(await names(project, "metric")).toEqual([
    "by_label",
    "down",
    "http_requests_total",
    "other",
    "owner_info",
    "quoted.metric",
    "up",
  ]);
  expect(await names(project, "label")).toEqual(
    "comment instance job joined legend long one path quoted.label short status team two zone".split(" "),
  );
  const { places, usages } = await usage(project, ["http_requests_total", "label/job"]);
  expect(places).toEqual({
    "metric/http_requests_total": [
      ["dashboard/shop spec.panels[0].targets[0].expr", "http_requests_total"],
      ["dashboard/shop spec.panels[3].targets[0].expr", "http_requests_total"],
    ],
    "label/job": [
      ["dashboard/shop spec.panels[0].targets[0].expr", "job", "job"],
      ["dashboard/shop spec.panels[4].targets[0].legendFormat", "{{job}}"],
    ],
  });
  expect(usages.find(({ what }) => what === "metric")?.labels).toEqual(["comment", "job", "path", "status", "team"]);
  expect(usages[1]?.uses[0]).toMatchObject({ file: "resources/shop.json", near: "Panel 1", place: { line: 12 } });
});

test("labels in LogQL", async () => {
  const expr =
    'sum by (app) (count_over_time({job="x"} |= "level" | json lat="a.b" | status >= 500 | label_format to=of, t="{{.field}}" | line_format "{{.msg}} {{ .Other.x }}" [5m]))';
  const project = await testProject({
    "resources/loki.ts":
      'import { datasource } from "grafana-provision";\nexport default datasource({ uid: "logs", name: "Logs", type: "loki" });\n',
    "resources/logs.json": board("logs", [{ ...target(expr), datasource: { type: "loki", uid: "logs" } }]),
  });
  expect(await names(project, "label")).toEqual([
    "Other",
    "app",
    "field",
    "job",
    "lat",
    "msg",
    "of",
    "status",
    "t",
    "to",
  ]);
  expect(await names(project, "metric")).toEqual([]);
});

test("variables, their queries, and the panels that are repeated for them", async () => {
  const list = [
    {
      name: "job",
      type: "query",
      datasource: { uid: "prom" },
      query: 'label_values(up{env="$env"}, job)',
      definition: 'label_values(up{env="$env"}, job)',
    },
    { name: "env", type: "query", datasource: { uid: "prom" }, query: { query: "label_values(env)", refId: "A" } },
    { name: "any", type: "query", datasource: { uid: "prom" }, query: "metrics(http_.*)" },
    { name: "names", type: "query", datasource: { uid: "prom" }, query: "label_names(tarte)" },
  ];
  const project = await shop(['up{job=~"$job"}', 'sum(http_seconds_count{job="${job:regex}", x="[[job]]"})'], {
    templating: { list },
    annotations: {
      list: [{ name: "Starts", datasource: { type: "prometheus", uid: "prom" }, expr: "changes(started[1m])" }],
    },
    links: [{ title: "To $job", url: "/d/x?var-job=$job", type: "link" }],
    title: "About $env",
  });
  await project.write({
    "resources/repeated.json": board("repeated", ["up"], {
      templating: { list: [{ name: "job", type: "custom", query: "a,b" }] },
      panels: [{ id: 1, type: "text", title: "$job", repeat: "job" }],
    }),
  });
  const { places } = await usage(project, ["variable", "http_seconds_count", "started", "label/env", "label/job"]);
  expect(places).toEqual({
    "variable/job": [
      ["dashboard/repeated spec.panels[0].title", "$job"],
      ["dashboard/repeated spec.panels[0].repeat", "job"],
      ["dashboard/shop spec.panels[0].targets[0].expr", "$job"],
      ["dashboard/shop spec.panels[1].targets[0].expr", "${job:regex}", "[[job]]"],
      ["dashboard/shop spec.links[0].title", "$job"],
      ["dashboard/shop spec.links[0].url", "$job"],
    ],
    "variable/env": [
      ["dashboard/shop spec.title", "$env"],
      ["dashboard/shop spec.templating.list[0].query", "$env"],
    ],
    "metric/http_seconds_count": [
      ["dashboard/shop spec.panels[1].targets[0].expr", "http_seconds_count"],
      ["dashboard/shop spec.templating.list[2].query", "http_.*"],
    ],
    "metric/started": [
      ["dashboard/shop spec.annotations.list[0].expr", "started"],
      ["dashboard/shop spec.templating.list[3].query", "tarte"],
    ],
    "label/env": [
      ["dashboard/shop spec.templating.list[0].query", "env"],
      ["dashboard/shop spec.templating.list[1].query.query", "env"],
    ],
    "label/job": [
      ["dashboard/shop spec.templating.list[0].query", "job"],
      ["dashboard/shop spec.panels[0].targets[0].expr", "job"],
      ["dashboard/shop spec.panels[1].targets[0].expr", "job"],
    ],
  });
});

test("queries of a datasource that is compatible with Prometheus count, and those in other languages are reported", async () => {
  const of = (type: string, expr: string) => ({ ...target(expr), datasource: { type, uid: "x" } });
  const project = await shop([
    of("victoriametrics-metrics-datasource", "rate(compatible_total[5m])"),
    of("other-logs-datasource", '{app="x"} | json'),
    of("other-datasource", "SELECT up FROM metrics WHERE a"),
  ]);
  const { places, notes } = await usage(project, ["metric", "label"]);
  expect(Object.keys(places)).toEqual(["label/app", "metric/compatible_total"]);
  expect(notes).toEqual([expect.stringContaining("1 query")]);
});

test("queries whose metric a variable selects are listed apart", async () => {
  const list = [{ name: "chosen", type: "custom", query: "a,b" }];
  const project = await shop(["rate($chosen[5m])", '{__name__=~"$chosen", job="x"}', "up"], { templating: { list } });
  const { open, places } = await usage(project, ["metric"]);
  expect(open.map(({ path }) => path)).toEqual(["spec.panels[0].targets[0].expr", "spec.panels[1].targets[0].expr"]);
  expect(Object.keys(places)).toEqual(["metric/up"]);
});

const ALERTS = `
import { alertRule, below, contactPoint, folder, notificationPolicy, promql, ruleGroup } from "grafana-provision";
import { prometheus } from "./prometheus.ts";

export const team = folder({ uid: "team", title: "Team" });
export const pager = contactPoint({ name: "Pager", integrations: [{ type: "webhook", settings: { url: "http://localhost:1" } }] });
export const policy = notificationPolicy({ receiver: pager, group_by: ["alertname"] });
export default ruleGroup({
  folder: team,
  title: "Alerts",
  interval: 60,
  rules: [
    alertRule({
      title: "Down",
      uid: "down",
      query: promql(prometheus, 'up{job="api"}'),
      when: below(1),
      for: "5m",
      labels: { where: '{{ index $labels "zone" }}' },
      annotations: { summary: "{{ $labels.instance }} is down" },
    }),
  ],
});
`;

test("rules, datasources, contact points and folders", async () => {
  const project = await testProject({ "resources/prometheus.ts": PROMETHEUS, "resources/alerts.ts": ALERTS });
  const { places } = await usage(project, ["up", "label/zone", "label/instance", "datasource/prom", "Pager", "folder"]);
  expect(places).toMatchObject({
    "metric/up": [[expect.stringMatching(/^rule-group\/team\/Alerts rules\[0\]\.data\[0\]\.model\.expr$/), "up"]],
    "label/zone": [["rule-group/team/Alerts rules[0].labels.where", 'index $labels "zone"']],
    "label/instance": [["rule-group/team/Alerts rules[0].annotations.summary", "$labels.instance"]],
    "datasource/prom": [["rule-group/team/Alerts rules[0].data[0].model.expr"]],
    "contact-point/Pager": [[expect.stringContaining("notification-policy/")]],
    "folder/team": [[expect.stringContaining("rule-group/team/Alerts")]],
  });
});

test("a name that nothing uses has the most similar name", async () => {
  const project = await shop(["http_requests_total", "http_errors_total"]);
  const { places, notUsed } = await usage(project, ["http_request_total", "nothing_like_it", "http_*"]);
  expect(notUsed).toEqual([
    { name: "http_request_total", similar: "http_requests_total" },
    { name: "nothing_like_it" },
  ]);
  expect(Object.keys(places).toSorted()).toEqual(["metric/http_errors_total", "metric/http_requests_total"]);
});

test("--live also finds objects that are only in Grafana, and each object of the code once", async () => {
  const grafana = await testGrafana();
  const [foreign, own] = [grafana.name("foreign"), grafana.name("own")];
  const metric = `metric_of_${grafana.name("x").replaceAll(/\W/g, "_")}`;
  const project = await testProject({
    "resources/prometheus.ts": PROMETHEUS.replace('"prom"', `"${grafana.name("prom")}"`),
  });
  const theirs = await testProject({ "resources/one.json": board(foreign, [metric, `rate(${metric}[5m])`]) });
  expect((await theirs.run(["apply"], grafana.variables)).code).toBe(0);
  await project.write({ "resources/own.json": board(own, [metric]) });
  const before = await usage(project, [metric], grafana.variables);
  expect(before.usages[0]?.uses.map(({ address }) => address)).toEqual([`dashboard/${own}`]);
  expect((await project.run(["apply", "--only", "dashboard"], grafana.variables)).code).toBe(0);
  const { usages } = await usage(project, [metric, "--live"], grafana.variables);
  expect(usages[0]?.uses.map(({ address, file }) => `${address} ${file}`).toSorted()).toEqual([
    `dashboard/${foreign} undefined`,
    `dashboard/${foreign} undefined`,
    `dashboard/${own} resources/own.json`,
  ]);
});

test("the published schema of the JSON output is up to date", async () => {
  const published: unknown = JSON.parse(await readFile(new URL("../../schema/usage.v1.json", import.meta.url), "utf8"));
  expect(published).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(UsageSchema))));
});

import { VizLegendOptionsBuilder } from "@grafana/grafana-foundation-sdk/common";
import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import { describe, expect, test } from "vitest";
import { board } from "../../dashboards/_shared/board.ts";
import { search, trace } from "../../dashboards/_shared/jaeger.ts";
import { linkTo } from "../../dashboards/_shared/links.ts";
import { lines, logMetric, logTotal, perMinute, totalOf } from "../../dashboards/_shared/logql.ts";
import { allNames, durations, events, logs, longDurations, stat, timeseries } from "../../dashboards/_shared/panels.ts";
import { query } from "../../dashboards/_shared/queries.ts";
import { spans, tracePoints, traceTable } from "../../dashboards/_shared/trace-panels.ts";
import { serviceDashboard } from "../../dashboards/_shared/service.ts";
import { redFrom } from "../../dashboards/_shared/thresholds.ts";
import { textBox } from "../../dashboards/_shared/variables.ts";
import { loki } from "../../datasources/loki.ts";
import { gridFaults, rowFaults } from "./checks/layout.ts";
import { linkFaults, panelFaults } from "./checks/panels.ts";
import { queryFaults } from "./checks/queries.ts";
import { variablesFaults } from "./checks/variables.ts";
import { panelsOf, targetsOf } from "./own.ts";

// Tests of the checks themselves: the faults that they must find.

const graph = () => timeseries("A", "Says what it is about.").span(24).unit("s");

describe("a query", () => {
  test.each([
    ["up{", "A", /is not valid PromQL/],
    ["sum(upp)", "A", /doesn't list upp/],
    ['sum(up{color="red"})', "A", /doesn't list the labels color of up/],
    ["sum by (color) (up)", "{{color}}", /groups by color/],
    ["sum(http_requests_total)", "A", /applies rate to , but its counters are http_requests_total/],
    ["sum(rate(up[5m]))", "A", /applies rate to up, but its counters are $/],
    ["sum by (job) (up)", "A", /the labels of its series: job/],
    ["up", "A", /must contain the label instance/],
    ["up", "{{color}} {{instance}}", /its legend contains color/],
    ["sum(up)", "", /have no names/],
  ])("of Prometheus: %s, %s", (expr, legend, fault) => {
    expect(
      faultsOf(
        graph()
          .withTarget(query("A", expr, legend))
          .build(),
      ),
    ).toMatch(fault);
  });

  test.each([
    ['{job="a"', "A", /is not valid LogQL/],
    ['sum(count_over_time({level="a", job="docker"} [1m]))', "A", /no log collector sets level=a/],
    ['sum(count_over_time({job="nginx"} [1m]))', "A", /no log collector sets job=nginx/],
    ['sum(count_over_time({stream="stdout"} [1m]))', "A", /selects no job/],
    ['sum by (level) (count_over_time({job="docker"} [1m]))', "{{level}}", /uses level/],
    ['sum(count_over_time({job="docker"} | level="a" [1m]))', "A", /uses level/],
    ['sum by (stream) (count_over_time({job="docker"} [1m]))', "A", /the labels of its series: stream/],
    ['{job="docker"}', "A", /must not count lines, and a graph must/],
  ])("of Loki: %s, %s", (expr, legend, fault) => {
    expect(
      faultsOf(
        graph()
          .datasource(loki.ref)
          .withTarget(logMetric("A", expr, legend))
          .build(),
      ),
    ).toMatch(fault);
  });

  test("of Loki with counts in a list", () => {
    const panel = logs("A", "Says what it is about.").withTarget(
      lines("A", 'sum(count_over_time({job="docker"} [1m]))'),
    );
    expect(faultsOf(panel.build())).toMatch(/must not count lines, and a graph must/);
  });

  test.each([
    [search({ service: "" }), /requires a service/],
    [search({ service: "a", tags: "error = true" }), /not valid logfmt/],
    [search({ service: "a", minDuration: "slow" }), /minimum duration/],
    [trace("$trace"), /row must be collapsed/],
  ])("of Jaeger, %#", (target, fault) => {
    expect(faultsOf(spans("A", "Says what it is about.").withTarget(target).build())).toMatch(fault);
  });

  test("of Jaeger together with another one", () => {
    const panel = traceTable("A", "Says what it is about.").targets([
      search({ service: "a" }),
      search({ service: "b" }),
    ]);
    expect(faultsOf(panel.build())).toMatch(/only one query/);
  });
});

test.each<[Partial<Panel>, RegExp]>([
  [{ title: "" }, /no title/],
  [{ description: "Short" }, /not a sentence/],
  [{ type: "gauge" }, /unknown panel type/],
  [{ targets: [] }, /no query/],
  [{ datasource: { type: "prometheus", uid: "prometheos" } }, /unknown datasource prometheus prometheos/],
  [{ fieldConfig: { defaults: {}, overrides: [] } }, /no unit.*no thresholds.*doesn't show/],
  [{ options: {} }, /no legend/],
])("a panel is rejected, %#", (change, fault) => {
  const panel = graph()
    .withTarget(query("A", "sum(up)", "Up"))
    .build();
  expect(panelFaults(panel)).toEqual([]);
  expect(panelFaults({ ...panel, ...change }).join(", ")).toMatch(fault);
});

describe("a panel that misleads or is cut off at 1000 px is rejected", () => {
  const target = query("A", "sum by (path) (rate(http_requests_total[5m]))", "{{path}}");
  const traces = tracePoints("A", "Says what it is about.")
    .withTarget(search({ service: "a" }))
    .build();
  const table = () => traceTable("A", "Says what it is about.").withTarget(search({ service: "a" }));
  const count = logTotal("A", totalOf('{job="docker"}'), "Lines");
  const linesPerMinute = logMetric("A", perMinute('{job="docker"}'), "lines");
  const total = () => stat("A", "Says what it is about.").datasource(loki.ref).unit("short").withTarget(count);

  const byJob = query("A", "max by (job) (up)", "{{job}}");
  const exemplars = query("A", "histogram_quantile(0.9, http_request_duration_seconds_bucket)", "P90").exemplar(true);
  const tasks = query("A", "histogram_quantile(0.9, agent_task_duration_seconds_bucket)", "P90").exemplar(true);
  const withLast = new VizLegendOptionsBuilder().showLegend(true).calcs(["lastNotNull"]);

  /** No fault. */
  const NONE = /^$/;

  test.each<[string, Panel, RegExp]>([
    [
      "a series without a frame",
      { ...traces, pluginVersion: "12.4.0", options: { mapping: "manual", series: [{}] } },
      /draw/,
    ],
    ["a series that Grafana would convert", traces, /doesn't draw/],
    ["a series with all parts", { ...traces, pluginVersion: "12.4.0" }, NONE],
    ["a narrow table", table().span(8).build(), /too narrow/],
    [
      "a legend with long names in a narrow graph",
      graph().withTarget(target).span(8).build(),
      /no room for its long names/,
    ],
    [
      "a long name",
      graph()
        .span(6)
        .withTarget(query("A", "sum(up)", "Targets that are up"))
        .build(),
      /no room for its names/,
    ],
    [
      "the last value of a series that has ended",
      graph()
        .withTarget(query("A", "sum(up)", "Up"))
        .legend(withLast)
        .build(),
      /has ended/,
    ],
    ["a legend that hides series", graph().withTarget(byJob).build(), /room for 3 of 13 series/],
    ["a list of all series", graph().withTarget(byJob).legend(allNames()).build(), NONE],
    ["exemplars on a linear axis", graph().withTarget(exemplars).build(), /logarithmic/],
    ["exemplars on a logarithmic axis", durations("A", "Says what it is about.").withTarget(exemplars).build(), NONE],
    ["an axis without the last bucket", durations("A", "Says what it is about.").withTarget(tasks).build(), /600/],
    [
      "minutes on an axis with Grafana's unit",
      durations("A", "Says what it is about.", 1000).withTarget(tasks).build(),
      /its ticks are minutes/,
    ],
    ["minutes in seconds", longDurations("A", "Says what it is about.").withTarget(tasks).build(), NONE],
    ["durations of routes with a limit", graph().withTarget(target).thresholds(redFrom(1)).build(), /logarithmic/],
    ["a total with a limit", total().thresholds(redFrom(20)).build(), /grows with the time range/],
    ["a total without a limit", total().build(), NONE],
    ["lines by step", graph().datasource(loki.ref).withTarget(linesPerMinute).build(), /per minute/],
    [
      "lines per minute",
      events("A", "Says what it is about.").datasource(loki.ref).withTarget(linesPerMinute).build(),
      NONE,
    ],
  ])("%s", (_what, panel, fault) => {
    const found = panelFaults(panel).filter((one) => !one.includes("no link"));
    expect(found.join()).toMatch(fault);
  });
});

test("an override, and a repeated refId", () => {
  const panel = graph()
    .withTarget(query("A", "sum(up)", "Up"))
    .overrideByName("Down", []);
  expect(panelFaults(panel.build()).join()).toMatch(/an override is for Down/);
  expect(panelFaults(panel.withTarget(query("A", "sum(up)", "Up")).build()).join()).toMatch(/refIds are AA/);
});

test.each([
  [linkTo("nowhere", "A link"), /not a link to a dashboard/],
  [linkTo("loki", "A link", { color: "red" }), /no variable for var-color=red/],
  [linkTo("loki", "a link"), /invalid title/],
  [{ build: () => ({ title: "A link", url: "/d/loki?from=now-1h" }) as never }, /different time range/],
])("a link is rejected, %#", (link, fault) => {
  expect(linkFaults(graph().dataLinks([link]).build()).join()).toMatch(fault);
});

describe("a dashboard", () => {
  const about = { uid: "a", title: "A", description: "Says what it is about." };

  test("with gaps between panels, or overlapping panels", () => {
    const { spec } = board({ ...about, rows: [{ title: "R", panels: [graph().span(12)] }] });
    expect(gridFaults(spec.panels ?? [])).toEqual(["108 cells are empty"]);
    const [row, panel] = spec.panels ?? [];
    expect(gridFaults([row, panel, panel].flatMap((one) => one ?? []))).toEqual(["A overlaps A"]);
  });

  test("with empty rows", () => {
    const rows = [
      { title: "Open", panels: [] },
      { title: "Closed", panels: [], collapsed: true },
    ];
    expect(rowFaults(board({ ...about, rows }))).toEqual(["Open is empty", "Closed is empty"]);
  });

  test("with unused or undefined variables", () => {
    const rows = [{ title: "R", panels: [graph().withTarget(query("A", 'sum(up{job="$job"})', "Up"))] }];
    const variables = [textBox("search", "", "What to look for.")];
    expect(variablesFaults(board({ ...about, variables, rows }))).toEqual([
      "search: it has no label",
      "$job is used, but not defined",
      "$search is defined, but not used",
    ]);
  });

  test("with a collapsed row is valid if it has no gap and its panels fit when it is open", () => {
    const closed = () => ({ title: "Closed", collapsed: true, panels: [graph(), graph()] });
    const all = board({ ...about, rows: [closed(), closed(), { title: "Open", panels: [graph()] }] });
    expect(gridFaults(all.spec.panels ?? [])).toEqual([]);
    expect(rowFaults(all)).toEqual([]);
  });
});

test("the dashboard of a new service has no faults", () => {
  const made = serviceDashboard({
    uid: "billing",
    title: "Billing",
    description: "The service that writes invoices.",
    job: "billing",
  });
  expect(panelsOf(made).length).toBeGreaterThan(8);
  expect(panelsOf(made).flatMap((panel) => [...panelFaults(panel), ...linkFaults(panel)])).toEqual([]);
  expect(panelsOf(made).map(faultsOf).join("")).toBe("");
  expect([...gridFaults(made.spec.panels ?? []), ...rowFaults(made), ...variablesFaults(made)]).toEqual([]);
});

function faultsOf(panel: Panel): string {
  return targetsOf(panel)
    .flatMap((target) => queryFaults(panel, target))
    .join("\n");
}

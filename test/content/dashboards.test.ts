import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Dashboard } from "grafana-provision";
import { describe, expect, test } from "vitest";
import { limits } from "../../dashboards/_shared/limits.ts";
import { documentedName } from "./checks/faults.ts";
import { gridFaults, rowFaults } from "./checks/layout.ts";
import { linkFaults, panelFaults } from "./checks/panels.ts";
import { queryFaults } from "./checks/queries.ts";
import { variablesFaults } from "./checks/variables.ts";
import * as datasources from "./datasources.ts";
import { metricsReadBy } from "./metrics.ts";
import { dashboards, panelsOf, rowsOf, sourceOf, targetsOf, variablesOf } from "./own.ts";
import { readPromql } from "./promql.ts";

const panels = dashboards.flatMap((board) =>
  panelsOf(board).map((panel) => ({ name: `${board.spec.uid}: ${panel.title}`, panel })),
);
const queries = panels.flatMap(({ name, panel }) =>
  targetsOf(panel).map((target) => ({ name: `${name}, ${target.refId}`, panel, target })),
);
const promql = queries.filter(({ panel, target }) => sourceOf(panel, target) === "prometheus");

describe("the dashboards", () => {
  test.each([
    [
      "FastAPI Application Metrics",
      [
        "Request rate and response time",
        "HTTP status codes distribution",
        "Active connections and error rate",
        "CPU and memory usage",
        "Database query performance",
        "Redis operations metrics",
        "Agent task processing",
      ],
    ],
    [
      "Loki Logs Visualization",
      [
        "Log volume by level",
        "Error logs",
        "Application and container logs",
        "API requests",
        "Database queries",
        "Agent activity",
        "Authentication and security",
      ],
    ],
    [
      "Jaeger Distributed Tracing",
      [
        "Trace timeline",
        "One trace",
        "Service dependency map",
        "Operation latency distribution",
        "Trace error rate",
        "Active spans",
        "Database and HTTP request traces",
        "Agent task traces",
      ],
    ],
    [
      "ToolboxAI Overview",
      [
        "Alerts and targets",
        "Backend",
        "Metrics: Prometheus",
        "Logs: Loki and its collector",
        "Traces: OpenTelemetry collector and Jaeger",
        "Redis",
        "Hosts, certificates and Pusher",
        "Grafana",
      ],
    ],
  ])("%s has the expected rows", (title, subjects) => {
    expect(rowsOf(found(title)).map((row) => row.title)).toEqual(subjects);
  });

  test("have unique uids and titles", () => {
    expect(new Set(dashboards.map(({ spec }) => spec.uid)).size).toBe(dashboards.length);
    expect(new Set(dashboards.map(({ spec }) => spec.title)).size).toBe(dashboards.length);
  });

  test("use variables of the same name in the same way, because links pass their values", () => {
    const all = dashboards.flatMap(variablesOf);
    for (const { name, label, multi, includeAll } of all) {
      for (const other of all.filter((one) => one.name === name)) {
        expect(other).toMatchObject({ label, multi, includeAll });
      }
    }
  });
});

describe.each(dashboards.map((board) => [board.spec.title ?? "", board] as const))(
  "the dashboard %s",
  (_title, board) => {
    const { spec } = board;
    const everything = spec.panels ?? [];

    test("has a description and a folder", () => {
      expect(board.folder?.uid).toBe("toolboxai");
      expect(spec).toMatchObject({ refresh: "30s", graphTooltip: 1, time: { from: "now-1h", to: "now" } });
      expect(spec.uid).toMatch(/^[a-z-]+$/);
      expect(spec.description).toMatch(/^[A-Z0-9].{15,}\.$/);
    });

    test("links to the others and is linked by them, with time range and variables", () => {
      expect(spec.tags).toContain("toolboxai");
      expect(spec.links).toMatchObject([
        { type: "dashboards", tags: ["toolboxai"], keepTime: true, includeVars: true, targetBlank: false },
      ]);
      expect(spec.links?.[0], "not hidden in a menu").not.toHaveProperty("placement");
    });

    test("begins with numbers above all rows, in two lines at most", () => {
      const first = everything.findIndex(({ type }) => type === "row");
      expect(first).toBeGreaterThan(3);
      for (const panel of everything.slice(0, first)) {
        expect(panel).toMatchObject({ type: "stat", gridPos: { h: 3 } });
        expect([0, 3]).toContain(panel.gridPos?.y);
      }
    });

    test("fills the grid, without overlaps and gaps", () => {
      expect(gridFaults(everything)).toEqual([]);
      expect(rowFaults(board)).toEqual([]);
    });

    test("has no two panels of a type with the same title, because the title keeps a panel's id", () => {
      const names = panelsOf(board).map(({ type, title }) => `${type} ${title}`);
      expect(new Set(names).size).toBe(names.length);
    });

    test("defines exactly the variables that it uses", () => {
      expect(variablesFaults(board)).toEqual([]);
    });
  },
);

test.each(panels)("the panel $name is complete, and its links resolve", ({ panel }) => {
  expect(panelFaults(panel)).toEqual([]);
  expect(linkFaults(panel)).toEqual([]);
});

test.each(queries)(
  "the query of $name uses documented metrics and labels, and names its series",
  ({ panel, target }) => {
    expect(queryFaults(panel, target)).toEqual([]);
  },
);

test("the annotations of all dashboards show alerts and deployments", () => {
  for (const { spec } of dashboards)
    expect(spec.annotations?.list?.map(({ name, enable }) => [name, enable])).toEqual([
      ["Alerts", true],
      ["Recoveries", true],
      ["Deployments", true],
    ]);
});

test("the list contains exactly the metrics that dashboards and datasources query", () => {
  const annotations = dashboards.flatMap(({ spec }) => spec.annotations?.list?.flatMap(({ expr }) => expr ?? []) ?? []);
  const exprs = [...promql.map(({ target }) => target.expr ?? ""), ...annotations, ...datasources.promql];
  const used = exprs.flatMap((expr) => readPromql(expr).selectors.map(({ metric }) => documentedName(metric)));
  expect([...new Set(used)].toSorted()).toEqual([...metricsReadBy("dashboards").keys()].toSorted());
});

describe("limits", () => {
  test.each([
    ["Error ratio", limits.errorRatio, 0.05],
    ["Error ratio by route", limits.errorRatio, 0.05],
    ["P95 response", limits.responseTime, 2],
    ["Response time", limits.responseTime, 2],
    ["P95 response time by route", limits.responseTime, 2],
    ["Memory usage", limits.memory, 2e9],
    ["Query time", limits.queryTime, 1],
    ["P95 query time by operation", limits.queryTime, 1],
    ["Failed requests", limits.errorRatio, 0.05],
    ["P95 of requests", limits.responseTime, 2],
    ["Duration of requests", limits.responseTime, 2],
  ])("%s turns red when its alert fires", (title, limit, alert) => {
    expect(limit).toBe(alert);
    const named = panels.filter(({ panel }) => panel.title === title);
    expect(named).not.toEqual([]);
    for (const { panel } of named) {
      expect(panel.fieldConfig?.defaults.thresholds?.steps).toEqual([
        { value: null, color: "green" },
        { value: limit, color: "red" },
      ]);
    }
  });
});

test("graphs of durations have exemplars that link to traces", () => {
  const durations = panels
    .map(({ panel }) => panel)
    .filter(
      ({ type, fieldConfig }) => type === "timeseries" && ["s", "suffix:s"].includes(fieldConfig?.defaults.unit ?? ""),
    )
    .filter((panel) => targetsOf(panel).some(({ expr = "" }) => expr.includes("histogram_quantile")));
  expect(durations.length).toBeGreaterThan(5);
  const without = durations.filter((panel) => !targetsOf(panel).some((target) => target["exemplar"] === true));
  expect(without.map(({ title }) => title)).toEqual([]);
});

test("a share of failures by type counts few events as more, and omits only types without any failure", () => {
  const shares = promql.filter(
    ({ panel: { type, fieldConfig }, target: { expr = "", legendFormat = "" } }) =>
      type === "timeseries" &&
      fieldConfig?.defaults.unit === "percentunit" &&
      legendFormat.includes("{{") &&
      /5\.\.|error/i.test(expr),
  );
  expect(new Set(shares.map(({ panel }) => panel.title))).toEqual(
    new Set([
      "Error ratio by route",
      "Failed agent tasks",
      "Failed requests",
      "Failed tasks",
      "Span error ratio by operation",
    ]),
  );
  for (const { target } of shares) expect(target.expr).toMatch(/\/ clamp_min\(.*\[\$__range\] @ end\(\)/);
});

test("an alert marks only the times of its changes, because an area would cover panels that it doesn't concern", () => {
  const all = dashboards.flatMap(({ spec }) => spec.annotations?.list ?? []);
  const ofAlerts = all.filter(({ name }) => name !== "Deployments");
  expect(ofAlerts).toHaveLength(2 * dashboards.length);
  for (const { expr } of ofAlerts) expect(expr).toMatch(/ [<>] .* offset 1m/);
});

test.each([
  ["Loki Logs Visualization", "loki"],
  ["Jaeger Distributed Tracing", "jaeger"],
])("%s begins with the state of its datasource, which Prometheus knows", (title, job) => {
  const [first] = panelsOf(found(title));
  expect(first).toMatchObject({ type: "stat", datasource: { type: "prometheus" } });
  expect(JSON.stringify(first?.targets)).toContain(`min(up{job=\\"${job}\\"})`);
  expect(JSON.stringify(first?.fieldConfig?.defaults.mappings)).toContain('"0":{"text":"down","color":"red"');
});

test("metrics, logs and traces link to each other", () => {
  const pairs = ["fastapi", "loki", "jaeger"].flatMap((from) =>
    ["fastapi", "loki", "jaeger"].filter((to) => to !== from).map((to) => [from, to] as const),
  );
  for (const [from, to] of pairs) {
    const board = dashboards.find(({ spec }) => spec.uid === from);
    expect(JSON.stringify(board?.spec.panels), `${from} to ${to}`).toContain(`"/d/${to}?`);
  }
});

test('"All" of the variable job includes only the jobs in its list', () => {
  const [job, ...others] = variablesOf(found("FastAPI Application Metrics"));
  expect(job).toMatchObject({ name: "job" });
  expect(job?.allValue).toBeUndefined();
  for (const other of others) expect(other.allValue).toBe(".*");
});

const ATTENTION = { firing: true, error: true, noData: true, normal: false };

describe("the overview", () => {
  const all = panelsOf(found("ToolboxAI Overview"));

  test("shows all targets that Prometheus scrapes", () => {
    const [targets] = all.filter(({ title }) => title === "Targets");
    expect(targetsOf(targets as Panel).map(({ expr }) => expr)).toEqual([
      expect.stringContaining("(min by (job, instance) (up), "),
    ]);
    const asked = JSON.stringify(all.map((panel) => panel.targets));
    for (const job of ["prometheus", "fastapi-backend", "grafana", "loki", "otel-collector", "redis-exporter"]) {
      expect(asked).toContain(`job=\\"${job}\\"`);
    }
  });

  test("lists the alerts of the folder that need attention, and counts them without a query", () => {
    const lists = all.filter(({ type }) => type === "alertlist");
    expect(lists.map(({ options }) => options as unknown)).toMatchObject([
      { viewMode: "list", folder: { uid: "toolboxai" }, stateFilter: ATTENTION },
      { viewMode: "stat", folder: { uid: "toolboxai" }, stateFilter: ATTENTION },
    ]);
  });
});

function found(title: string): Dashboard {
  const board = dashboards.find(({ spec }) => spec.title === title);
  if (!board) throw new Error(`there is no dashboard named ${title}`);
  return board;
}

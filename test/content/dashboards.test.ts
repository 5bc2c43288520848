import type { Panel, RowPanel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Dashboard } from "grafana-provision";
import { describe, expect, test } from "vitest";
import { limits } from "../../dashboards/_shared/limits.ts";
import * as datasources from "./datasources.ts";
import { readLogql } from "./logql.ts";
import { dashboards, documentedMetrics, panelsOf, rowsOf, sourceOf, targetsOf, variablesOf } from "./own.ts";
import { readPromql, type Promql } from "./promql.ts";
import { variablesIn } from "./variables.ts";

const documented = documentedMetrics().ofDashboards;

const named = dashboards.map((one) => [one.spec.title ?? "", one] as const);
const everyPanel = dashboards.flatMap((board) => panelsOf(board).map((panel) => ({ board: board.spec.uid, panel })));
const titled = everyPanel.map(({ board, panel }) => [`${board}: ${panel.title}`, panel] as const);
const queries = everyPanel.flatMap(({ board, panel }) =>
  targetsOf(panel).map((target) => ({
    name: `${board}: ${panel.title}, ${target.refId}`,
    panel,
    target,
    expr: target.expr ?? "",
    source: sourceOf(panel, target),
  })),
);
const ofPrometheus = queries.filter(({ source }) => source === "prometheus");
const ofLoki = queries.filter(({ source }) => source === "loki");
const ofJaeger = queries.filter(({ source }) => source === "jaeger");

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
        "One trace: $trace",
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
        "Logs: Loki and Promtail",
        "Traces: OpenTelemetry collector and Jaeger",
        "Redis",
        "Grafana",
      ],
    ],
  ])("%s has a row for each of its subjects", (title, subjects) => {
    expect(rowsOf(found(title)).map((row) => row.title)).toEqual(subjects);
  });

  test("have uids and titles of their own", () => {
    for (const key of ["uid", "title"] as const) {
      expect(new Set(dashboards.map(({ spec }) => spec[key])).size).toBe(dashboards.length);
    }
  });
});

describe.each(named)("the dashboard %s", (_title, board) => {
  const { spec } = board;
  const everything = spec.panels ?? [];
  const panels = panelsOf(board);
  const variables = variablesOf(board);

  test("says what it is, and where it belongs", () => {
    expect(board.folder?.uid).toBe("toolboxai");
    expect(spec).toMatchObject({ refresh: "30s", graphTooltip: 1, time: { from: "now-1h", to: "now" } });
    expect(spec.uid).toMatch(/^[a-z-]+$/);
    expect(spec.description).toMatch(/^[A-Z0-9].{15,}\.$/);
  });

  test("is linked to by all others, with the time range and the variables", () => {
    expect(spec.tags).toContain("toolboxai");
    expect(spec.links).toMatchObject([
      { type: "dashboards", tags: ["toolboxai"], keepTime: true, includeVars: true, targetBlank: false },
    ]);
  });

  test("begins with numbers, in one line and before all rows", () => {
    const first = everything.slice(
      0,
      everything.findIndex(({ type }) => type === "row"),
    );
    expect(first.length).toBeGreaterThan(3);
    for (const panel of first) expect(panel).toMatchObject({ type: "stat", gridPos: { y: 0, h: 4 } });
  });

  test("has panels after every open row and in every closed one: Grafana would drop others", () => {
    for (const row of rowsOf(board)) {
      if (row.collapsed) expect(row.panels).not.toEqual([]);
      else {
        expect(row.panels).toEqual([]);
        expect(everything[everything.indexOf(row) + 1]?.type).not.toBe("row");
      }
    }
  });

  test("covers the grid without overlaps and holes, from edge to edge", () => {
    expect(gridFaults(everything)).toEqual([]);
    for (const { collapsed, panels, gridPos } of rowsOf(board).filter((row) => row.collapsed)) {
      expect(collapsed).toBe(true);
      expect(gridFaults(panels, (gridPos?.y ?? 0) + 1)).toEqual([]);
    }
  });

  test("names no two panels of a type alike: the title is what keeps a panel's id", () => {
    const names = panels.map(({ type, title }) => `${type} ${title}`);
    expect(new Set(names).size).toBe(names.length);
  });

  test("has variables that say what they are, and that use those before them alone", () => {
    const before = new Set<string>();
    for (const variable of variables) {
      expect(variable.label).toMatch(/^[A-Z]/);
      expect(["query", "custom", "textbox"]).toContain(variable.type);
      if (variable.type === "query") expect(variable.datasource).toMatchObject({ uid: expect.any(String) as string });
      if (variable.includeAll) expect(variable).toMatchObject({ multi: true, current: { value: ["$__all"] } });
      for (const used of variablesIn(JSON.stringify(variable.query ?? ""))) expect(before).toContain(used);
      before.add(variable.name);
    }
  });

  test("uses the variables that it has, and no others", () => {
    const texts = [
      ...panels.flatMap(targetsOf),
      ...panels.flatMap(linksOf).map(({ url }) => url),
      ...everything.map(({ title }) => title),
      ...variables.map(({ query }) => query),
    ];
    const used = new Set(texts.flatMap((text) => variablesIn(JSON.stringify(text ?? ""))));
    expect([...used].toSorted()).toEqual(variables.map(({ name }) => name).toSorted());
  });
});

test("variables of one name are the same everywhere: links carry their values along", () => {
  const all = dashboards.flatMap(variablesOf);
  for (const { name, label, multi, includeAll } of all) {
    for (const other of all.filter((one) => one.name === name)) {
      expect(other).toMatchObject({ label, multi, includeAll });
    }
  }
});

describe.each(titled)("the panel %s", (_title, panel) => {
  test("has a title and a sentence that explains it", () => {
    expect(panel.title).toBeTruthy();
    expect(panel.description).toMatch(/^[A-Z0-9].{15,}\.$/);
  });

  test("is of a type that these tests know, and has what such a panel needs", () => {
    const check = TYPES[panel.type];
    if (!check) throw new Error(`say in TYPES what a panel of the type ${panel.type} needs`);
    check(panel);
  });

  test("asks datasources that there are, with refIds of their own", () => {
    const targets = targetsOf(panel);
    const refIds = targets.map(({ refId }) => refId);
    expect(refIds).toEqual(["A", "B", "C", "D"].slice(0, refIds.length));
    const asked = [panel.datasource, ...targets.map(({ datasource }) => datasource)].filter((one) => one !== undefined);
    for (const { uid } of asked) expect(Object.keys(datasources.byUid)).toContain(uid);
    for (const { uid, type } of asked) expect(type).toBe(datasources.byUid[uid ?? ""]?.type);
    if (panel.type !== "alertlist") {
      expect(targets).not.toEqual([]);
      expect(panel.datasource).toBeTruthy();
    }
  });

  test("names no series in an override that it doesn't have", () => {
    const legends = targetsOf(panel).map(({ legendFormat }) => legendFormat ?? "");
    // What labels name is not known here.
    const known = legends.some((legend) => legend.includes("{{"));
    const columns = sourceOf(panel) === "jaeger" ? TRACE_COLUMNS : [];
    for (const { matcher } of panel.fieldConfig?.overrides ?? []) {
      if (matcher.id === "byName" && !known) expect([...legends, ...columns]).toContain(matcher.options);
    }
  });

  test("links to dashboards that there are, in the same time range, and to variables that they have", () => {
    for (const { title, url } of linksOf(panel)) {
      expect(title).toMatch(/^[A-Z]/);
      const [, uid, query = ""] = /^\/d\/([\w-]+)\?(.*)$/.exec(url) ?? [];
      const target = dashboards.find(({ spec }) => spec.uid === uid);
      expect(target?.spec.title, url).toBeTruthy();
      const [range, ...variables] = query.split("&");
      expect(range).toBe("${__url_time_range}");
      const known = target ? variablesOf(target).map(({ name }) => `var-${name}`) : [];
      expect(known).toEqual(expect.arrayContaining(variables.map((one) => one.split("=")[0])));
    }
  });
});

describe.each(ofPrometheus.map((one) => [one.name, one] as const))("PromQL of %s", (_name, { panel, target, expr }) => {
  const read = readPromql(expr);

  test("is PromQL", () => {
    expect(expr).not.toBe("");
    expect(read.errors).toEqual([]);
  });

  test("asks for metrics and labels of METRICS.md, and rates counters alone", () => {
    checkMetrics(read, true);
  });

  test("has a legend that tells its series apart", () => {
    const { legendFormat = "" } = target;
    expect(legendFormat).not.toBe("");
    const labels = placeholders(legendFormat);
    const { result } = read;
    if (result.raw) {
      const own = read.selectors.flatMap(({ metric }) => documented.get(base(metric))?.labels ?? []);
      expect(labels).toContain("instance");
      expect(["job", "instance", ...own]).toEqual(expect.arrayContaining(labels));
    } else {
      expect(labels.toSorted()).toEqual([...new Set(result.labels)].toSorted());
    }
    // A heatmap's rows are its buckets.
    expect(labels.includes("le")).toBe(panel.type === "heatmap");
  });
});

describe.each(ofLoki.map((one) => [one.name, one] as const))("LogQL of %s", (_name, { panel, target, expr }) => {
  const read = readLogql(expr);

  test("is LogQL", () => {
    expect(expr).not.toBe("");
    expect(read.errors).toEqual([]);
    expect(["range", "instant"]).toContain(target.queryType);
  });

  test("selects streams by labels that Promtail sets, with their values", () => {
    for (const { label, operator, value } of read.streams) {
      expect(PROMTAIL_LABELS).toContain(label);
      if (label === "job" && operator === "=") expect(["application", "docker"]).toContain(value);
    }
    // Loki refuses a selector that everything without labels would match.
    expect(read.streams.some(({ label }) => label === "job")).toBe(true);
  });

  test("groups and filters by labels that there are by then", () => {
    const known = [...PROMTAIL_LABELS, ...read.made];
    expect(known).toEqual(expect.arrayContaining([...read.groupings, ...read.filtered]));
  });

  test("counts lines for a graph, and shows them in a list", () => {
    expect(read.counts).toBe(panel.type !== "logs");
    if (panel.type !== "logs") {
      expect(target.legendFormat).toBeTruthy();
      expect(placeholders(target.legendFormat ?? "").toSorted()).toEqual(read.groupings.toSorted());
    } else {
      expect(target["maxLines"]).toBeGreaterThan(0);
    }
  });
});

test.each(ofJaeger)("$name is a query of Jaeger's datasource", ({ panel, target }) => {
  const { refId, datasource, queryType, ...rest } = target;
  // The datasource takes the first one and ignores others.
  expect(targetsOf(panel)).toHaveLength(1);
  expect(refId).toBe("A");
  const keys = Object.keys(rest).filter((key) => typeof rest[key] !== "function");
  if (queryType === "search") {
    expect(SEARCH_KEYS).toEqual(expect.arrayContaining(keys));
    expect(rest["service"]).toBeTruthy();
    const { tags = "", minDuration = "" } = rest as { tags?: string; minDuration?: string };
    expect(tags).toMatch(/^(?:[\w.]+=[\w.$]+(?: |$))*$/);
    expect(minDuration).toMatch(/^(?:\$\w+|[\d.]+(?:us|ms|s|m))?$/);
  } else if (queryType === "dependencyGraph") expect(keys).toEqual([]);
  else {
    expect(queryType).toBeUndefined();
    expect(keys).toEqual(["query"]);
    // Without a trace it is an error: nobody may see that before a trace is chosen.
    const row = dashboards.flatMap(rowsOf).find(({ panels }) => panels.includes(panel));
    expect(row?.collapsed).toBe(true);
  }
});

describe("variables that Prometheus answers", () => {
  const all = dashboards
    .flatMap(variablesOf)
    .filter(({ type, datasource }) => type === "query" && datasource?.type === "prometheus");

  test.each(all.map((variable) => [variable.name, variable] as const))(
    "%s asks for what there is",
    (_name, variable) => {
      const query = typeof variable.query === "string" ? variable.query : "";
      const [, selector, label] = /^label_values\((.*), (\w+)\)$/.exec(query) ?? [];
      const [, result] = /^query_result\((.*)\)$/.exec(query) ?? [];
      const read = readPromql(selector ?? result ?? "");
      expect(read.errors).toEqual([]);
      checkMetrics(read, false);
      const known = [
        "job",
        "instance",
        ...read.selectors.flatMap(({ metric }) => documented.get(metric)?.labels ?? []),
      ];
      if (label) expect(known).toContain(label);
      // What is the text of one sample: {service_name="a"} 1 0
      else expect(new RegExp((variable.regex ?? "").slice(1, -1)).exec('{service_name="a"} 1 0')?.[1]).toBe("a");
    },
  );

  test('"All" of job stays within its list: other jobs have processes too', () => {
    const [job, ...others] = variablesOf(found("FastAPI Application Metrics"));
    expect(job).toMatchObject({ name: "job" });
    expect(job?.allValue).toBeUndefined();
    for (const other of others) expect(other.allValue).toBe(".*");
  });
});

test.each(dashboards.flatMap(variablesOf).filter(({ datasource }) => datasource?.type === "loki"))(
  "the variable $name takes the values of a label that Promtail sets",
  ({ query, allValue }) => {
    const { type, label, stream } = query as Record<string, unknown>;
    expect(type).toBe(1);
    expect(PROMTAIL_LABELS).toContain(label);
    if (stream) expect(readLogql(stream as string).errors).toEqual([]);
    expect(allValue).toBe(".+");
  },
);

describe("limits", () => {
  test.each([
    ["Error ratio", limits.errorRatio, 0.05],
    ["Error ratio by route", limits.errorRatio, 0.05],
    ["P95 response time", limits.responseTime, 2],
    ["Response time", limits.responseTime, 2],
    ["P95 response time by route", limits.responseTime, 2],
    ["Memory usage", limits.memory, 2e9],
    ["Query time", limits.queryTime, 1],
    ["P95 query time by operation", limits.queryTime, 1],
    ["Failed requests", limits.errorRatio, 0.05],
    ["P95 of requests", limits.responseTime, 2],
    ["Duration of requests", limits.responseTime, 2],
  ])("%s turns red where its alert fires", (title, limit, alert) => {
    expect(limit).toBe(alert);
    const panels = everyPanel.filter(({ panel }) => panel.title === title);
    expect(panels).not.toEqual([]);
    for (const { panel } of panels) {
      expect(panel.fieldConfig?.defaults.thresholds?.steps).toEqual([
        { value: null, color: "green" },
        { value: limit, color: "red" },
      ]);
    }
  });
});

test("exemplars stand where durations are, so that a slow request leads to its trace", () => {
  const durations = ofPrometheus.filter(
    ({ expr, panel }) => expr.includes("histogram_quantile") && panel.type === "timeseries",
  );
  const panels = new Set(durations.map(({ panel }) => panel));
  expect(panels.size).toBeGreaterThan(5);
  for (const { target, expr } of ofPrometheus.filter(({ target }) => target["exemplar"] === true)) {
    expect(expr, target.refId).toContain("_bucket");
  }
  const measured = [...panels].filter((panel) => panel.fieldConfig?.defaults.unit === "s");
  const without = measured.filter((panel) => !targetsOf(panel).some((target) => target["exemplar"] === true));
  // Client libraries keep exemplars of what runs within a trace: a request or a task.
  expect(without.map(({ title }) => title)).toEqual([]);
});

test("the overview asks for every job that Prometheus scrapes, and shows alerts", () => {
  const board = found("ToolboxAI Overview");
  const texts = panelsOf(board).map((panel) => JSON.stringify([panel.targets, panel.description]));
  for (const job of [
    "prometheus",
    "fastapi-backend",
    "grafana",
    "loki",
    "jaeger",
    "otel-collector",
    "redis-exporter",
  ]) {
    expect(texts.join(" ")).toContain(job);
  }
  const targets = panelsOf(board).find(({ title }) => title === "Targets");
  expect(targetsOf(targets as Panel)[0]?.expr).toBe("min by (job, instance) (up)");
  const [list] = panelsOf(board).filter(({ type }) => type === "alertlist");
  expect(list?.options).toMatchObject({
    folder: { uid: "toolboxai" },
    stateFilter: { firing: true, error: true, noData: true, normal: false },
  });
});

test("METRICS.md lists the metrics that dashboards and datasources ask for, and no others", () => {
  const own = ofPrometheus.map(({ expr }) => expr);
  const used = [...own, ...datasources.promql].flatMap((expr) =>
    readPromql(expr).selectors.map(({ metric }) => base(metric)),
  );
  expect([...new Set(used)].toSorted()).toEqual([...documented.keys()].toSorted());
});

/** What Promtail's configuration labels lines with, and nothing else. */
const PROMTAIL_LABELS = ["job", "filename", "container_id", "stream"];
/** Names of the columns that a search of traces has. */
const TRACE_COLUMNS = ["Trace ID", "Trace name", "Start time", "Duration"];
const SEARCH_KEYS = ["service", "operation", "tags", "minDuration", "maxDuration", "limit"];

/** What a panel of each type needs. */
const TYPES: Readonly<Record<string, (panel: Panel) => void>> = {
  stat(panel) {
    hasUnit(panel);
    hasThresholds(panel);
    expect(panel.fieldConfig?.defaults.noValue ?? "").not.toBe("");
  },
  timeseries(panel) {
    hasUnit(panel);
    hasThresholds(panel);
    expect(panel.options).toMatchObject({ legend: { showLegend: true } });
    expect(panel.fieldConfig?.defaults).toMatchObject({ custom: { thresholdsStyle: { mode: "dashed" } } });
  },
  "state-timeline"(panel) {
    hasUnit(panel);
    hasThresholds(panel);
    expect(panel.options).toMatchObject({ legend: { showLegend: true } });
    expect(panel.fieldConfig?.defaults.mappings).toHaveLength(1);
  },
  heatmap({ options }) {
    const { yAxis, cellValues } = options as { yAxis?: { unit?: string }; cellValues?: { unit?: string } };
    expect(yAxis?.unit).toBeTruthy();
    expect(cellValues?.unit).toBeTruthy();
    expect(options).toMatchObject({ legend: { show: true } });
  },
  piechart(panel) {
    hasUnit(panel);
    expect(panel.options).toMatchObject({ legend: { showLegend: true } });
  },
  logs(panel) {
    expect(sourceOf(panel)).toBe("loki");
    expect(panel.options).toMatchObject({ showTime: true, enableLogDetails: true });
  },
  table(panel) {
    expect(sourceOf(panel)).toBe("jaeger");
    const duration = panel.fieldConfig?.overrides.find(({ matcher }) => matcher.options === "Duration");
    expect(duration?.properties).toContainEqual({ id: "unit", value: "µs" });
    // Each trace of a list can be opened.
    expect(linksOf(panel).some(({ url }) => url.includes("var-trace=${__data.fields.traceID}"))).toBe(true);
  },
  traces(panel) {
    expect(sourceOf(panel)).toBe("jaeger");
  },
  nodeGraph(panel) {
    expect(sourceOf(panel)).toBe("jaeger");
    expect(panel.options).toMatchObject({ edges: { mainStatUnit: "short" } });
  },
  alertlist(panel) {
    expect(targetsOf(panel)).toEqual([]);
  },
};

function hasUnit({ fieldConfig }: Panel): void {
  expect(fieldConfig?.defaults.unit).toBeTruthy();
}

function hasThresholds({ fieldConfig }: Panel): void {
  expect(fieldConfig?.defaults.thresholds).toMatchObject({ mode: "absolute" });
  expect(fieldConfig?.defaults.thresholds?.steps[0]).toMatchObject({ value: null });
}

function checkMetrics({ selectors, rated, groupings, added }: Promql, ofPanel: boolean): void {
  for (const { metric, labels } of selectors) {
    const known = documented.get(base(metric));
    expect(known, `METRICS.md lists ${metric}`).toBeDefined();
    expect(["job", "instance", ...(known?.labels ?? [])]).toEqual(expect.arrayContaining([...labels]));
  }
  // Made by Prometheus, by histograms and by label_replace.
  const known = selectors.flatMap(({ metric }) => documented.get(base(metric))?.labels ?? []);
  expect(["job", "instance", "le", ...added, ...known]).toEqual(expect.arrayContaining([...groupings]));
  const counters = selectors
    .map(({ metric }) => metric)
    .filter((metric) => documented.get(base(metric))?.type !== "gauge");
  // A variable asks which series there are.
  if (ofPanel) expect(new Set(rated)).toEqual(new Set(counters));
}

/** A histogram's series are documented by its name. */
function base(metric: string): string {
  const name = metric.replace(/_(?:bucket|count|sum)$/, "");
  return documented.has(name) ? name : metric;
}

function placeholders(legend: string): string[] {
  return [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label ?? "");
}

function linksOf({ fieldConfig }: Panel): { title: string; url: string }[] {
  return (fieldConfig?.defaults.links ?? []).map(({ title, url }) => ({ title: title ?? "", url: url ?? "" }));
}

function gridFaults(panels: readonly (Panel | RowPanel)[], top = 0): string[] {
  const taken = new Map<string, string>();
  const faults = new Set<string>();
  let bottom = top;
  for (const { title = "", gridPos = { x: 0, y: 0, w: 0, h: 0 } } of panels) {
    const { x, y, w, h } = gridPos;
    if (w === 0 || x + w > 24 || y < top) faults.add(`${title} is outside of the grid`);
    for (let column = x; column < x + w; column++) {
      for (let line = y; line < y + h; line++) {
        const other = taken.get(`${column},${line}`);
        if (other !== undefined) faults.add(`${title} covers ${other}`);
        taken.set(`${column},${line}`, title);
      }
    }
    bottom = Math.max(bottom, y + h);
  }
  if (faults.size === 0 && taken.size !== 24 * (bottom - top))
    faults.add(`${24 * (bottom - top) - taken.size} cells are empty`);
  return [...faults];
}

function found(title: string): Dashboard {
  const board = dashboards.find(({ spec }) => spec.title === title);
  if (!board) throw new Error(`there is no dashboard named ${title}`);
  return board;
}

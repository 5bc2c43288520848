import { readFileSync } from "node:fs";
import type { Panel, RowPanel, VariableModel } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Dataquery } from "@grafana/grafana-foundation-sdk/prometheus";
import { describe, expect, test } from "vitest";
import fastapi from "../../dashboards/fastapi.ts";
import { limits } from "../../dashboards/_shared/limits.ts";
import { jaeger } from "../../datasources/jaeger.ts";
import { loki } from "../../datasources/loki.ts";
import { prometheus } from "../../datasources/prometheus.ts";
import config from "../../grafana.config.ts";

const model = fastapi.spec;
const everything = model.panels ?? [];
const panels = everything.filter((panel): panel is Panel => panel.type !== "row");
const rows = everything.filter((panel): panel is RowPanel => panel.type === "row");
const named = panels.map((panel) => [panel.title ?? "", panel] as const);

const queries = panels.flatMap((panel) => targets(panel).map((target) => ({ panel, ...target })));
const exprs = queries.map(({ expr }) => expr);

describe("the dashboard", () => {
  test("says what it is, and where it belongs", () => {
    expect(fastapi.folder?.uid).toBe("toolboxai");
    expect(model).toMatchObject({
      uid: "fastapi",
      title: "FastAPI Application Metrics",
      refresh: "30s",
      graphTooltip: 1,
      time: { from: "now-1h", to: "now" },
    });
    expect(model.description).toBeTruthy();
    expect(model.tags).toContain("toolboxai");
    expect(model.links?.[0]?.tags).toEqual(["toolboxai"]);
  });

  test("has a row for each subject, after the headline numbers", () => {
    expect(rows.map(({ title }) => title)).toEqual([
      "Request rate and response time",
      "HTTP status codes distribution",
      "Active connections and error rate",
      "CPU and memory usage",
      "Database query performance",
      "Redis operations metrics",
      "Agent task processing",
    ]);
    expect(everything.findIndex(({ type }) => type === "row")).toBe(6);
    expect(everything.slice(0, 6).map(({ title }) => title)).toEqual([
      "Instances up",
      "Request rate",
      "Error ratio",
      "P95 response time",
      "Active connections",
      "Memory",
    ]);
  });

  test("has panels in every row, and none inside of a row that is open: Grafana would drop those", () => {
    for (const row of rows) {
      const next = everything[everything.indexOf(row) + 1];
      expect(panels).toContain(next);
      expect(row).toMatchObject({ collapsed: false, panels: [] });
    }
  });

  test("covers the grid without overlaps, from edge to edge", () => {
    const taken = new Map<string, string>();
    const faults: string[] = [];
    for (const { title = "", gridPos = { x: 0, y: 0, w: 0, h: 0 } } of everything) {
      const { x, y, w, h } = gridPos;
      if (w === 0 || x + w > 24) faults.push(`${title} is outside of the grid`);
      for (let column = x; column < x + w; column++) {
        for (let line = y; line < y + h; line++) {
          const other = taken.get(`${column},${line}`);
          if (other !== undefined) faults.push(`${title} covers ${other}`);
          taken.set(`${column},${line}`, title);
        }
      }
    }
    expect(new Set(faults)).toEqual(new Set());
    const height = Math.max(...everything.map(({ gridPos }) => (gridPos?.y ?? 0) + (gridPos?.h ?? 0)));
    // No holes.
    expect(taken.size).toBe(24 * height);
  });

  test("names no two panels of a type alike: the title is what keeps a panel's id", () => {
    const names = panels.map(({ type, title }) => `${type} ${title}`);
    expect(new Set(names).size).toBe(names.length);
  });
});

describe.each(named)("the panel %s", (_title, panel) => {
  test("has a title, a sentence that explains it, and a data source", () => {
    expect(panel.title).toBeTruthy();
    expect(panel.description).toMatch(/^[A-Z0-9].{15,}\.$/);
    expect(panel.datasource).toEqual({ type: "prometheus", uid: "prometheus" });
  });

  test("has a unit", () => {
    expect(units(panel)).not.toEqual([]);
    for (const unit of units(panel)) expect(unit).toBeTruthy();
  });

  test("has queries, with refIds of their own", () => {
    const refIds = targets(panel).map(({ refId }) => refId);
    expect(refIds).not.toEqual([]);
    expect(refIds).toEqual(["A", "B", "C"].slice(0, refIds.length));
  });

  test("names no series in an override that it doesn't have", () => {
    const overridden = (panel.fieldConfig?.overrides ?? []).filter(({ matcher }) => matcher.id === "byName");
    const legends = targets(panel).map(({ legendFormat }) => legendFormat);
    expect(legends).toEqual(expect.arrayContaining(overridden.map(({ matcher }) => matcher.options as string)));
  });
});

test.each(queries)(
  "the legend of $panel.title, $refId tells its series apart",
  ({ panel, expr, legendFormat = "" }) => {
    expect(legendFormat).not.toBe("");
    const labels = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label ?? "");
    expect(labels.toSorted()).toEqual(seriesLabels(panel, expr).toSorted());
  },
);

describe.each(ofType("timeseries"))("the graph %s", (_title, panel) => {
  test("shows a legend, and draws its thresholds", () => {
    expect(panel.options).toMatchObject({ legend: { showLegend: true } });
    expect(panel.fieldConfig?.defaults).toMatchObject({
      thresholds: { mode: "absolute" },
      custom: { thresholdsStyle: { mode: "dashed" } },
    });
  });
});

test.each(ofType("stat"))("the number %s has thresholds and a word for no data", (_title, panel) => {
  expect(panel.fieldConfig?.defaults.thresholds?.steps[0]).toMatchObject({ value: null });
  expect(panel.fieldConfig?.defaults.noValue).toBeTruthy();
});

test.each([...ofType("piechart"), ...ofType("heatmap")])("%s shows a legend", (_title, panel) => {
  expect(panel.options).toMatchObject({ legend: panel.type === "heatmap" ? { show: true } : { showLegend: true } });
});

test("there is no panel of a type that these tests don't know", () => {
  expect(new Set(panels.map(({ type }) => type))).toEqual(new Set(["stat", "timeseries", "heatmap", "piechart"]));
});

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
  ])("%s turns red where its alert fires", (title, limit, alert) => {
    expect(limit).toBe(alert);
    const found = panels.filter((panel) => panel.title === title);
    expect(found).not.toEqual([]);
    for (const panel of found) {
      expect(panel.fieldConfig?.defaults.thresholds?.steps).toEqual([
        { value: null, color: "green" },
        { value: limit, color: "red" },
      ]);
    }
  });
});

describe("variables", () => {
  const variables = model.templating?.list ?? [];

  test.each(variables.map((variable) => [variable.name, variable] as const))(
    "%s takes many values, or all",
    (name, variable) => {
      expect(variable).toMatchObject({ type: "query", multi: true, includeAll: true, datasource: prometheus.ref });
      expect(variable.label).toBeTruthy();
      expect(text(variable)).toMatch(new RegExp(`^label_values\\(http_requests_total\\{.*\\}, ${name}\\)$`));
    },
  );

  test("only use those before them", () => {
    const before = new Set<string>();
    for (const variable of variables) {
      for (const [, used] of text(variable).matchAll(/\$(\w+)/g)) expect(before).toContain(used);
      before.add(variable.name);
    }
  });

  test("are used, and no others are", () => {
    const used = exprs.flatMap((expr) => [...expr.matchAll(/\$(\w+)/g)].map(([, name]) => name ?? ""));
    const own = new Set(used.filter((name) => !name.startsWith("__")));
    expect([...own].toSorted()).toEqual(variables.map(({ name }) => name).toSorted());
    expect(new Set(used.filter((name) => name.startsWith("__")))).toEqual(new Set(["__rate_interval", "__range"]));
  });

  test('"All" of job stays within its list: other jobs have processes too', () => {
    const [job, ...others] = variables;
    expect(job).toMatchObject({ name: "job" });
    expect(job?.allValue).toBeUndefined();
    for (const other of others) expect(other.allValue).toBe(".*");
  });
});

describe("METRICS.md", () => {
  const documented = metricsDocument();

  test("lists the metrics that the dashboard queries, and no others", () => {
    const used = new Set(exprs.flatMap(metrics).map(base));
    expect([...used].toSorted()).toEqual([...documented.keys()].toSorted());
  });

  test.each(queries)("lists the labels that $panel.title, $refId uses", ({ expr }) => {
    for (const { metric, labels } of selectors(expr)) {
      expect(["job", "instance", ...(documented.get(base(metric)) ?? [])]).toEqual(expect.arrayContaining(labels));
    }
    const known = metrics(expr).flatMap((metric) => documented.get(base(metric)) ?? []);
    // Made by Prometheus, by histograms and by label_replace.
    expect(["instance", "le", "class", ...known]).toEqual(expect.arrayContaining(groupings(expr)));
  });

  test.each(queries)("$panel.title, $refId rates counters, and nothing else", ({ expr }) => {
    const rated = [...expr.matchAll(/(?:rate|increase)\((\w+)\{/g)].map(([, metric]) => metric);
    const counters = metrics(expr).filter((metric) => /_(?:total|bucket|count|sum)$/.test(metric));
    expect(new Set(rated)).toEqual(new Set(counters));
  });

  /** A histogram's series are documented by its name. */
  function base(metric: string): string {
    const name = metric.replace(/_(?:bucket|count|sum)$/, "");
    return documented.has(name) ? name : metric;
  }
});

describe("datasources", () => {
  test("link to each other by uids that exist", () => {
    expect([prometheus.uid, loki.uid, jaeger.uid]).toEqual(["prometheus", "loki", "jaeger"]);
    expect(loki.jsonData).toMatchObject({ derivedFields: [{ datasourceUid: jaeger.uid }] });
    expect(jaeger.jsonData).toMatchObject({ tracesToLogsV2: { datasourceUid: loki.uid } });
    expect([prometheus, loki, jaeger].filter(({ isDefault }) => isDefault)).toEqual([prometheus]);
  });

  test.each([
    'level=info trace_id=4bf92f3577b34da6 msg="done"',
    '{"traceId": "4bf92f3577b34da6"}',
    "TraceID: 4bf92f3577b34da6",
  ])("find the trace in %s", (line) => {
    const fields = loki.jsonData?.["derivedFields"] as { matcherRegex: string }[] | undefined;
    expect(new RegExp(fields?.[0]?.matcherRegex ?? "").exec(line)?.[1]).toBe("4bf92f3577b34da6");
  });
});

test("the configuration loads all three folders", () => {
  expect(config).toMatchObject({ project: "toolboxai", resources: ["./datasources", "./dashboards", "./alerts"] });
});

function targets(panel: Panel): Dataquery[] {
  return (panel.targets ?? []) as Dataquery[];
}

function ofType(type: string): (readonly [string, Panel])[] {
  return named.filter(([, panel]) => panel.type === type);
}

/** A heatmap has two: of its axis and of its cells. */
function units({ type, fieldConfig, options }: Panel): unknown[] {
  if (type !== "heatmap") return [fieldConfig?.defaults.unit];
  const { yAxis, cellValues } = options as { yAxis?: { unit?: string }; cellValues?: { unit?: string } };
  return [yAxis?.unit, cellValues?.unit];
}

/** The labels that tell a query's series apart: those that it groups by, or the instance where it doesn't aggregate. */
function seriesLabels(panel: Panel, expr: string): string[] {
  const labels = [...new Set(groupings(expr))];
  // histogram_quantile uses it up; a heatmap needs it.
  if (labels.length > 0) return panel.type === "heatmap" ? labels : labels.filter((label) => label !== "le");
  const aggregates = /\b(?:sum|avg|max|min)\(/.test(expr);
  return aggregates ? [] : ["instance"];
}

function text(variable: VariableModel): string {
  return typeof variable.query === "string" ? variable.query : "";
}

/** The labels that an expression's aggregations keep. */
function groupings(expr: string): string[] {
  return [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, labels]) => (labels ?? "").split(", "));
}

/** All metrics of an expression, found as what is left of it: with or without a selector in braces. */
function metrics(expr: string): string[] {
  const bare = expr
    .replace(/"[^"]*"/g, "")
    .replace(/\[[^\]]*\]|\{[^}]*\}/g, " ")
    .replace(/\bby \([^)]*\)/g, "");
  return [...bare.matchAll(/[a-z_:][a-z0-9_:]*\b(?!\s*\()/gi)].map(([name]) => name).filter((name) => name !== "or");
}

function selectors(expr: string): { metric: string; labels: string[] }[] {
  return [...expr.matchAll(/([a-z_:][a-z0-9_:]*)\{([^}]*)\}/gi)].map(([, metric, matchers]) => ({
    metric: metric ?? "",
    labels: [...(matchers ?? "").matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, label]) => label ?? ""),
  }));
}

/** The tables' metrics, each with its labels. */
function metricsDocument(): Map<string, string[]> {
  const markdown = readFileSync(new URL("../../dashboards/METRICS.md", import.meta.url), "utf8");
  const lines = [...markdown.matchAll(/^\| `(\w+)`\s*\| (counter|gauge|histogram)\s*\| ([^|]*)\|/gm)];
  return new Map(
    lines.map(([, name, , labels]) => [
      name ?? "",
      [...(labels ?? "").matchAll(/`(\w+)`/g)].map(([, label]) => label ?? ""),
    ]),
  );
}

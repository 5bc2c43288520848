import type { SyntaxNode } from "@lezer/common";
import type { LintedPanel } from "../../engine/lint.ts";
import type { Found, Project, ReadQuery, Rule } from "../model.ts";
import { aggregationOf, bare, callOf, metricOf, selectorsIn } from "../promql/promql.ts";
import type { Parsed } from "../syntax.ts";
import { validPromql } from "./syntax.ts";

/** What a metric or an expression measures. */
type Measure = "seconds" | "bytes" | "other";

/** Panels that show numbers with a unit. */
const WITH_UNITS = /^(?:timeseries|graph|stat|singlestat|gauge|bargauge|barchart)$/;

const UNITS: Readonly<Record<Exclude<Measure, "other">, string>> = { seconds: "s", bytes: "bytes" };

/** Functions that keep the unit of their argument. */
const KEEPING = new Set(
  "abs avg_over_time max_over_time min_over_time last_over_time quantile_over_time sum_over_time clamp clamp_max clamp_min sort sort_desc round ceil floor label_replace label_join increase delta".split(
    " ",
  ),
);

export const UNIT_RULES: readonly Rule[] = [
  {
    id: "unit-missing",
    severity: "warning",
    group: "Dashboards",
    reason: "Without a unit, Grafana shows 3600 instead of 1 hour, and 1073741824 instead of 1 GiB.",
    about:
      "Reports a panel without a unit if the results of all its queries are in seconds, or all in bytes. This follows from the names of the metrics (`_seconds`, `_bytes`) if the functions keep the unit: for example a sum, a quantile of a histogram, or the average `rate(x_seconds_sum) / rate(x_seconds_count)`. A panel with any other calculation is not reported, nor is a panel whose title names the unit.",
    bad: "A stat panel with process_resident_memory_bytes and no unit",
    good: 'new StatBuilder().unit("bytes").withTarget(query)',
    board: ({ panels }, _subject, project) =>
      panels.flatMap((panel): Found[] => {
        if (
          !WITH_UNITS.test(panel.type) ||
          panel.shared ||
          panel.otherUnits ||
          hasUnit(panel) ||
          NAMED_UNIT.test(panel.title)
        )
          return [];
        const measures = measuresOf(panel, project);
        const [first] = measures;
        if (first === undefined || first === "other" || measures.some((one) => one !== first)) return [];
        return [
          {
            path: panel.path,
            message: `the panel shows ${first} without a unit`,
            hint: `Set the unit to "${UNITS[first]}".`,
          },
        ];
      }),
  },
];

/** A title that names the unit: `Duration (seconds)`. */
const NAMED_UNIT = /\b(?:seconds|secs?|bytes)\b|\((?:s|B)\)/i;

function hasUnit({ unit = "" }: LintedPanel): boolean {
  return unit !== "";
}

function measuresOf({ queries, transformations }: LintedPanel, { parsedQueries }: Project): Measure[] {
  if (transformations > 0) return [];
  return queries.map((query) => {
    const read = parsedQueries.get(query);
    return read ? measureOfQuery(read) : "other";
  });
}

function measureOfQuery(query: ReadQuery): Measure {
  const parsed = validPromql(query);
  const expression = parsed?.root.firstChild;
  return parsed && expression ? measureOf(parsed, expression) : "other";
}

function measureOf(parsed: Parsed, given: SyntaxNode): Measure {
  const node = bare(given);
  if (node.name === "VectorSelector" || node.name === "MatrixSelector") {
    const selector = node.name === "VectorSelector" ? node : (node.firstChild ?? node);
    return ofMetric(metricOf(parsed, selector) ?? "");
  }
  if (node.name === "SubqueryExpr") return node.firstChild ? measureOf(parsed, node.firstChild) : "other";
  const aggregation = aggregationOf(parsed, node);
  if (aggregation) {
    const last = aggregation.args.at(-1);
    const keeps = /^(?:sum|avg|min|max|topk|bottomk|quantile|stddev)$/.test(aggregation.operator);
    return keeps && last ? measureOf(parsed, last) : "other";
  }
  const call = callOf(parsed, node);
  if (call?.name === "histogram_quantile") return ofBuckets(parsed, call.args[1]);
  if (call && KEEPING.has(call.name)) {
    const arg = call.name === "quantile_over_time" ? call.args[1] : call.args[0];
    return arg ? measureOf(parsed, arg) : "other";
  }
  if (node.name === "BinaryExpr" && node.getChild("Div")) return ofAverage(parsed, node);
  return "other";
}

function ofMetric(metric: string): Measure {
  if (/_(?:timestamp|time|start_time|created|expiry|not_after|boot_time)_seconds$/.test(metric)) return "other";
  if (/_(?:total|bucket|sum|count)$/.test(metric) && !/_(?:seconds|bytes)_(?:total|sum)$/.test(metric)) return "other";
  if (/_seconds(?:_sum|_total)?$/.test(metric)) return "seconds";
  return /_bytes(?:_sum|_total)?$/.test(metric) ? "bytes" : "other";
}

/** The unit of the values in a histogram. */
function ofBuckets(parsed: Parsed, arg: SyntaxNode | undefined): Measure {
  const names = (arg ? selectorsIn(arg) : []).map((node) => metricOf(parsed, node) ?? "");
  if (names.length !== 1) return "other";
  const [name = ""] = names;
  return name.endsWith("_seconds_bucket") ? "seconds" : name.endsWith("_bytes_bucket") ? "bytes" : "other";
}

/** `rate(x_seconds_sum) / rate(x_seconds_count)` */
function ofAverage(parsed: Parsed, node: SyntaxNode): Measure {
  const [above, below] = [node.firstChild, node.lastChild].map((side) =>
    (side ? selectorsIn(side) : []).map((selector) => metricOf(parsed, selector) ?? ""),
  );
  const [sum, count] = [above?.[0] ?? "", below?.[0] ?? ""];
  if (above?.length !== 1 || below?.length !== 1 || count !== sum.replace(/_sum$/, "_count")) return "other";
  return sum.endsWith("_seconds_sum") ? "seconds" : sum.endsWith("_bytes_sum") ? "bytes" : "other";
}

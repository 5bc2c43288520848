import type { SyntaxNode } from "@lezer/common";
import { parseDuration } from "../../util/duration.ts";
import type { Found, Rule } from "../model.ts";
import { aggregationOf, bare, callOf, metricOf, selectorsIn } from "../promql/promql.ts";
import { isCounter, isGauge } from "../promql/metric-types.ts";
import { around, childrenOf, overlaps, textOf, writtenText, type Parsed } from "../syntax.ts";
import { foundAt, inPromql } from "./syntax.ts";

/** Functions that only make sense of counters. */
const RATES = new Set(["rate", "irate", "increase"]);

/** Functions whose result for a counter doesn't depend on its absolute value. */
const FOR_COUNTERS = new Set([
  ...RATES,
  ..."resets changes delta idelta deriv predict_linear absent absent_over_time present_over_time timestamp".split(" "),
  ..."count_over_time ts_of_first_over_time ts_of_last_over_time info".split(" "),
]);

function rateCalls(parsed: Parsed): { readonly node: SyntaxNode; readonly name: string; readonly arg: SyntaxNode }[] {
  return parsed.nodes.flatMap((node) => {
    const call = callOf(parsed, node);
    const arg = call && RATES.has(call.name) ? call.args[0] : undefined;
    return call && arg ? [{ node, name: call.name, arg: bare(arg) }] : [];
  });
}

/** Each call with a range, `[5m]`. */
function ranges(parsed: Parsed): { readonly call: SyntaxNode; readonly name: string; readonly range: SyntaxNode }[] {
  return rateCalls(parsed).flatMap(({ node, name, arg }) => {
    const range = arg.name === "MatrixSelector" ? arg.getChild("DurationExpr") : null;
    return range ? [{ call: node, name, range }] : [];
  });
}

export const COUNTER_RULES: readonly Rule[] = [
  {
    id: "rate-of-gauge",
    severity: "warning",
    group: "Queries",
    reason: "rate, irate and increase treat each decrease as a restart, so their results for a gauge are wrong.",
    about:
      "Reports these functions if the metric is a gauge according to its name: a known name of a widely used exporter, such as `node_memory_MemAvailable_bytes`, or a name with an ending such as `_ratio`, `_celsius`, `_info` or `_timestamp_seconds`.",
    bad: "rate(node_load1[5m])",
    good: "deriv(node_load1[5m])",
    query: inPromql((parsed, query) => {
      return rateCalls(parsed).flatMap(({ node, name, arg }): Found[] => {
        if (arg.name !== "MatrixSelector") return [];
        const [selector] = selectorsIn(arg);
        const metric = selector && metricOf(parsed, selector);
        if (metric === undefined || !isGauge(metric)) return [];
        return [
          foundAt(
            query,
            node,
            `applies ${name} to ${metric}, which is a gauge`,
            "Use delta or deriv, or the metric itself.",
          ),
        ];
      });
    }),
  },
  {
    id: "counter-without-rate",
    severity: "warning",
    group: "Queries",
    reason: "The value of a counter depends on the time of the last restart. Only its increase has a meaning.",
    about:
      "Reports a counter (a metric whose name ends with `_total` or `_bucket`) if a graph over time or an alert rule uses it without rate, increase or a similar function. Single values, tables, `count`, `group`, ratios, differences, comparisons with 0 and filters such as `and` are not reported.",
    bad: "sum(http_requests_total)",
    good: "sum(rate(http_requests_total[$__rate_interval]))",
    query: inPromql((parsed, query) => {
      const { role, overTime, instant } = query.query;
      if (!(role === "rule" || (role === "panel" && overTime && !instant))) return [];
      if (parsed.nodes.some(({ name }) => name === "OffsetExpr")) return [];
      return selectorsIn(parsed.root).flatMap((selector): Found[] => {
        const metric = metricOf(parsed, selector);
        if (metric === undefined || !isCounter(metric) || !isAbsolute(parsed, selector)) return [];
        return [
          foundAt(
            query,
            selector,
            `uses the counter ${metric} without rate or increase`,
            `Use rate(${metric}[...]) or increase(${metric}[...]).`,
          ),
        ];
      });
    }),
  },
  {
    id: "range-too-short",
    severity: "warning",
    group: "Queries",
    reason:
      "rate needs two samples in its range. If the range is shorter than two scrapes, rate often returns nothing.",
    about:
      "Reports rate, irate and increase with a constant range that is shorter than two scrapes. The scrape interval is `lint.scrapeInterval` of the configuration. Without this setting, it is `jsonData.timeInterval` of the datasource in the code, or 15 s (Grafana's default) if the Prometheus datasource in the code doesn't set it. If the setting is missing and the code doesn't define the datasource, nothing is reported. `$__interval` can be as short as one scrape, so it is reported too, unless the panel sets a minimum interval of at least two scrapes.",
    bad: "rate(http_requests_total[15s])",
    good: "rate(http_requests_total[$__rate_interval])",
    query: inPromql((parsed, query) => {
      const { scrape } = query;
      if (scrape === undefined) return [];
      return ranges(parsed).flatMap(({ call, name, range }): Found[] => {
        const written = writtenText(parsed, range).trim();
        const isInterval = /^(?:\$__interval|\$\{__interval\}|\[\[__interval\]\])$/.test(written);
        const duration = isInterval ? Math.max(scrape, durationOf(query.query.minInterval)) : parseDuration(written);
        if (duration === undefined || duration >= 2 * scrape) return [];
        const what = isInterval ? "can be as short as one scrape" : "is shorter than two scrapes";
        return [
          foundAt(
            query,
            call,
            `uses ${name} with the range ${written}, which ${what} (${scrape / 1000} s)`,
            "Use $__rate_interval in dashboards, and at least four scrapes in alert rules.",
          ),
        ];
      });
    }),
  },
  {
    id: "sum-before-rate",
    severity: "warning",
    group: "Queries",
    reason:
      "A sum of counters decreases if one of them restarts. rate then assumes that the whole sum restarted, and counts the remaining sum as an increase.",
    about: "Reports rate, irate and increase of a subquery whose expression aggregates with sum, avg, min or max.",
    bad: "rate(sum(http_requests_total)[5m:])",
    good: "sum(rate(http_requests_total[5m]))",
    query: inPromql((parsed, query) => {
      return rateCalls(parsed).flatMap(({ node, name, arg }): Found[] => {
        if (arg.name !== "SubqueryExpr" || !arg.firstChild) return [];
        const aggregation = aggregationOf(parsed, bare(arg.firstChild));
        if (!aggregation || !["sum", "avg", "min", "max"].includes(aggregation.operator)) return [];
        const { operator } = aggregation;
        return [
          foundAt(
            query,
            node,
            `applies ${name} to a ${operator} of counters`,
            `Write ${operator}(${name}(...)) instead.`,
          ),
        ];
      });
    }),
  },
  {
    id: "quantile-without-le",
    severity: "error",
    group: "Queries",
    reason: "histogram_quantile reads the buckets by the label le. Without this label, there is no result.",
    about:
      "Reports histogram_quantile if its argument aggregates classic buckets (metrics whose names end with `_bucket`) and drops the label `le`. Native histograms need no `le`.",
    bad: "histogram_quantile(0.95, sum by (job) (rate(http_request_duration_seconds_bucket[5m])))",
    good: "histogram_quantile(0.95, sum by (job, le) (rate(http_request_duration_seconds_bucket[5m])))",
    query: inPromql((parsed, query) => {
      return parsed.nodes.flatMap((node): Found[] => {
        const call = callOf(parsed, node);
        const arg = call?.name === "histogram_quantile" ? call.args[1] : undefined;
        const dropped = arg ? dropping(parsed, bare(arg)) : undefined;
        return dropped
          ? [
              foundAt(
                query,
                dropped,
                "drops the label le, which histogram_quantile needs",
                "Add le to the labels of by, or remove it from those of without.",
              ),
            ]
          : [];
      });
    }),
  },
];

function durationOf(text: string | undefined): number {
  return text === undefined ? 0 : (parseDuration(text.replace(/^>=?\s*/, "")) ?? Number.POSITIVE_INFINITY);
}

/** Whether the result depends on the absolute value of this selector. */
function isAbsolute(parsed: Parsed, selector: SyntaxNode): boolean {
  let inner: SyntaxNode = selector;
  for (const node of around(selector)) {
    if (node.name === "MatrixSelector" || node.name === "SubqueryExpr") return false;
    const call = callOf(parsed, node);
    if (call && (FOR_COUNTERS.has(call.name) || overlaps(parsed.unknown, node.firstChild ?? node))) return false;
    const operator = aggregationOf(parsed, node)?.operator;
    if (operator !== undefined && /^(count|group|count_values)$/.test(operator)) return false;
    if (node.name === "AggregateExpr" && overlaps(parsed.unknown, node.getChild("AggregateOp") ?? node)) return false;
    if (node.name === "BinaryExpr" && isFilter(parsed, node, inner)) return false;
    inner = node;
  }
  return true;
}

/** Whether an operand only decides which series are left: `… and x`, `x > 0`, or the right side of `unless`. */
function isFilter(parsed: Parsed, binary: SyntaxNode, operand: SyntaxNode): boolean {
  const isRight = binary.lastChild?.from === operand.from;
  if (isRight && (binary.getChild("And") || binary.getChild("Unless"))) return true;
  const other = isRight ? binary.firstChild : binary.lastChild;
  const isCompared = ["Eql", "Neq", "Gtr", "Gte", "Lss", "Lte"].some((name) => binary.getChild(name));
  const compared = other ? textOf(parsed, other) : "";
  // The parts of a ratio or a difference of counters have restarted together.
  const isOfTwo = binary.getChild("Div") ?? (binary.getChild("Sub") && other && selectorsIn(other).length > 0);
  return (isCompared && /^0(\.0)?$/.test(compared)) || Boolean(isOfTwo);
}

/** The aggregation that drops `le` of buckets. */
function dropping(parsed: Parsed, node: SyntaxNode): SyntaxNode | undefined {
  if (node.name === "BinaryExpr") return node.firstChild ? dropping(parsed, bare(node.firstChild)) : undefined;
  const aggregation = aggregationOf(parsed, node);
  if (!aggregation || !/^(sum|avg|min|max|stddev|stdvar)$/.test(aggregation.operator) || aggregation.open)
    return undefined;
  const operator = node.getChild("AggregateOp");
  if (operator && overlaps(parsed.unknown, operator)) return undefined;
  const selectors = selectorsIn(node);
  const areBuckets =
    selectors.length > 0 && selectors.every((selector) => metricOf(parsed, selector)?.endsWith("_bucket"));
  if (!areBuckets) return undefined;
  const { modifier, labels } = aggregation;
  // VictoriaMetrics has buckets with the label vmrange.
  const has = labels.includes("le") || labels.includes("vmrange");
  const drops = modifier === "by" ? !has : modifier === "without" ? has : true;
  if (drops) return node;
  const inner = childrenOf(node.getChild("FunctionCallBody")).at(-1);
  return inner ? dropping(parsed, bare(inner)) : undefined;
}

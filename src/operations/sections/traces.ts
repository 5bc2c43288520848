import { countOf } from "../../util/plural.ts";
import type { Row, Topic } from "../model.ts";
import { keyOf, rangeText, vectorOf } from "../prometheus.ts";

/** Names of span metrics: of the stack's collector, of its connector without a namespace, and of Tempo. */
const CALLS = '__name__=~"(otel_)?traces_span_?metrics_calls_total"';
const DURATIONS = '__name__=~"(otel_)?traces_span_?metrics_(duration_seconds|latency)_bucket"';
const OPERATION = ["service_name", "service", "span_name"];
const BY = `by (${OPERATION.join(", ")})`;

/** Operations with errors, and slow ones, from metrics of spans. */
export const traces: Topic = {
  id: "traces",
  title: "Traces",
  columns: [
    { key: "service", title: "Service" },
    { key: "operation", title: "Operation" },
    { key: "spans", title: "Spans" },
    { key: "errors", title: "With an error", unit: "percent" },
    { key: "p95", title: "95th percentile", unit: "seconds" },
  ],
  async find(asking) {
    const range = rangeText(asking);
    const found = await asking.prometheus("span metrics in Prometheus", async (read) => {
      const ask = (query: string) => vectorOf(read, query, asking.to);
      const isError = 'status_code="STATUS_CODE_ERROR"';
      return {
        calls: await ask(`sum ${BY} (increase({${CALLS}}[${range}]))`),
        errors: await ask(`sum ${BY} (increase({${CALLS}, ${isError}}[${range}]))`),
        slow: await ask(
          `histogram_quantile(0.95, sum by (${OPERATION.join(", ")}, le) (rate({${DURATIONS}}[${range}])))`,
        ),
      };
    });
    if (!found) return undefined;
    if (found.calls.length === 0) {
      asking.note("errors and durations of spans: Prometheus has no span metrics");
      return undefined;
    }
    const by = (samples: typeof found.calls) =>
      new Map(samples.map(({ labels, value }) => [keyOf(labels, OPERATION), value]));
    const [errors, slow] = [by(found.errors), by(found.slow)];
    const all = found.calls
      .filter(({ value }) => value > 0)
      .map(({ labels, value }) => {
        const key = keyOf(labels, OPERATION);
        const p95 = slow.get(key);
        return {
          service: labels["service_name"] ?? labels["service"] ?? "",
          operation: labels["span_name"] ?? "",
          spans: Math.round(value),
          errors: ((errors.get(key) ?? 0) / value) * 100,
          ...(p95 === undefined || Number.isNaN(p95) ? {} : { p95 }),
        };
      });
    const total = found.calls.reduce((sum, { value }) => sum + value, 0);
    const failed = found.errors.reduce((sum, { value }) => sum + value, 0);
    const share = total === 0 ? 0 : (failed / total) * 100;
    const rows: Row[] = all.toSorted((a, b) => b.errors - a.errors || (b.p95 ?? 0) - (a.p95 ?? 0));
    return {
      rows,
      attention: false,
      summary:
        total === 0
          ? "No span ended in this time."
          : `${share.toFixed(2)} % of ${countOf(Math.round(total), "span")} have an error. Operations with the most errors first, then the slowest.`,
    };
  },
};

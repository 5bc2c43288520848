import { dashboard, datasource, lint } from "../src/index.ts";
import { median } from "./measure.ts";

/** Expressions of PromQL and LogQL. `N`: a number, so that all are different. */
const EXPRESSIONS = [
  'sum by (method) (rate(http_requests_N_total{job=~"$job", status!~"5.."}[$__rate_interval]))',
  "histogram_quantile(0.95, sum by (le, path) (rate(http_request_N_duration_seconds_bucket[5m])))",
  '100 * sum(rate(errors_N_total{job="$job"}[5m])) / sum(rate(requests_N_total{job="$job"}[5m])) > 5',
  "topk(5, max_over_time(queue_N_length[1h:1m]) - min_over_time(queue_N_length[1h:1m]))",
];
const LOGS = 'sum by (level) (count_over_time({app="shop", job="$job"} |= "N" | logfmt | duration > 1s [5m]))';

const PANELS = 20;

/** Seconds to check this number of different expressions in dashboards. */
export async function lintTime(count: number, runs: number): Promise<number> {
  const prometheus = datasource({ uid: "prometheus", name: "Prometheus", type: "prometheus" });
  const loki = datasource({ uid: "loki", name: "Loki", type: "loki" });
  const panels = Array.from({ length: count }, (_, index) => {
    const isLogs = index % 5 === 4;
    const expr = (isLogs ? LOGS : (EXPRESSIONS[index % EXPRESSIONS.length] ?? "")).replaceAll("N", `${index}`);
    const source = isLogs ? loki : prometheus;
    return {
      id: index + 1,
      type: "timeseries",
      title: `Panel ${index}`,
      datasource: source.ref,
      targets: [{ refId: "A", expr }],
    };
  });
  const boards = Array.from({ length: count / PANELS }, (_, index) =>
    dashboard({
      uid: `board-${index}`,
      spec: {
        title: `Board ${index}`,
        panels: panels.slice(index * PANELS, (index + 1) * PANELS),
        templating: { list: [{ type: "custom", name: "job", query: "api,web" }] },
      },
    }),
  );
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    await lint([...boards, prometheus, loki]);
    times.push((performance.now() - start) / 1000);
  }
  return median(times);
}

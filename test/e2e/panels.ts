import { z } from "zod";
import { dashboards, panelsOf, sourceOf, targetsOf, variablesOf } from "../content/own.ts";
import { readPromql } from "../content/promql.ts";

/** A query of Prometheus in a panel, with the variables of its dashboard expanded. */
export interface PanelQuery {
  /** `"fastapi: Request rate, A"` */
  readonly name: string;
  readonly panel: string;
  readonly expr: string;
}

/** Grafana's variables for durations, for one minute of load. */
const DURATIONS: Readonly<Record<string, string>> = {
  $__rate_interval: "1m",
  $__interval: "15s",
  $__range: "5m",
  $__auto: "1m",
};

export function panelQueries(): PanelQuery[] {
  return dashboards.flatMap((board) => {
    const values = new Map(variablesOf(board).map((one) => [one.name, valueOf(one)]));
    const expand = (expr: string) =>
      expr
        .replaceAll(/\$__\w+/g, (name) => DURATIONS[name] ?? name)
        .replaceAll(/\$(\w+)/g, (text, name: string) => values.get(name) ?? text);
    return panelsOf(board).flatMap((panel) =>
      targetsOf(panel)
        .filter((target) => sourceOf(panel, target) === "prometheus")
        .map((target) => ({
          name: `${board.spec.uid}: ${panel.title}, ${target.refId}`,
          panel: `${board.spec.uid}: ${panel.title}`,
          expr: expand(target.expr ?? ""),
        })),
    );
  });
}

/** "All" for a list, and its first value for a list without "All". */
function valueOf({ name, includeAll, current }: ReturnType<typeof variablesOf>[number]): string {
  if (name === "job") return "fastapi-backend";
  if (includeAll) return ".*";
  const value = current?.value;
  return typeof value === "string" ? value : "";
}

const Answer = z.object({ status: z.literal("success"), data: z.object({ result: z.array(z.unknown()) }) });

/** The number of series in the last minutes. */
export async function seriesOf(prometheus: string, expr: string): Promise<number> {
  const now = Date.now() / 1000;
  const body = new URLSearchParams({ query: expr, start: `${now - 180}`, end: `${now}`, step: "5" });
  const response = await fetch(`${prometheus}/api/v1/query_range`, { method: "POST", body });
  const text = await response.text();
  if (!response.ok) throw new Error(`Prometheus rejects ${expr}: ${text}`);
  return Answer.parse(JSON.parse(text)).data.result.length;
}

/** Parts that this run doesn't have, by the metrics and jobs that come from them. */
const ABSENT: readonly { readonly part: string; readonly of: RegExp }[] = [
  { part: "Loki", of: /\bloki_(distributor|discarded|request)|job="loki"/ },
  { part: "the log collector", of: /\bloki_write_|\bpromtail_|job=~?"(alloy|promtail)/ },
  { part: "the OpenTelemetry collector", of: /\botelcol_|\botel_traces_|job="otel-/ },
  { part: "Jaeger", of: /job="jaeger"/ },
];

/** The part that a query needs and that this run doesn't have. */
export function absentPart(expr: string): string | undefined {
  return ABSENT.find(({ of }) => of.test(expr))?.part;
}

/** Panels that are empty while everything is healthy, with the reason. */
export const EMPTY_WHEN_HEALTHY: Readonly<Record<string, string>> = {
  "overview: Failed queries": "Grafana has no series until a query fails",
};

/** The metrics of a query, for the message about an empty panel. */
export function metricsOf(expr: string): string {
  return [...new Set(readPromql(expr).selectors.map(({ metric }) => metric))].join(", ");
}

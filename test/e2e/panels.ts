import { dashboards, panelsOf, sourceOf, targetsOf, variablesOf } from "../content/own.ts";
import { readPromql } from "../content/promql.ts";
import type { TelemetryProgram } from "./programs.ts";

/** A query in a panel, with the variables of its dashboard expanded. Grafana expands its own, such as `$__range`. */
export interface PanelQuery {
  /** `"fastapi: Request rate, A"` */
  readonly name: string;
  readonly panel: string;
  readonly source: string;
  readonly target: Readonly<Record<string, unknown>>;
  /** The expression; empty for queries of Jaeger. */
  readonly expr: string;
}

/** All queries of panels. `values` has values of variables, by `DASHBOARD.VARIABLE`. */
export function panelQueries(values: Readonly<Record<string, string>>): PanelQuery[] {
  return dashboards.flatMap((board) => {
    const own = new Map(
      variablesOf(board).map((one) => [one.name, values[`${board.spec.uid}.${one.name}`] ?? valueOf(one)]),
    );
    const expand = (value: unknown): unknown =>
      typeof value === "string" ? value.replaceAll(/\$(\w+)/g, (text, name: string) => own.get(name) ?? text) : value;
    return panelsOf(board).flatMap((panel) =>
      targetsOf(panel).map((target) => {
        const expanded = Object.fromEntries(Object.entries(target).map(([name, value]) => [name, expand(value)]));
        return {
          name: `${board.spec.uid}: ${panel.title}, ${target.refId}`,
          panel: `${board.spec.uid}: ${panel.title}`,
          source: sourceOf(panel, target) ?? "",
          target: expanded,
          expr: typeof expanded["expr"] === "string" ? expanded["expr"] : "",
        };
      }),
    );
  });
}

/** "All" for a list, and its first value for a list without "All". */
function valueOf({ includeAll, allValue, current }: ReturnType<typeof variablesOf>[number]): string {
  if (includeAll) return allValue || ".*";
  const value = current?.value;
  return typeof value === "string" ? value : "";
}

/** Parts that a run may lack, by the metrics and jobs that come from them. No run has Alloy. */
const PARTS: readonly { readonly part: string; readonly of: RegExp; readonly program?: TelemetryProgram }[] = [
  { part: "Alloy, which has the same task as Promtail,", of: /\bloki_write_|job="alloy"/ },
  { part: "Loki", of: /\bloki_(distributor|discarded|request)|job="loki"/, program: "loki" },
  { part: "Promtail", of: /\bpromtail_|job="(?:promtail|docker)"/, program: "promtail" },
  { part: "the OpenTelemetry collector", of: /\botelcol_|\botel_traces_|job="otel-/, program: "otelcol" },
  { part: "Jaeger", of: /job="jaeger"|\botelcol_exporter_sent_spans/, program: "jaeger" },
];

/** The part that a query needs and that this run doesn't have. */
export function absentPart(expr: string, absent: readonly TelemetryProgram[]): string | undefined {
  const isAbsent = (program: TelemetryProgram | undefined) => program === undefined || absent.includes(program);
  return PARTS.find(({ of, program }) => isAbsent(program) && of.test(expr))?.part;
}

/** Queries that have no data while everything is healthy, with the reason. */
export const EMPTY_WHEN_HEALTHY: Readonly<Record<string, string>> = {
  "overview: Exporter failures, A": "the collector counts a lost span only after five minutes of retries",
  "overview: Exporter failures, B": "the collector counts a lost value only after five minutes of retries",
  "overview: Failed queries, B": "every datasource can be reached",
  "overview: Failed requests to Loki, A": "Loki answers no request with 5xx",
};

/** The metrics of a query, for the message about an empty panel. */
export function metricsOf(expr: string): string {
  return [...new Set(readPromql(expr).selectors.map(({ metric }) => metric))].join(", ");
}

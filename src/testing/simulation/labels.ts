import { reject } from "../invalid.ts";
import type { Labels } from "../matching.ts";
import type { Failure } from "./results.ts";

const TEMPLATE = /\{\{-?\s*(?:\$labels|\.Labels|\$\.Labels)\.(\w+)\s*-?\}\}/g;

/** Throws for labels of a rule that Grafana calculates from more than the labels of the result. */
export function checkLabels(labels: Labels): void {
  for (const [name, text] of Object.entries(labels)) {
    if (text.replace(TEMPLATE, "").includes("{{"))
      reject(`labels.${name}`, `simulate doesn't support the template ${text}`, "It supports only {{ $labels.name }}.");
  }
}

/** The labels of an alert instance. `own` have precedence over those of the rule, and these over those of the query's result. */
export function instanceLabels(result: Labels, rule: Labels, own: Labels, failure: Failure | undefined): Labels {
  const known: Labels = { ...result, ...own };
  const expand = (text: string) => text.replace(TEMPLATE, (_, name: string) => known[name] ?? "[no value]");
  const expanded = Object.entries(rule).map(([name, text]) => [name, expand(text)] as const);
  const failed = failure ? { ref_id: failure.refId, datasource_uid: failure.datasourceUid } : {};
  return { ...result, ...Object.fromEntries(expanded), ...own, ...failed };
}

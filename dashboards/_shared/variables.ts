import {
  CustomVariableBuilder,
  QueryVariableBuilder,
  TextBoxVariableBuilder,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { loki } from "../../datasources/loki.ts";
import { prometheus } from "../../datasources/prometheus.ts";

// The drop-downs at the top of dashboards. Links carry them along: a name means the same wherever it stands.

const ALL = { text: ["All"], value: ["$__all"] };

/**
 * Values of a metric's label, several at once.
 *
 * @param filter label matchers, which may use variables that stand before this one
 * @param label default: as the variable is called
 */
export function metricLabel(
  name: string,
  title: string,
  metric: string,
  filter: string,
  label = name,
): QueryVariableBuilder {
  const query = `label_values(${metric}{${filter}}, ${label})`;
  return (
    listed(name, title)
      .datasource(prometheus.ref)
      .query(query)
      // What the list of variables in the dashboard's settings shows.
      .definition(query)
  );
}

/** Values of a label of logs. */
export function logLabel(name: string, title: string, label: string, stream = ""): QueryVariableBuilder {
  return (
    listed(name, title)
      .datasource(loki.ref)
      // As Grafana's editor writes it; 1: the values of a label.
      .query({ refId: "LokiVariableQueryEditor-VariableQuery", type: 1, label, stream })
      .definition(`label_values(${stream ? `${stream}, ` : ""}${label})`)
      // Loki refuses a selector that an empty label could match.
      .allValue(".+")
  );
}

function listed(name: string, title: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(title)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .current(ALL);
}

/** Values that are known beforehand, several at once. */
export function choices(name: string, title: string, values: readonly string[]): CustomVariableBuilder {
  return new CustomVariableBuilder(name)
    .label(title)
    .values(values.join(","))
    .multi(true)
    .includeAll(true)
    .allValue(".*")
    .current(ALL);
}

/** One of these values, the first where nobody chose. People can type another. */
export function choice(name: string, title: string, values: readonly string[]): CustomVariableBuilder {
  const [first = ""] = values;
  return new CustomVariableBuilder(name).label(title).values(values.join(",")).current({ text: first, value: first });
}

/** Free text. Queries have to make sense while it is empty. */
export function textBox(name: string, title: string, description: string): TextBoxVariableBuilder {
  return new TextBoxVariableBuilder(name).label(title).description(description).defaultValue("");
}

/** The trace that is looked at: log lines that name it, and its spans. */
export function traceId(): TextBoxVariableBuilder {
  return textBox("trace", "Trace ID", "Log lines that name this trace, and the spans of it.");
}

/** HTTP's own methods. */
export const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

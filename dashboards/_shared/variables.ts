import {
  CustomVariableBuilder,
  QueryVariableBuilder,
  TextBoxVariableBuilder,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { prometheus } from "../../datasources/prometheus.ts";

// The drop-down lists at the top of dashboards. Links pass their values, so a name must mean the same on all dashboards.

const ALL = { text: ["All"], value: ["$__all"] };

/**
 * The values of a label of a metric. Several can be selected.
 *
 * @param filter label matchers, which can use previous variables
 * @param label default: the name of the variable
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
      // Shown in the list of variables in the dashboard's settings.
      .definition(query)
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

/** A fixed list of values. Several can be selected. */
export function choices(name: string, title: string, values: readonly string[]): CustomVariableBuilder {
  return new CustomVariableBuilder(name)
    .label(title)
    .values(values.join(","))
    .multi(true)
    .includeAll(true)
    .allValue(".*")
    .current(ALL);
}

/** One of these values, by default the first. Users can enter others. */
export function choice(name: string, title: string, values: readonly string[]): CustomVariableBuilder {
  const [first = ""] = values;
  return new CustomVariableBuilder(name).label(title).values(values.join(",")).current({ text: first, value: first });
}

/** Free text. Queries must also work if it is empty. */
export function textBox(name: string, title: string, description: string): TextBoxVariableBuilder {
  return new TextBoxVariableBuilder(name).label(title).description(description).defaultValue("");
}

/** The selected trace: filters log lines, and shows its spans. */
export function traceId(): TextBoxVariableBuilder {
  return textBox("trace", "Trace ID", "Shows the spans of this trace, and the log lines that contain its id.");
}

/** The methods of HTTP. */
export const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

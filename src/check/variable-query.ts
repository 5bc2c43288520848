import { z } from "zod";
import type { QueriedVariable } from "../engine/queried.ts";
import { languageOf } from "../lint/read-queries.ts";
import { textOf } from "../util/json.ts";
import { QueryError, type Backend, type KnownSource, type Range } from "./model.ts";

const Names = z.looseObject({ data: z.array(z.string()).nullish() });
const Series = z.looseObject({ data: z.array(z.record(z.string(), z.string())).nullish() });
const Vector = z.looseObject({
  data: z.looseObject({
    result: z.array(
      z.looseObject({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) }),
    ),
  }),
});

/** What a variable asks. */
export interface VariableQuery {
  readonly type: "label-names" | "label-values" | "metrics" | "result" | "series";
  /** A selector, an expression, or a pattern of metrics. */
  readonly expression: string;
  readonly label: string;
}

/** Parses the query of a variable, without variables. Undefined: the datasource's queries are not known. */
export function variableQueryOf(model: QueriedVariable["target"], text: string, source: KnownSource) {
  const language = languageOf(source.type);
  if (language !== "promql" && language !== "logql") return undefined;
  const object = model?.model ?? {};
  if (language === "logql" && typeof object["label"] === "string" && object["label"] !== "") {
    const stream = textOf(object["stream"]);
    return { type: "label-values", expression: stream, label: object["label"] } satisfies VariableQuery;
  }
  return parsed(text.trim());
}

function parsed(text: string): VariableQuery {
  const call = /^(label_names|label_values|metrics|query_result)\s*\((.*)\)\s*$/s.exec(text);
  const [, name = "", inner = ""] = call ?? [];
  switch (name) {
    case "label_names":
      return { type: "label-names", expression: inner.trim(), label: "" };
    case "metrics":
      return { type: "metrics", expression: inner.trim(), label: "" };
    case "query_result":
      return { type: "result", expression: inner.trim(), label: "" };
    case "label_values": {
      const [, expression = "", label = ""] = /^(?:(.*),)?\s*([\w.-]+)\s*$/s.exec(inner) ?? [];
      return { type: "label-values", expression: expression.trim(), label };
    }
    default:
      return { type: "series", expression: text, label: "" };
  }
}

/** Runs the query of a variable, and returns its values. */
export async function variableValues(
  query: VariableQuery,
  source: KnownSource,
  { backend, range }: { readonly backend: Pick<Backend, "read">; readonly range: Range },
): Promise<readonly string[]> {
  const isLoki = languageOf(source.type) === "logql";
  const base = isLoki ? "/loki/api/v1" : "/api/v1";
  const scale = isLoki ? 1e6 : 1 / 1000;
  const times = { start: `${range.from * scale}`, end: `${range.to * scale}` };
  const { type, expression, label } = query;
  const selected: Record<string, string> = expression === "" ? {} : { [isLoki ? "query" : "match[]"]: expression };
  const read = (path: string, parameters: Readonly<Record<string, string>>) =>
    backend.read(source, `${base}${path}`, parameters);
  try {
    switch (type) {
      case "label-names":
        return Names.parse(await read("/labels", { ...times, ...selected })).data ?? [];
      case "label-values":
        return (
          Names.parse(await read(`/label/${encodeURIComponent(label)}/values`, { ...times, ...selected })).data ?? []
        );
      case "metrics": {
        const all = Names.parse(await read("/label/__name__/values", times)).data ?? [];
        const pattern = patternOf(expression);
        return pattern ? all.filter((one) => pattern.test(one)) : [];
      }
      case "result": {
        const { data } = Vector.parse(await read("/query", { query: expression, time: times.end }));
        return data.result.map(({ metric, value: [time, value] }) => `${seriesText(metric)} ${value} ${time * 1000}`);
      }
      default: {
        const all = Series.parse(await read("/series", { ...times, "match[]": expression })).data ?? [];
        return [...new Set(all.map(seriesText))];
      }
    }
  } catch (error) {
    if (error instanceof z.ZodError) throw new QueryError("response-invalid", "the response has another form");
    throw error;
  }
}

/** `up{job="api"}` */
function seriesText({ __name__: name = "", ...labels }: Readonly<Record<string, string>>): string {
  return `${name}{${Object.entries(labels)
    .map(([key, value]) => `${key}="${value}"`)
    .join(",")}}`;
}

/** Filters values by the regular expression of a variable, whose group selects a part of each. */
export function filteredValues(values: readonly string[], regex: string): readonly string[] {
  if (regex === "") return [...new Set(values)];
  const [, body = regex, flags = ""] = /^\/(.*)\/(\w*)$/s.exec(regex) ?? [];
  const pattern = patternOf(body, flags.replaceAll(/[gy]/g, ""));
  if (!pattern) return [...new Set(values)];
  const parts = values.flatMap((value) => {
    const match = pattern.exec(value);
    if (!match) return [];
    return [match.groups?.["value"] ?? match.groups?.["text"] ?? match[1] ?? value];
  });
  return [...new Set(parts)];
}

export function patternOf(text: string, flags = ""): RegExp | undefined {
  try {
    return new RegExp(text, flags);
  } catch {
    return undefined;
  }
}

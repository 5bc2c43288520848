import { z } from "zod";
import type { QueriedVariable } from "../engine/queried.ts";
import { languageOf } from "../lint/read-queries.ts";
import { textOf, type JsonObject } from "../util/json.ts";
import { QueryError, type Backend, type KnownSource, type Range } from "./model.ts";

const Names = z.looseObject({ data: z.array(z.string()).nullish() });
const Series = z.looseObject({ data: z.array(z.record(z.string(), z.string())).nullish() });
const Value = z.tuple([z.number(), z.string()]);
const Result = z.looseObject({
  data: z.discriminatedUnion("resultType", [
    z.looseObject({ resultType: z.enum(["scalar", "string"]), result: Value }),
    z.looseObject({
      resultType: z.literal("vector"),
      result: z.array(z.looseObject({ metric: z.record(z.string(), z.string()), value: Value })),
    }),
  ]),
});

/** What a variable asks. */
export interface VariableQuery {
  readonly type: "label-names" | "label-values" | "metrics" | "none" | "result" | "series";
  /** A selector, an expression, or a pattern of metrics. */
  readonly expression: string;
  readonly label: string;
}

/** Grafana asks nothing. */
const NONE: VariableQuery = { type: "none", expression: "", label: "" };

/** Parses the query of a variable, without variables. Undefined: the datasource's queries are not known. */
export function variableQueryOf(
  target: QueriedVariable["target"],
  text: string,
  source: KnownSource,
): VariableQuery | undefined {
  const language = languageOf(source.type);
  if (language === "logql") return ofLoki(target?.model ?? {}, text.trim());
  return language === "promql" ? ofPrometheus(text.trim()) : undefined;
}

/** The types of an object with a query of Loki: 0 for the names of labels, 1 for values. */
function ofLoki({ type, label, stream }: JsonObject, text: string): VariableQuery {
  if (type === 0) return { type: "label-names", expression: "", label: "" };
  if (textOf(label) !== "") return { type: "label-values", expression: textOf(stream), label: textOf(label) };
  const query = ofPrometheus(text);
  return query.type === "label-names" || query.type === "label-values" ? query : NONE;
}

function ofPrometheus(text: string): VariableQuery {
  const call = /^(label_names|label_values|metrics|query_result)\s*\((.*)\)\s*$/s.exec(text);
  const [, name = "", inner = ""] = call ?? [];
  const argument = inner.trim();
  if (text === "" || (name !== "" && name !== "label_names" && argument === "")) return NONE;
  switch (name) {
    case "label_names":
      return { type: "label-names", expression: named(argument === "" ? "" : `.*${argument}.*`), label: "" };
    case "metrics":
      return { type: "metrics", expression: named(argument), label: "" };
    case "query_result":
      return { type: "result", expression: argument, label: "" };
    case "label_values": {
      const [, expression = "", label = ""] = /^(?:(.*),)?\s*([\w.-]+)\s*$/s.exec(inner) ?? [];
      const selector = expression.trim();
      return { type: "label-values", expression: /^\{\s*\}$/.test(selector) ? "" : selector, label };
    }
    default:
      return { type: "series", expression: text, label: "" };
  }
}

/** The selector of metrics whose whole name matches a regular expression. */
function named(pattern: string): string {
  return pattern === "" ? "" : `{__name__=~${JSON.stringify(pattern)}}`;
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
        return (Names.parse(await read("/labels", { ...times, ...selected })).data ?? []).filter(
          (name) => name !== "__name__",
        );
      case "label-values":
        return (
          Names.parse(await read(`/label/${encodeURIComponent(label)}/values`, { ...times, ...selected })).data ?? []
        );
      case "metrics":
        return Names.parse(await read("/label/__name__/values", { ...times, ...selected })).data ?? [];
      case "none":
        return [];
      case "result": {
        const { data } = Result.parse(await read("/query", { query: expression, time: times.end }));
        if (data.resultType !== "vector") return [data.result[1]];
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

/** Filters values by the regular expression of a variable, whose groups select parts of each. Throws a `QueryError` if it is invalid. */
export function filteredValues(values: readonly string[], regex: string): readonly string[] {
  if (regex === "") return [...new Set(values)];
  const pattern = patternOf(regex);
  if (!pattern) throw new QueryError("query-failed", `invalid regular expression ${regex}`);
  const parts = values.flatMap((value) => {
    const first = value.match(new RegExp(pattern, pattern.flags.replace("g", "")));
    const matches = pattern.global ? [...value.matchAll(pattern)] : first ? [first] : [];
    if (matches.length === 0) return [];
    const group = (name: string) => matches.map(({ groups }) => groups?.[name]).find((one) => one !== undefined);
    const named = group("value") ?? group("text");
    if (named !== undefined) return [named];
    const captured = matches.flatMap((match) => match[1] ?? []);
    return captured.length > 0 ? captured : [value];
  });
  return [...new Set(parts)];
}

/** The regular expression in a setting of Grafana: between slashes, or for the whole text. Undefined: it is invalid. */
export function patternOf(text: string): RegExp | undefined {
  const between = /^\/(.*?)\/(g?i?m?y?s?)$/.exec(text);
  if (!between && text.startsWith("/")) return undefined;
  try {
    return between ? new RegExp(between[1] ?? "", between[2]) : new RegExp(`^${text}$`);
  } catch {
    return undefined;
  }
}

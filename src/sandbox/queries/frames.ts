import { isObject, listOf, text, type Json, type JsonObject } from "../json.ts";

const TIME: JsonObject = { name: "Time", type: "time", typeInfo: { frame: "time.Time" } };

export interface QueryFacts {
  readonly refId: string;
  readonly query: string;
  readonly stepMs: number;
}

/** The frames for the result of a query to Prometheus: one for each series. */
export function prometheusFrames(data: JsonObject, { refId, query, stepMs }: QueryFacts): JsonObject[] {
  const resultType = text(data["resultType"]);
  const custom = { calculatedMinStep: stepMs };
  const executedQueryString = `Expr: ${query}\nStep: ${goDuration(stepMs)}`;
  const all = seriesIn(data);
  if (all.length === 0) return [emptyFrame(refId, { typeVersion: [0, 0], custom, executedQueryString })];
  const type = resultType === "matrix" ? "timeseries-multi" : "numeric-multi";
  const meta = { type, typeVersion: [0, 1], custom: { ...custom, resultType }, executedQueryString };
  const time = { ...TIME, config: { interval: stepMs } };
  return all.map(({ labels, points }) => seriesFrame({ refId, meta }, time, labels, points, query));
}

/** The frames for a metric query to Loki. */
export function lokiMetricFrames(
  data: JsonObject,
  { refId, query, stepMs }: QueryFacts,
  isInstant: boolean,
): JsonObject[] {
  const step = isInstant ? "" : `\nStep: ${goDuration(stepMs)}`;
  const meta = { type: "timeseries-multi", typeVersion: [0, 1], executedQueryString: `Expr: ${query}${step}` };
  const time = isInstant ? TIME : { ...TIME, config: { interval: stepMs } };
  return seriesIn(data).map(({ labels, points }) => seriesFrame({ refId, meta }, time, labels, points, query));
}

/** The frame for the log lines of all streams. */
export function logFrames(data: JsonObject, { refId, query }: QueryFacts): JsonObject[] {
  const lines = listOf(data["result"]).flatMap((stream) => {
    const labels = isObject(stream) && isObject(stream["stream"]) ? stream["stream"] : {};
    const values = isObject(stream) ? listOf(stream["values"]) : [];
    return values.map((pair) => {
      const [time, line] = listOf(pair).map(text);
      return { labels, time: time ?? "", line: line ?? "" };
    });
  });
  const field = (name: string, type: string, frame: string) => ({ name, type, typeInfo: { frame } });
  const meta = {
    typeVersion: [0, 0],
    custom: { frameType: "LabeledTimeValues" },
    executedQueryString: `Expr: ${query}`,
  };
  const fields = [
    field("labels", "other", "json.RawMessage"),
    field("Time", "time", "time.Time"),
    field("Line", "string", "string"),
    field("tsNs", "string", "string"),
    field("id", "string", "string"),
  ];
  const values = [
    lines.map(({ labels }) => labels),
    lines.map(({ time }) => Number(time) / 1e6),
    lines.map(({ line }) => line),
    lines.map(({ time }) => time),
    lines.map(({ time }, index) => `${time}_${index}`),
  ];
  return [{ schema: { refId, meta, fields }, data: { values } }];
}

interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly (readonly [time: number, value: string])[];
}

function seriesIn({ resultType, result }: JsonObject): Series[] {
  if (resultType === "scalar" || resultType === "string") return [{ labels: {}, points: [pointOf(result)] }];
  return listOf(result).flatMap((one): Series[] => {
    if (!isObject(one)) return [];
    const metric = isObject(one["metric"]) ? one["metric"] : {};
    const labels = Object.fromEntries(Object.entries(metric).map(([name, value]) => [name, text(value)]));
    const points = one["values"] === undefined ? [pointOf(one["value"])] : listOf(one["values"]).map(pointOf);
    return [{ labels, points }];
  });
}

function pointOf(pair: Json | undefined): readonly [number, string] {
  const [time, value] = listOf(pair);
  return [Number(time) * 1000, text(value)];
}

function emptyFrame(refId: string, meta: JsonObject): JsonObject {
  return { schema: { refId, meta, fields: [] }, data: { values: [] } };
}

function seriesFrame(
  { refId, meta }: { readonly refId: string; readonly meta: JsonObject },
  time: JsonObject,
  labels: Series["labels"],
  points: Series["points"],
  query: string,
): JsonObject {
  const { __name__: metric = "", ...others } = labels;
  const pairs = Object.entries(others).map(([name, value]) => `${name}="${value}"`);
  const shown = pairs.length === 0 && metric === "" ? query : `${metric}{${pairs.join(", ")}}`;
  const displayNameFromDS = pairs.length === 0 && metric !== "" ? metric : shown;
  const special: Record<string, number[]> = {};
  const values = points.map(([, value], index) => {
    const name = { NaN: "NaN", "+Inf": "Inf", "-Inf": "NegInf" }[value];
    if (name === undefined) return Number(value);
    (special[name] ??= []).push(index);
    return null;
  });
  const name = metric === "" ? "Value" : metric;
  const number = {
    name,
    type: "number",
    typeInfo: { frame: "float64" },
    labels: { ...labels },
    config: { displayNameFromDS },
  };
  const entities = Object.keys(special).length > 0 ? { entities: [null, special] } : {};
  return {
    schema: { refId, meta, fields: [time, number] },
    data: { values: [points.map(([at]) => Math.round(at)), values], ...entities },
  };
}

/** `30s`, `1m0s`, `500ms` */
function goDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${milliseconds}ms`;
  const seconds = milliseconds / 1000;
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  const rest = `${seconds % 60}s`;
  return hours > 0 ? `${hours}h${minutes}m${rest}` : minutes > 0 ? `${minutes}m${rest}` : rest;
}

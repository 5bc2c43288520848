import { isObject, textOf, type Json, type JsonObject } from "../../util/json.ts";
import { countOf } from "../../util/plural.ts";
import { parseDuration } from "../../util/duration.ts";
import { EXPRESSIONS, objectsOf } from "./rule.ts";
import { limitText } from "./limits.ts";

/**
 * Describes when a rule fires: `error rate is above 5% (0.05) for 2 minutes`; for a recording rule, what it records. The
 * quantity of a rule named "High …" or "Low …" comes from its title if that matches its threshold; otherwise it is the
 * metric, or the refId of the query.
 */
export function conditionText(rule: JsonObject): string {
  const { record } = rule;
  if (isObject(record)) return `records ${subjectOf(textOf(record["from"]), rule)} as ${textOf(record["metric"])}`;
  const wait = durationWords(textOf(rule["for"]));
  const paused = rule["isPaused"] === true ? ", but it is paused" : "";
  return `${firesWhen(rule)}${wait === "" ? ", at once" : ` for ${wait}`}${paused}`;
}

/** `fires when error rate is above 5% (0.05) for 2 minutes, to "pager", severity=critical` */
export function ruleText(rule: JsonObject): string {
  const labels = isObject(rule["labels"]) ? Object.entries(rule["labels"]) : [];
  const settings = rule["notification_settings"];
  const receiver = isObject(settings) ? textOf(settings["receiver"]) : "";
  return [
    isObject(rule["record"]) ? conditionText(rule) : `fires when ${conditionText(rule)}`,
    ...(receiver === "" ? [] : [`to "${receiver}"`]),
    ...labels.map(([name, value]) => `${name}=${textOf(value)}`),
  ].join(", ");
}

/** `evaluated every 1 minute`; empty without an interval. */
export function groupIntervalText(form: JsonObject | undefined): string {
  const seconds = form?.["interval"];
  return typeof seconds === "number" ? `evaluated every ${durationWords(`${seconds}s`)}` : "";
}

/** The interval and the number of rules, then a line for each rule. */
export function groupFacts(form: JsonObject): string[] {
  const rules = objectsOf(form["rules"]);
  const summary = [countOf(rules.length, "rule"), groupIntervalText(form)].filter(Boolean).join(", ");
  return [summary, ...rules.map((rule) => `"${textOf(rule["title"])}" ${ruleText(rule)}`)];
}

/** What happens without data and after an error: `without data it fires`. */
export function stateTexts(rule: JsonObject): string[] {
  if (isObject(rule["record"])) return [];
  const [data, error] = [textOf(rule["noDataState"]), textOf(rule["execErrState"])];
  return [
    ...(data === "" ? [] : [`without data ${NO_DATA[data] ?? data}`]),
    ...(error === "" ? [] : [`after an error ${ERROR[error] ?? error}`]),
  ];
}

const QUIET = { OK: "it does not fire", Ok: "it does not fire", KeepLast: "it keeps its state", Alerting: "it fires" };
const NO_DATA: Readonly<Record<string, string>> = { ...QUIET, NoData: "it sends a no-data alert" };
const ERROR: Readonly<Record<string, string>> = { ...QUIET, Error: "it sends an error alert" };

function firesWhen(rule: JsonObject): string {
  const name = textOf(rule["condition"]);
  const model = modelOf(name, rule);
  switch (isExpression(name, rule) ? model["type"] : undefined) {
    case "threshold": {
      const [condition] = objectsOf(model["conditions"]);
      const input = inputOf(model);
      const limit = condition?.["evaluator"];
      const until = condition?.["unloadEvaluator"];
      const number = numberOf(input, rule);
      const end = isObject(until) ? `, until it is ${limitText(until, number)}` : "";
      return `${quantityOf(rule, limit) ?? subjectOf(input, rule)} is ${limitText(limit, number)}${end}`;
    }
    case "classic_conditions":
      return objectsOf(model["conditions"])
        .map((one, index) => classicText(one, index, rule))
        .join(" ");
    default:
      return `${subjectOf(name, rule)} is not 0`;
  }
}

function classicText(condition: JsonObject, index: number, rule: JsonObject): string {
  const part = (key: string): JsonObject => (isObject(condition[key]) ? condition[key] : {});
  const params = part("query")["params"];
  const input = Array.isArray(params) ? textOf(params[0]) : "";
  const joined = index === 0 ? "" : `${textOf(part("operator")["type"]) || "and"} `;
  return `${joined}${textOf(part("reducer")["type"])} of ${subjectOf(input, rule)} is ${limitText(part("evaluator"), plain)}`;
}

/** The maximum length of a quantity in a sentence. */
const METRIC_ALONE = /^[a-zA-Z_:][\w:]*(\{[^{}]{0,30}\})?$/;

/** The subject of a query or expression: the name of a single metric, or else the refId. */
function subjectOf(name: string, rule: JsonObject, depth = 0): string {
  const model = modelOf(name, rule);
  const expr = textOf(model["expr"]);
  if (!isExpression(name, rule) || depth > 5) return METRIC_ALONE.test(expr) ? expr : `query ${name}`;
  switch (model["type"]) {
    case "reduce":
      return `${textOf(model["reducer"])} of ${subjectOf(inputOf(model), rule, depth + 1)}`;
    case "resample":
      return subjectOf(inputOf(model), rule, depth + 1);
    case "math":
      return textOf(model["expression"]);
    default:
      return `expression ${name}`;
  }
}

/** `error rate` for a rule named "High error rate" that fires above a threshold. */
function quantityOf(rule: JsonObject, limit: Json | undefined): string | undefined {
  const queries = objectsOf(rule["data"]).filter((query) => !EXPRESSIONS.has(textOf(query["datasourceUid"])));
  const type = isObject(limit) ? textOf(limit["type"]) : "";
  const [, way = "", what = ""] = /^(High|Low) (\S.*)$/i.exec(textOf(rule["title"]).trim()) ?? [];
  const fits = way.toLowerCase() === "high" ? type.startsWith("gt") : type.startsWith("lt");
  if (queries.length !== 1 || what === "" || !fits) return undefined;
  // Keeps words in capitals: CPU usage.
  return /^\p{Lu}\p{Ll}/u.test(what) ? what[0]!.toLowerCase() + what.slice(1) : what;
}

function inputOf({ expression }: JsonObject): string {
  return textOf(expression).replace(/^\$\{?|\}$/g, "");
}

function modelOf(name: string, rule: JsonObject): JsonObject {
  const model = queryOf(name, rule)?.["model"];
  return isObject(model) ? model : {};
}

function isExpression(name: string, rule: JsonObject): boolean {
  return EXPRESSIONS.has(textOf(queryOf(name, rule)?.["datasourceUid"]));
}

function queryOf(name: string, rule: JsonObject): JsonObject | undefined {
  return objectsOf(rule["data"]).find(({ refId }) => refId === name);
}

/** For shares, numbers below 1 are also shown in per cent. */
function numberOf(name: string, rule: JsonObject, depth = 0): (value: Json) => string {
  const model = modelOf(name, rule);
  if (isExpression(name, rule) && depth < 5) {
    const passes = model["type"] === "reduce" || model["type"] === "resample";
    return passes ? numberOf(inputOf(model), rule, depth + 1) : plain;
  }
  if (!isShare(textOf(model["expr"]))) return plain;
  return (value) =>
    typeof value === "number" && value > 0 && value < 1
      ? `${Number((value * 100).toPrecision(12))}% (${value})`
      : plain(value);
}

function plain(value: Json): string {
  return typeof value === "number" ? value.toLocaleString("en-US", { maximumFractionDigits: 12 }) : textOf(value);
}

const METRIC = /[a-zA-Z_:][\w:]*(?=\s*[{[])/g;

/** A quotient of the same metric, or of two metrics in the same unit. Averages are quotients of a sum and a count, too. */
function isShare(expr: string): boolean {
  // Values of `a and b` and `a unless b` are those of `a`.
  const [values = ""] = expr.replace(/"(?:[^"\\]|\\.)*"/g, '""').split(/\b(?:and|unless)\b/i);
  const parts = values.split("/");
  if (parts.length !== 2) return false;
  const [above, below] = parts.map((part) => [...new Set(part.match(METRIC))]);
  if (above?.length !== 1 || below?.length !== 1) return false;
  const [one = "", other = ""] = [above[0], below[0]];
  const unit = (metric: string) => /_(?:bytes|seconds)(?:_total)?$/.exec(metric)?.[0];
  return one === other || (unit(one) !== undefined && unit(one) === unit(other));
}

const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000],
] as const;

/** Converts `1h30m` to `1 hour 30 minutes`; empty for a zero duration. */
export function durationWords(text: string): string {
  let rest = text === "" ? 0 : parseDuration(text);
  if (rest === undefined) return text;
  const words: string[] = [];
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) words.push(`${count} ${unit}${count === 1 ? "" : "s"}`);
  }
  return words.join(" ");
}

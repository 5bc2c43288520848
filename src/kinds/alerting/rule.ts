import { isObject, toJson, withoutNulls, type Json, type JsonObject, textOf } from "../../util/json.ts";
import { canonicalDuration } from "../../util/duration.ts";
import { expressionInputs } from "../../util/expression-inputs.ts";

/** The datasource uids of Grafana's expressions. */
export const EXPRESSIONS = new Set(["__expr__", "-100"]);

/** The defaults that Grafana writes to each query's model, even in place of invalid numbers. */
const MODEL_DEFAULTS: JsonObject = { intervalMs: 1000, maxDataPoints: 43_200 };

/**
 * The canonical form of a rule in the notation of the provisioning API, for the code and for live rules. Omits fields that the
 * server sets (`id orgID updated provenance guid version`) and the group's own (`folderUID ruleGroup`).
 */
export function canonicalRule(rule: JsonObject): JsonObject {
  const form: JsonObject = { uid: rule["uid"] ?? "", title: rule["title"] ?? "" };
  form["data"] = objectsOf(rule["data"]).map(canonicalQuery);
  const record = rule["record"];
  if (isObject(record)) {
    // Grafana clears fields that have no meaning for a recording rule.
    const { target_datasource_uid: target, ...recorded } = record;
    // Grafana omits an empty target, which means the one of its configuration.
    form["record"] = withoutNulls(target ? { ...recorded, target_datasource_uid: target } : recorded);
  } else {
    form["condition"] = rule["condition"] ?? "";
    form["noDataState"] = rule["noDataState"] || "NoData";
    form["execErrState"] = rule["execErrState"] || "Error";
    for (const field of ["for", "keep_firing_for"]) {
      const duration = canonicalDuration(textOf(rule[field] ?? ""));
      if (duration !== "0s") form[field] = duration;
    }
    const evaluations = rule["missingSeriesEvalsToResolve"];
    if (typeof evaluations === "number") form["missingSeriesEvalsToResolve"] = evaluations;
    const settings = rule["notification_settings"];
    if (isObject(settings)) form["notification_settings"] = canonicalSettings(settings);
  }
  for (const field of ["labels", "annotations"]) {
    const entries = rule[field];
    if (isObject(entries) && Object.keys(entries).length > 0) form[field] = withoutNulls(entries);
  }
  if (rule["isPaused"] === true) form["isPaused"] = true;
  return form;
}

function canonicalQuery(query: JsonObject): JsonObject {
  const model = withoutNulls(isObject(query["model"]) ? query["model"] : {}) as JsonObject;
  for (const [key, value] of Object.entries(MODEL_DEFAULTS)) {
    const own = model[key];
    if (own === value || typeof own !== "number" || own === 0) delete model[key];
  }
  // Grafana overwrites the model's refId with the query's.
  delete model["refId"];
  // And the query's type with the model's.
  const queryType = model["queryType"] ?? query["queryType"];
  const range = isObject(query["relativeTimeRange"]) ? query["relativeTimeRange"] : {};
  return {
    refId: query["refId"] ?? "",
    datasourceUid: query["datasourceUid"] ?? "",
    ...(queryType ? { queryType } : {}),
    relativeTimeRange: { from: wholeSeconds(range["from"]), to: wholeSeconds(range["to"]) },
    model,
  };
}

/** Grafana truncates fractions. */
function wholeSeconds(value: Json | undefined): number {
  return typeof value === "number" ? Math.trunc(value) + 0 : 0;
}

function canonicalSettings(settings: JsonObject): JsonObject {
  const form = withoutNulls(settings) as JsonObject;
  for (const field of ["group_wait", "group_interval", "repeat_interval"]) {
    const value = form[field];
    if (typeof value === "string") form[field] = canonicalDuration(value);
  }
  for (const [key, value] of Object.entries(form)) if (Array.isArray(value) && value.length === 0) delete form[key];
  return form;
}

/** Converts a rule of the ruler's list to the notation of the provisioning API. */
export function fromRuler(node: JsonObject): JsonObject {
  const alert = isObject(node["grafana_alert"]) ? node["grafana_alert"] : {};
  return {
    uid: alert["uid"] ?? "",
    title: alert["title"] ?? "",
    condition: alert["condition"] ?? "",
    data: alert["data"] ?? [],
    noDataState: alert["no_data_state"] ?? "",
    execErrState: alert["exec_err_state"] ?? "",
    for: node["for"] ?? "",
    keep_firing_for: node["keep_firing_for"] ?? "",
    labels: node["labels"] ?? {},
    annotations: node["annotations"] ?? {},
    isPaused: alert["is_paused"] ?? false,
    notification_settings: alert["notification_settings"] ?? null,
    record: alert["record"] ?? null,
    missingSeriesEvalsToResolve: alert["missing_series_evals_to_resolve"] ?? null,
  };
}

export interface RuleFault {
  /** Default: an error. */
  readonly level?: "warning";
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
}

/** Faults of a rule that Grafana would accept, with their paths. */
export function ruleFaults(rule: JsonObject): RuleFault[] {
  const queries = objectsOf(rule["data"]);
  const names = queries.map((query) => textOf(query["refId"] ?? ""));
  const faults: RuleFault[] = [];
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) !== index)
      faults.push({ path: `data[${index}].refId`, message: `two queries have the refId ${name}` });
  }
  const record = isObject(rule["record"]) ? rule["record"] : undefined;
  const [wanted, path] = record ? [record["from"], "record.from"] : [rule["condition"], "condition"];
  if (typeof wanted === "string" && !names.includes(wanted)) {
    const known = names.length > 0 ? `its queries are ${names.join(", ")}` : "it has no queries";
    faults.push({ path, message: `refers to the query "${wanted}", which the rule does not have; ${known}` });
  }
  for (const [index, query] of queries.entries()) {
    const { from, to } = isObject(query["relativeTimeRange"]) ? query["relativeTimeRange"] : {};
    if (isExpression(query) || wholeSeconds(from) > wholeSeconds(to)) continue;
    const message =
      "the time range must begin before it ends, in whole seconds before now, such as { from: 600, to: 0 }";
    faults.push({ path: `data[${index}].relativeTimeRange`, message });
  }
  const uses = new Map(queries.map((query) => [textOf(query["refId"] ?? ""), inputsOf(query)]));
  for (const [index, query] of queries.entries()) {
    const name = textOf(query["refId"] ?? "");
    const unknown = (uses.get(name) ?? []).find((input) => !uses.has(input));
    if (unknown)
      faults.push({
        path: `data[${index}].model`,
        message: `the expression ${name} uses ${unknown}, which the rule does not have`,
      });
    const cycle = cycleFrom(name, uses);
    if (cycle)
      faults.push({
        path: `data[${index}].model`,
        message: `the expression ${name} uses itself: ${cycle.join(" → ")}`,
      });
  }
  return [...faults, ...classicFaults(queries)];
}

/** Grafana stores such a rule, but each evaluation fails. So it is only a warning: existing rules can be imported. */
function classicFaults(queries: readonly JsonObject[]): RuleFault[] {
  const byName = new Map(queries.map((query) => [textOf(query["refId"] ?? ""), query]));
  return queries.flatMap((query, index): RuleFault[] => {
    const name = textOf(query["refId"] ?? "");
    const classic = isClassic(query);
    const wrong = inputsOf(query).find((input) => {
      const used = byName.get(input);
      return used !== undefined && (classic ? isExpression(used) : isClassic(used));
    });
    if (wrong === undefined) return [];
    const message = classic
      ? `the classic conditions ${name} use the expression ${wrong}, so each evaluation of the rule fails`
      : `the expression ${name} uses the classic conditions ${wrong}, so each evaluation of the rule fails`;
    const hint = classic
      ? "Classic conditions can use only queries of datasources. Use reduce and threshold instead."
      : "Nothing can use the result of classic conditions. Use threshold instead.";
    return [{ level: "warning", path: `data[${index}].model`, message, hint }];
  });
}

function isClassic(query: JsonObject): boolean {
  return isExpression(query) && isObject(query["model"]) && query["model"]["type"] === "classic_conditions";
}

function isExpression({ datasourceUid: uid }: JsonObject): boolean {
  return typeof uid === "string" && EXPRESSIONS.has(uid);
}

/** The queries that an expression uses. */
function inputsOf(query: JsonObject): string[] {
  const model = isObject(query["model"]) ? query["model"] : {};
  return EXPRESSIONS.has(textOf(query["datasourceUid"] ?? "")) ? expressionInputs(model) : [];
}

/** The cycle from a name back to itself; undefined if there is none. */
function cycleFrom(name: string, uses: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const visit = (at: string, path: readonly string[]): string[] | undefined => {
    for (const next of uses.get(at) ?? []) {
      if (next === name) return [...path, next];
      const found = path.includes(next) ? undefined : visit(next, [...path, next]);
      if (found) return found;
    }
    return undefined;
  };
  return visit(name, [name]);
}

export function objectsOf(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** Converts any value of the code or the SDK to JSON. */
export function jsonObject(value: unknown): JsonObject {
  const json = toJson(value);
  return isObject(json) ? json : {};
}

import { whyMissing, type NoSource, type SourceContext, type SourceFacet } from "../../engine/source.ts";
import { call, evaluate, fromJson, listOf, objectOf, valueOf, type Expression } from "../../import/code/expression.ts";
import { equal, isObject, textOf, type JsonObject } from "../../util/json.ts";
import { canonicalRule, EXPRESSIONS, objectsOf } from "../alerting/rule.ts";
import { ruleGroup, type RuleQuery } from "./builder.ts";
import { observedForm } from "./canonical.ts";
import { alertRule, math, promql, reduce, threshold, type Limit, type Reducer } from "./expressions.ts";
import { limitExpression } from "./limits.ts";
import type { LiveGroup } from "./live.ts";
import { namedQuery, sourcesOf } from "./rules.ts";

export const source: SourceFacet<LiveGroup> = { directory: "alerts", write };

function write(live: LiveGroup, context: SourceContext): Expression | NoSource {
  const rules = objectsOf(observedForm(live)["rules"]);
  const missing = sourcesOf(rules).find((uid) => context.find("datasource", uid)?.id !== uid);
  if (missing !== undefined)
    return { left: `it uses the datasource "${missing}", ${whyMissing(context, "datasource")}` };
  const folder = context.refer("folder", live.parent);
  if (!folder) return { left: `it is in the folder "${live.parent}", ${whyMissing(context, "folder")}` };
  const receivers = rules.flatMap(({ notification_settings: settings }) =>
    isObject(settings) ? [textOf(settings["receiver"])] : [],
  );
  const unknown = receivers.find((name) => !context.find("contact-point", name));
  if (unknown !== undefined)
    return { left: `it notifies the contact point "${unknown}", ${whyMissing(context, "contact-point")}` };
  return call(
    context.own("ruleGroup", ruleGroup),
    objectOf({
      folder,
      title: valueOf(live.group),
      interval: valueOf(live.interval),
      rules: listOf(rules.map((rule) => ruleExpression(rule, context))),
    }),
  );
}

/** Grafana's defaults. */
const DEFAULTS: JsonObject = { noDataState: "NoData", execErrState: "Error" };

function ruleExpression(rule: JsonObject, context: SourceContext): Expression {
  const { uid, title, data, condition, notification_settings: settings, ...rest } = rule;
  const others = Object.entries(rest).filter(([key, value]) => !equal(value, DEFAULTS[key]));
  const names = { uid: valueOf(uid ?? ""), title: valueOf(title ?? "") };
  const more = {
    ...Object.fromEntries(others.map(([key, value]) => [key, fromJson(value)])),
    ...(isObject(settings) ? { notification_settings: settingsExpression(settings, context) } : {}),
  };
  const queries = objectsOf(data).map((query) => queryExpression(query, context));
  const simple = simpleCondition(objectsOf(data), textOf(condition), queries, context);
  if (simple) return call(context.own("alertRule", alertRule), objectOf({ ...names, ...simple, ...more }));
  return objectOf({
    ...names,
    data: listOf(queries),
    ...(condition === undefined ? {} : { condition: valueOf(condition) }),
    ...more,
  });
}

/** The query, the reducer and the limit of a rule that `alertRule` can make. */
function simpleCondition(
  data: readonly JsonObject[],
  condition: string,
  [query]: readonly Expression[],
  context: SourceContext,
): Readonly<Record<string, Expression>> | undefined {
  const models = data.map(({ model }) => (isObject(model) ? model : {}));
  const last = models.at(-1);
  const [limited] = objectsOf(last?.["conditions"]);
  const limit = limitExpression(limited, (name, value) => context.own(name, value));
  if (!query || !limit || data.length < 2 || data.length > 3) return undefined;
  const reducer = data.length === 2 ? false : textOf(models[1]?.["reducer"]);
  const parts = { query, ...(reducer === "last" ? {} : { reduce: valueOf(reducer) }), when: limit };
  const made = alertRule({
    title: "",
    query: evaluate(query) as RuleQuery,
    when: evaluate(limit) as Limit,
    reduce: reducer as Reducer | false,
  });
  const isSame = made.condition === condition && equal(made.data.map(canonicalQuery), [...data]);
  return isSame ? parts : undefined;
}

function settingsExpression(settings: JsonObject, context: SourceContext): Expression {
  const replaced = Object.entries(settings).map(([key, value]) => {
    const kind = key === "receiver" ? "contact-point" : key.endsWith("_time_intervals") ? "mute-timing" : undefined;
    const named = (name: unknown) => (kind && context.refer(kind, textOf(name))) ?? valueOf(textOf(name));
    return [
      key,
      Array.isArray(value) && kind ? listOf(value.map(named)) : kind ? named(value) : fromJson(value),
    ] as const;
  });
  return objectOf(Object.fromEntries(replaced));
}

/** The shortest of this package's functions that makes this query, or else an object. */
function queryExpression(query: JsonObject, context: SourceContext): Expression {
  const isQuery = (expression: Expression) => equal(canonicalQuery(evaluate(expression) as RuleQuery), query);
  return candidates(query, context).find(isQuery) ?? plainQuery(query, context);
}

/** As a rule is compared, with the fields of a rule that every query has. */
function canonicalQuery(query: RuleQuery): JsonObject {
  const [form = {}] = objectsOf(canonicalRule({ data: [namedQuery(query)] })["data"]);
  return form;
}

function candidates(query: JsonObject, context: SourceContext): Expression[] {
  const model = isObject(query["model"]) ? query["model"] : {};
  const [refId, type, input] = [query["refId"], model["type"], model["expression"]].map(textOf);
  const own = (name: string, value: unknown, ...args: (Expression | undefined)[]) => {
    const given = args.filter((one) => one !== undefined);
    return given.length === args.length ? [call(context.own(name, value), ...given)] : [];
  };
  const text = (value: string | undefined) => valueOf(value ?? "");
  if (EXPRESSIONS.has(textOf(query["datasourceUid"]))) {
    const [condition] = objectsOf(model["conditions"]);
    const limit = limitExpression(condition, (name, value) => context.own(name, value));
    if (type === "math") return own("math", math, text(input), text(refId));
    if (type === "reduce") {
      const reducer = textOf(model["reducer"]);
      const short = reducer === "last" ? own("reduce", reduce, text(input)) : [];
      return [
        ...short,
        ...own("reduce", reduce, text(input), text(reducer)),
        ...own("reduce", reduce, text(input), text(reducer), text(refId)),
      ];
    }
    if (type !== "threshold") return [];
    return [
      ...own("threshold", threshold, text(input), limit),
      ...own("threshold", threshold, text(input), limit, text(refId)),
    ];
  }
  const datasource = context.refer("datasource", textOf(query["datasourceUid"]));
  const options = {
    ...(refId === "A" ? {} : { refId: text(refId) }),
    ...(model["instant"] === true ? {} : { instant: valueOf(false) }),
    ...(equal(query["relativeTimeRange"], { from: 600, to: 0 })
      ? {}
      : { relativeTimeRange: fromJson(query["relativeTimeRange"] ?? {}) }),
  };
  const more = Object.keys(options).length > 0 ? [objectOf(options)] : [];
  return own("promql", promql, datasource, text(textOf(model["expr"])), ...more);
}

function plainQuery(query: JsonObject, context: SourceContext): Expression {
  const { refId, datasourceUid, relativeTimeRange, model, ...rest } = query;
  const isExpression = EXPRESSIONS.has(textOf(datasourceUid));
  return objectOf({
    refId: valueOf(refId ?? ""),
    datasource: isExpression ? undefined : context.refer("datasource", textOf(datasourceUid)),
    // Without it, an expression has the uid `__expr__`.
    datasourceUid: isExpression && datasourceUid !== "__expr__" ? valueOf(datasourceUid ?? "") : undefined,
    relativeTimeRange: equal(relativeTimeRange, { from: 0, to: 0 }) ? undefined : fromJson(relativeTimeRange ?? {}),
    ...Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, fromJson(value)])),
    model: fromJson(model ?? {}),
  });
}

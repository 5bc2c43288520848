import type { Linted, LintedQuery, LintedRule, LintedTemplate, LintFacet } from "../../engine/lint.ts";
import type { QueriedRule } from "../../engine/queried.ts";
import { isObject, textOf, type JsonObject } from "../../util/json.ts";
import { EXPRESSIONS, objectsOf } from "../alerting/rule.ts";
import { DEFAULT_TREE, TREE_LABEL } from "../alerting/routing-tree.ts";
import type { RuleGroup } from "./builder.ts";
import type { LiveGroup } from "./live.ts";
import { rulesOf } from "./rules.ts";

export const lint: LintFacet<RuleGroup, LiveGroup> = {
  linted: (desired) => linted(rulesOf(desired), desired.resource.interval),
  live: ({ rules, interval }) => linted(rules, interval),
  queried: (desired) => ({
    rules: rulesOf(desired).map((rule, index) => queriedRule(rule, `rules[${index}]`, desired.title)),
  }),
};

function linted(rules: readonly JsonObject[], interval: number): Linted {
  return {
    rules: rules.map((rule, index) => ruleOf(rule, `rules[${index}]`, interval)),
    templates: rules.flatMap((rule, index) => templatesOf(rule, `rules[${index}]`)),
  };
}

function queriedRule(rule: JsonObject, path: string, group: string): QueriedRule {
  return {
    path,
    uid: textOf(rule["uid"]),
    title: textOf(rule["title"]),
    alerts: !isObject(rule["record"]),
    group,
    paused: rule["isPaused"] === true,
    targets: objectsOf(rule["data"]).map(({ refId, datasourceUid, model: given, relativeTimeRange, queryType }, at) => {
      const model = isObject(given) ? given : {};
      const type = isObject(model["datasource"]) ? textOf(model["datasource"]["type"]) : "";
      const range = isObject(relativeTimeRange) ? relativeTimeRange : {};
      return {
        path: `${path}.data[${at}].model`,
        refId: textOf(refId),
        hidden: false,
        datasource: { uid: textOf(datasourceUid), ...(type === "" ? {} : { type }) },
        model: { ...(textOf(queryType) === "" ? {} : { queryType: textOf(queryType) }), ...model },
        from: Number(range["from"] ?? 0),
        to: Number(range["to"] ?? 0),
      };
    }),
  };
}

function ruleOf(rule: JsonObject, path: string, interval: number): LintedRule {
  const labels = textsIn(rule["labels"]);
  const pending = textOf(rule["for"]);
  const tree = labels[TREE_LABEL] ?? DEFAULT_TREE;
  return {
    path,
    title: textOf(rule["title"]),
    alerts: !isObject(rule["record"]),
    queries: objectsOf(rule["data"]).flatMap((query, index) => queryOf(query, `${path}.data[${index}].model`)),
    labels,
    annotations: textsIn(rule["annotations"]),
    interval,
    ...(pending === "" ? {} : { pending }),
    routedDirectly: isObject(rule["notification_settings"]),
    ...(tree === DEFAULT_TREE ? {} : { tree }),
    ranges: objectsOf(rule["data"]).flatMap(({ model }, index) => rangesIn(model, `${path}.data[${index}].model`)),
  };
}

function queryOf({ datasourceUid, model }: JsonObject, path: string): LintedQuery[] {
  const uid = textOf(datasourceUid);
  if (EXPRESSIONS.has(uid) || !isObject(model) || typeof model["expr"] !== "string") return [];
  const source = isObject(model["datasource"]) ? textOf(model["datasource"]["type"]) : "";
  const queryType = textOf(model["queryType"]);
  return [
    {
      path: `${path}.expr`,
      field: "expr",
      text: model["expr"],
      alone: true,
      datasource: { uid, ...(source === "" ? {} : { type: source }) },
      ...(queryType === "" ? {} : { queryType }),
      instant: model["instant"] === true,
      role: "rule",
      overTime: false,
    },
  ];
}

/** The ranges of thresholds and classic conditions. */
function rangesIn(model: JsonObject[string] | undefined, path: string): LintedRule["ranges"] {
  if (!isObject(model)) return [];
  return objectsOf(model["conditions"]).flatMap(({ evaluator }, index) => {
    if (!isObject(evaluator) || !/_range(?:_included)?$/.test(textOf(evaluator["type"]))) return [];
    const [from, to] = Array.isArray(evaluator["params"]) ? evaluator["params"] : [];
    if (typeof from !== "number" || typeof to !== "number") return [];
    return [{ path: `${path}.conditions[${index}].evaluator.params`, from, to }];
  });
}

function templatesOf(rule: JsonObject, path: string): LintedTemplate[] {
  return ["labels", "annotations"].flatMap((field) =>
    Object.entries(textsIn(rule[field])).map(([name, text]) => ({
      path: `${path}.${field}.${name}`,
      text,
      functions: "rule" as const,
      defines: [],
      mustBeUsed: false,
    })),
  );
}

function textsIn(value: JsonObject[string] | undefined): Readonly<Record<string, string>> {
  const entries = Object.entries(isObject(value) ? value : {});
  return Object.fromEntries(entries.map(([key, text]) => [key, textOf(text)]));
}

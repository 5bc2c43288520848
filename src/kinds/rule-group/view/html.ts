import { conditionText, groupIntervalText, stateTexts } from "../../alerting/condition.ts";
import { EXPRESSIONS, objectsOf } from "../../alerting/rule.ts";
import type { Difference } from "../../../engine/difference.ts";
import { isObject, textOf, type JsonObject } from "../../../util/json.ts";
import type { HtmlPage, ShownChange } from "../../../engine/view.ts";
import { changedText, differenceList } from "../../../report/html/differences.ts";
import { markup, shortened, type Markup } from "../../../util/markup.ts";
import type { Status } from "../../../report/html/status.ts";

/** The groups of each rule before and after. A rule that moves is neither added nor removed. */
interface RuleGroups {
  readonly before: ReadonlyMap<string, string>;
  readonly after: ReadonlyMap<string, string>;
}

export function page(changes: readonly ShownChange[]): HtmlPage {
  const groups = groupsOf(changes);
  return {
    draw(change) {
      const { before, after } = change.sides;
      return { about: groupIntervalText(after ?? before), content: ruleGroupMarkup(change, groups) };
    },
  };
}

function groupsOf(changes: readonly ShownChange[]): RuleGroups {
  const side = (which: "before" | "after") =>
    new Map(
      changes.flatMap(({ title, sides }) =>
        objectsOf(sides[which]?.["rules"]).map(({ uid }): [string, string] => [textOf(uid), title]),
      ),
    );
  return { before: side("before"), after: side("after") };
}

/** A rule group with a description of each changed rule's old and new condition. */
function ruleGroupMarkup({ differences, sides: { before, after } }: ShownChange, groups: RuleGroups): Markup {
  const [old, now] = [objectsOf(before?.["rules"]), objectsOf(after?.["rules"])];
  const was = new Map(old.map((rule) => [textOf(rule["uid"]), rule]));
  const is = new Map(now.map((rule) => [textOf(rule["uid"]), rule]));
  const all = [...now, ...old.filter(({ uid }) => !is.has(textOf(uid)))];
  const own = Map.groupBy(differences, ({ path }) => OF_RULE.exec(path)?.[1]);
  const rules = all.map((rule) => {
    const uid = textOf(rule["uid"]);
    return ruleMarkup({ uid, before: was.get(uid), after: is.get(uid), differences: own.get(uid) ?? [], groups });
  });
  const unchanged = rules.filter((rule) => rule === undefined).length;
  return markup`${differenceList(own.get(undefined) ?? [])}<ul class="rules">${rules}</ul>${
    unchanged > 0
      ? markup`<p class="rest">${unchanged} ${unchanged === 1 ? "rule" : "rules"} unchanged.</p>`
      : undefined
  }`;
}

const OF_RULE = /^rules\[uid=([^\]]*)\]/;

interface RuleChange {
  readonly uid: string;
  readonly before: JsonObject | undefined;
  readonly after: JsonObject | undefined;
  readonly differences: readonly Difference[];
  readonly groups: RuleGroups;
}

function ruleMarkup({ uid, before, after, differences, groups }: RuleChange): Markup | undefined {
  if (before && after && differences.length === 0) return undefined;
  const rule = after ?? before ?? {};
  const [from, to] = [before ? undefined : groups.before.get(uid), after ? undefined : groups.after.get(uid)];
  const status: Status = from || to ? "moved" : !before ? "added" : !after ? "removed" : "changed";
  const moved = from ? `comes from ${from}` : to ? `goes to ${to}` : "";
  const [was, is] = [before && conditionText(before), after && conditionText(after)];
  const severity = isObject(rule["labels"]) ? textOf(rule["labels"]["severity"]) : "";
  return markup`<li class="rule ${status}"><h4><span class="sign"></span>${textOf(rule["title"])} <small>${[
    severity,
    moved,
  ]
    .filter(Boolean)
    .join(" · ")}</small></h4><dl class="condition">${
    was !== undefined && is !== undefined && was !== is
      ? conditionChange(was, is)
      : markup`<div><dt>${before && !after ? "Fired when" : "Fires when"}</dt> <dd>${is ?? was}</dd></div>`
  }</dl>${before && after ? undefined : ruleFacts(rule)}${queriesMarkup(rule)}${
    before && after
      ? markup`<details${was === is ? markup` open` : undefined}><summary>${
          differences.length
        } ${differences.length === 1 ? "difference" : "differences"}</summary>${differenceList(differences, 1)}</details>`
      : undefined
  }</li>`;
}

function conditionChange(was: string, is: string): Markup {
  const change = changedText(was, is);
  return markup`<div class="change"><dt>Fires when</dt> <dd>${change}</dd></div>`;
}

/** Other effects of a rule that is added or removed. */
function ruleFacts(rule: JsonObject): Markup {
  const labels = isObject(rule["labels"]) ? Object.entries(rule["labels"]) : [];
  const texts = [...stateTexts(rule), ...labels.map(([name, value]) => `${name}=${textOf(value)}`)];
  return markup`<p class="facts">${texts.join(" · ")}</p>`;
}

function queriesMarkup(rule: JsonObject): Markup[] {
  return objectsOf(rule["data"]).flatMap(({ refId, datasourceUid, model }) => {
    if (EXPRESSIONS.has(textOf(datasourceUid)) || !isObject(model)) return [];
    const asked = ["expr", "query", "rawSql"].map((key) => model[key]).find((value) => typeof value === "string");
    return [
      markup`<code class="query"><i>${textOf(refId)}</i> ${shortened(textOf(asked) || JSON.stringify(model))}</code>`,
    ];
  });
}

import { objectsOf } from "../../alerting/rule.ts";
import { ROUTES } from "../../alerting/shapes.ts";
import { matched } from "../../../engine/match.ts";
import { equal, stableStringify, textOf, type JsonObject } from "../../../util/json.ts";
import type { HtmlPage, ShownChange } from "../../../engine/view.ts";
import { differenceList } from "../../../report/html/differences.ts";
import { markup, type Markup } from "../../../util/markup.ts";
import { bothSides } from "../../../report/html/sides.ts";
import type { Status } from "../../../report/html/status.ts";
import { matchedText, PROPERTIES } from "../facts.ts";

interface PolicyChange {
  status: Status;
  /** The properties of the policy that differ. */
  properties: readonly string[];
  /** `was the 3rd, is the 1st` */
  moved: string;
}

export function page(): HtmlPage {
  return { draw: (change) => ({ content: policyTreeMarkup(change) }) };
}

/** The notification policies as a tree, before and after, with added, changed, moved and removed policies. */
function policyTreeMarkup({ differences, sides: { before, after } }: ShownChange): Markup {
  const changes = new Map<JsonObject, PolicyChange>();
  if (before && after) compare(before, after, changes);
  else
    for (const policy of allPolicies(before ?? after))
      changes.set(policy, { status: before ? "removed" : "added", properties: [], moved: "" });
  findMoved(changes, before, after);
  const tree = (root: JsonObject | undefined) => root && markup`<ul class="tree">${policyMarkup(root, changes)}</ul>`;
  // The provenance is not part of any policy.
  const others = differences.filter(({ path }) => path === "provenance");
  return markup`${differenceList(others)}${bothSides(tree(before), tree(after))}`;
}

function compare(before: JsonObject, after: JsonObject, changes: Map<JsonObject, PolicyChange>): void {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const properties = keys.filter((key) => key !== "routes" && key !== "provenance" && !equal(before[key], after[key]));
  const change: PolicyChange = { status: properties.length > 0 ? "changed" : "same", properties, moved: "" };
  changes.set(before, change).set(after, change);
  const [old, now] = [objectsOf(before["routes"]), objectsOf(after["routes"])];
  const pairs = matched(old, now, ROUTES);
  const stays = inOrder(pairs.flatMap((pair) => (pair.before && pair.after ? [now.indexOf(pair.after)] : [])));
  for (const { before: was, after: is } of pairs) {
    if (!was || !is) {
      for (const policy of allPolicies(was ?? is))
        changes.set(policy, { status: was ? "removed" : "added", properties: [], moved: "" });
      continue;
    }
    compare(was, is, changes);
    const own = changes.get(is);
    if (!own || stays.has(now.indexOf(is))) continue;
    own.moved = `was the ${ordinal(old.indexOf(was))}, is the ${ordinal(now.indexOf(is))}`;
    if (own.status === "same") own.status = "moved";
  }
}

/** A policy that is removed in one place and added in another has moved. */
function findMoved(changes: Map<JsonObject, PolicyChange>, before?: JsonObject, after?: JsonObject): void {
  const come = Map.groupBy(
    allPolicies(after).filter((policy) => changes.get(policy)?.status === "added"),
    stableStringify,
  );
  for (const policy of allPolicies(before)) {
    if (changes.get(policy)?.status !== "removed") continue;
    const other = come.get(stableStringify(policy))?.shift();
    if (!other) continue;
    changes.set(policy, { status: "moved", properties: [], moved: "moves to another parent" });
    changes.set(other, { status: "moved", properties: [], moved: "moves from another parent" });
  }
}

function policyMarkup(
  policy: JsonObject,
  changes: ReadonlyMap<JsonObject, PolicyChange>,
  before: readonly JsonObject[] = [],
): Markup {
  const { status, properties, moved } = changes.get(policy) ?? { status: "same", properties: [], moved: "" };
  const { receiver } = policy;
  const who = matchedText(policy, before);
  const to = receiver === undefined ? "" : textOf(receiver);
  const mark = (key: string, text: string) =>
    properties.includes(key) ? markup`<mark>${text}</mark>` : markup`${text}`;
  const facts = PROPERTIES.flatMap(([key, text]) => (policy[key] === undefined ? [] : [mark(key, text(policy[key]))]));
  const gone = properties.filter((key) => policy[key] === undefined);
  const inner = objectsOf(policy["routes"]);
  return markup`<li><div class="policy ${status}"><span class="sign"></span>${mark("object_matchers", who)}${
    to === "" ? undefined : markup` <span class="to">${mark("receiver", to)}</span>`
  }${moved === "" ? undefined : markup` <em>${moved}</em>`}<small>${facts.map((fact, index) => markup`${index > 0 ? " · " : ""}${fact}`)}${
    gone.length > 0
      ? markup` <mark>without ${gone.map((key) => key.replaceAll("_", " ")).join(", ")}</mark>`
      : undefined
  }</small></div>${
    inner.length > 0
      ? markup`<ul>${inner.map((one, index) => policyMarkup(one, changes, inner.slice(0, index)))}</ul>`
      : undefined
  }</li>`;
}

function allPolicies(root: JsonObject | undefined): JsonObject[] {
  return root ? [root, ...objectsOf(root["routes"]).flatMap(allPolicies)] : [];
}

/** The longest increasing subsequence. The other items have moved. */
function inOrder(places: readonly number[]): Set<number> {
  const best: number[][] = [];
  for (const [index, place] of places.entries()) {
    const before = best.filter((_, other) => places[other]! < place).toSorted((a, b) => b.length - a.length)[0] ?? [];
    best[index] = [...before, place];
  }
  return new Set(best.toSorted((a, b) => b.length - a.length)[0]);
}

function ordinal(index: number): string {
  const number = index + 1;
  const ending = number % 100 >= 11 && number % 100 <= 13 ? "th" : (["th", "st", "nd", "rd"][number % 10] ?? "th");
  return `${number}${ending}`;
}

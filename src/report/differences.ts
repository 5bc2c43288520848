import type { Difference } from "../engine/difference.ts";
import { equal, isObject, textOf, type Json, type JsonObject } from "../util/json.ts";
import { HIDDEN } from "../secrets/secret.ts";
import type { Paint } from "./output.ts";
import { clean } from "../util/clean.ts";
import { changedText } from "./text-change.ts";

/** The maximum length of one value. Longer values are cut in the middle. */
const MAX_WIDTH = 72;
/** The maximum length of two values on one line. */
const MAX_PAIR_WIDTH = 60;
/** The maximum number of lines per resource. */
const MAX_LINES = 40;
/** The minimum number of panels with the same vertical move that share one line. */
const MIN_GROUP = 3;
/** The maximum number of names per line. */
const MAX_NAMES = 3;

/** A panel, query or variable with its differences. */
interface Part {
  readonly label: string;
  readonly parts: Part[];
  readonly differences: { readonly label: string; readonly difference: Difference }[];
}

/** Lists differences, nested below the panels, queries and other parts that contain them. */
export function differenceLines(differences: readonly Difference[], paint: Paint): string[] {
  const pushed = pushedTogether(differences);
  const single = differences.filter((one) => !pushed.some((group) => group.includes(one)));
  const root: Part = { label: "", parts: [], differences: [] };
  for (const difference of single) place(root, difference);
  const lines = [
    ...partLines(root, 0, paint),
    ...pushed.map((group) => `${indent(0)}${paint("yellow", "~")} ${pushedText(group)}`),
  ];
  if (lines.length <= MAX_LINES) return lines;
  return [...lines.slice(0, MAX_LINES), `${indent(0)}… and ${lines.length - MAX_LINES} more lines`];
}

function place(root: Part, difference: Difference): void {
  const labels = joinLabels(difference.labels);
  let part = root;
  for (const label of labels.slice(0, -1)) {
    let inner = part.parts.find((one) => one.label === label);
    if (!inner) part.parts.push((inner = { label, parts: [], differences: [] }));
    part = inner;
  }
  part.differences.push({ label: labels.at(-1) ?? "", difference });
}

/** Joins property names to one label, as in `gridPos.h`. Names of parts, such as a panel or a query, stay separate. */
export function joinLabels(labels: readonly string[]): string[] {
  const result: string[] = [];
  let open = false;
  for (const label of labels) {
    const isName = /[ "]/.test(label);
    if (!isName && open && result.length > 0) result[result.length - 1] += `.${label}`;
    else result.push(label);
    open = !isName;
  }
  return result;
}

function partLines({ differences, parts }: Part, depth: number, paint: Paint): string[] {
  const own = differences.flatMap(({ label, difference }) =>
    lineOf(clean(label), difference, depth, paint).map((line) => indent(depth) + line),
  );
  const inner = parts.flatMap((part) => {
    const [only] = part.differences;
    const statement = only && statementOf(only.difference, depth + 1);
    // A single statement about a part fits on the line of the part.
    if (statement !== undefined && part.differences.length === 1 && part.parts.length === 0)
      return [`${indent(depth)}${paint("yellow", "~")} ${clean(part.label)} ${clean(statement)}`];
    return [`${indent(depth)}${clean(part.label)}`, ...partLines(part, depth + 1, paint)];
  });
  return [...own, ...inner];
}

function indent(depth: number): string {
  return " ".repeat(6 + 2 * depth);
}

/** The lines of one difference. All lines after the first are indented. */
function lineOf(label: string, difference: Difference, depth: number, paint: Paint): string[] {
  const statement = statementOf(difference, depth);
  if (statement !== undefined) return [`${paint("yellow", "~")} ${clean(statement)}`];
  const { type, before, after, shown } = difference;
  if (type === "added") return [`${paint("green", "+")} ${label}${describe(label, after, shown?.after)}`];
  if (type === "removed") return [`${paint("red", "-")} ${label}${describe(label, before, shown?.before)}`];
  const head = `${paint("yellow", "~")} ${label}`;
  if (isMaskedChange(difference)) return [`${head}: ${clean(shown?.after ?? unquoted(after))}, value changed`];
  if (shown) return sides(head, clean(shown.before ?? ""), clean(shown.after ?? ""), paint);
  const list = listText(before, after);
  if (list !== undefined) return [`${head}${list}`];
  const texts = typeof before === "string" && typeof after === "string";
  if (texts && (before.includes("\n") || after.includes("\n") || before.length + after.length > MAX_PAIR_WIDTH))
    return [`${head}:`, ...changedText(before, after, paint).map((line) => `    ${line}`)];
  return sides(head, valueText(before), valueText(after), paint);
}

/** Whether both values are shown the same, because they differ only in a secret. */
export function isMaskedChange({ type, before, after, shown }: Difference): boolean {
  if (type !== "changed") return false;
  return shown ? shown.before === shown.after && equal(before, after) : equal(before, after);
}

function unquoted(value: Json | undefined): string {
  return typeof value === "string" && value === HIDDEN ? value : valueText(value);
}

function sides(head: string, before: string, after: string, paint: Paint): string[] {
  if (before.length + after.length <= MAX_PAIR_WIDTH) return [`${head}: ${before} → ${after}`];
  return [`${head}:`, `    ${paint("red", `- ${before}`)}`, `    ${paint("green", `+ ${after}`)}`];
}

/** A statement about a difference that has a meaning. `depth` 0: the statement is about the resource. */
export function statementOf({ meaning, before, after, shown, labels }: Difference, depth: number): string | undefined {
  switch (meaning) {
    case "renamed":
      return depth === 0 ? `renamed from "${textOf(before)}" to "${textOf(after)}"` : `renamed to "${textOf(after)}"`;
    case "moved":
    case "resized":
    case "moved and resized":
      return isObject(before) && isObject(after)
        ? movementText(before, after)
        : `moved from ${shown?.before ?? textOf(before)} to ${shown?.after ?? textOf(after)}`;
    case "migrated":
      if (shown) return `lost its options when Grafana's UI saved it before it was migrated`;
      return before === after
        ? `was migrated by Grafana's UI to the newer options of ${textOf(before)}`
        : `was migrated by Grafana's UI from ${textOf(after)} to ${textOf(before)}`;
    case "reordered": {
      const list = labels.at(-2) ?? "";
      return `${list} reordered: ${namesText(before)} → ${namesText(after)}`;
    }
    default:
      return undefined;
  }
}

function movementText(before: JsonObject, after: JsonObject): string {
  const at = ({ x, y }: JsonObject) => `x ${textOf(x)}, y ${textOf(y)}`;
  const size = ({ w, h }: JsonObject) => `${textOf(w)} × ${textOf(h)}`;
  const moved = at(before) === at(after) ? [] : [`moved from ${at(before)} to ${at(after)}`];
  const resized = size(before) === size(after) ? [] : [`resized from ${size(before)} to ${size(after)}`];
  return [...moved, ...resized].join(", ");
}

function namesText(names: Json | undefined): string {
  const list = Array.isArray(names) ? names.map(textOf) : [];
  return list.length > 8 ? `${list.slice(0, 7).join(", ")} and ${list.length - 7} more` : list.join(", ");
}

/** Groups panels that moved vertically by the same amount, as the panels below a new one do. */
export function pushedTogether(differences: readonly Difference[]): Difference[][] {
  const groups = new Map<number, Difference[]>();
  for (const one of differences) {
    const [was, is] = [one.before, one.after];
    if (one.meaning !== "moved" || !isVertical(one) || !isObject(was) || !isObject(is)) continue;
    const by = Number(is["y"]) - Number(was["y"]);
    groups.set(by, [...(groups.get(by) ?? []), one]);
  }
  return [...groups.values()].filter((group) => group.length >= MIN_GROUP);
}

/**
 * The number of differences that the author made. Panels that only moved up or down, because another one was added, removed or
 * resized, are not counted; panels that moved together count once.
 */
export function countDifferences(differences: readonly Difference[]): number {
  const pushed = differences.filter((one) => one.meaning === "moved" && isVertical(one));
  const others = differences.filter((one) => !pushed.includes(one));
  if (others.some((one) => isWholePart(one) || one.meaning?.includes("resized"))) return others.length;
  const groups = pushedTogether(pushed);
  return others.length + groups.length + pushed.length - groups.flat().length;
}

/** Whether it adds or removes a part of the object, such as a panel. */
function isWholePart({ type, path, labels }: Difference): boolean {
  return type !== "changed" && labels.length === 1 && path.endsWith("]");
}

function isVertical({ before, after }: Difference): boolean {
  return isObject(before) && isObject(after) && "y" in after && before["x"] === after["x"];
}

export function pushedText(group: readonly Difference[]): string {
  const [first] = group;
  const [was, is] = [first?.before, first?.after];
  const by = isObject(was) && isObject(is) ? Number(is["y"]) - Number(was["y"]) : 0;
  const names = group.slice(0, MAX_NAMES).map(({ labels }) => clean(labels[0] ?? "").replace(/^(panel|row) /, ""));
  const more = group.length > MAX_NAMES ? ` and ${group.length - MAX_NAMES} more` : "";
  const what = group.every(({ labels }) => labels[0]?.startsWith("row ")) ? "rows" : "panels";
  return `${group.length} ${what} moved ${by > 0 ? "down" : "up"} by ${Math.abs(by)}: ${names.join(", ")}${more}`;
}

/** Summarizes a whole panel or query by its type and expression. */
function describe(label: string, value: Json | undefined, shown: string | undefined): string {
  if (shown !== undefined) return `: ${clean(shown)}`;
  if (!isObject(value) || !/[ "]/.test(label)) return `: ${valueText(value)}`;
  const inner = Array.isArray(value["panels"]) ? value["panels"].length : 0;
  const type = typeof value["type"] === "string" && value["type"] !== "row" ? ` (${clean(value["type"])})` : "";
  const panels = inner > 0 ? ` with ${inner} ${inner === 1 ? "panel" : "panels"}` : "";
  const asks = ["expr", "expression", "rawSql", "query"]
    .map((key) => value[key])
    .find((one) => typeof one === "string");
  const receiver = typeof value["receiver"] === "string" ? ` to "${clean(value["receiver"])}"` : "";
  return `${type}${panels}${receiver}${asks ? `: ${cut(clean(textOf(asks)))}` : ""}`;
}

/** The items added to and removed from a list of primitive values. */
function listText(before: Json | undefined, after: Json | undefined): string | undefined {
  if (!Array.isArray(before) || !Array.isArray(after)) return undefined;
  if ([...before, ...after].some((item) => typeof item === "object")) return undefined;
  const come = after.filter((item) => !before.includes(item)).map((item) => `+ ${valueText(item)}`);
  const gone = before.filter((item) => !after.includes(item)).map((item) => `- ${valueText(item)}`);
  const text = [...come, ...gone].join(", ");
  return text === "" || text.length > MAX_WIDTH + MAX_PAIR_WIDTH ? undefined : `: ${text}`;
}

function valueText(value: Json | undefined): string {
  return cut(clean(JSON.stringify(value ?? null)));
}

function cut(text: string): string {
  return text.length > MAX_WIDTH ? `${text.slice(0, MAX_WIDTH - 20)}…${text.slice(-19)}` : text;
}

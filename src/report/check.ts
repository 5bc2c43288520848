import { isFinding, type CheckFinding } from "../check/findings.ts";
import type { CheckedItem, Range } from "../check/model.ts";
import { seriesOf, timeOf } from "../check/state.ts";
import { clean, cleanLines } from "../util/clean.ts";
import { countOf, listed } from "../util/plural.ts";
import { painter, type Output } from "./output.ts";
import { tableText } from "./table.ts";

/** The page about `check`. */
const PAGE = "docs/check.md";

/** How many of the slowest and widest panels are listed. */
const MOST = 5;

export interface CheckReportInput {
  readonly items: readonly CheckedItem[];
  readonly findings: readonly CheckFinding[];
  /** Queries that have data only because of `or`. */
  readonly notes: readonly CheckFinding[];
  readonly interrupted: boolean;
  readonly range: Range;
  /** `Grafana 12.4.0 at https://…`, or the URLs of the datasources. */
  readonly description: string;
}

/** Equal causes together, then the slowest and the widest, and a summary. */
export function checkText(
  { items, findings, notes, interrupted, range, description }: CheckReportInput,
  output: Output,
): string {
  const paint = painter(output);
  const time = `${isoMinutes(range.from)} to ${isoMinutes(range.to)}`;
  const parts = [
    `${clean(description)}, ${time}\n`,
    causesText([...findings, ...notes], output),
    output.verbose === true ? allText(items, output) : "",
    listText(
      "Slowest",
      top(items, timeOf).map((item) => [durationText(timeOf(item)), nameOf(item)]),
      output,
    ),
    listText(
      "Widest",
      top(items, seriesOf).map((item) => [`${seriesOf(item)} series`, nameOf(item)]),
      output,
    ),
    `${interrupted ? `${paint("yellow", "Interrupted:")} not everything was checked.\n` : ""}${summary(items, interrupted)}`,
  ];
  return parts.filter((part) => part !== "").join("\n");
}

const SIGNS = {
  error: ["red", "error"],
  "no-data": ["yellow", "no data"],
  data: ["cyan", "note"],
  skipped: ["dim", "skipped"],
} as const;

function causesText(findings: readonly CheckFinding[], output: Output): string {
  const paint = painter(output);
  const groups = Map.groupBy(findings, ({ query: { state, cause } }) =>
    JSON.stringify([state, cause?.code, cause?.message, cause?.suggestion]),
  );
  const sorted = [...groups.values()].toSorted((a, b) => rankOf(a) - rankOf(b));
  return sorted
    .map((group) => {
      const [first] = group;
      const { cause, text, state } = first?.query ?? {};
      const [color, word] = SIGNS[state ?? "no-data"];
      const sign = paint(color, word);
      const hint = cause?.suggestion === undefined ? "" : ` Did you mean ${cleanLines(cause.suggestion)}?`;
      const message = sentence(cleanLines(cause?.message ?? ""));
      const code = paint("dim", `(${cause?.code ?? ""})`);
      const users = [...new Map(group.map((one) => [placeText(one), one])).keys()];
      const query = text === undefined ? [] : [`        ${paint("dim", clean(shortened(text)))}`];
      return (
        [`${sign} ${message}${hint} ${code}`, ...users.map((user) => `        ${user}`), ...query].join("\n") + "\n"
      );
    })
    .join("");
}

/** Errors first, and queries with data last. */
function rankOf([first]: readonly CheckFinding[]): number {
  return ["error", "no-data", "data"].indexOf(first?.query.state ?? "");
}

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

const MAX_TEXT = 160;

function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length > MAX_TEXT ? `${line.slice(0, MAX_TEXT)}…` : line;
}

/** `dashboard/shop "Errors", query A (resources/shop.ts:9:72)` */
function placeText({ item, query, place }: CheckFinding): string {
  const file = place ? ` (${place.file}:${place.line}:${place.column})` : "";
  const which = item.queries.length > 1 ? `, query ${query.refId}` : "";
  return clean(`${nameOf(item)}${which}${file}`);
}

function nameOf({ address, title, role, repeated }: CheckedItem): string {
  const what =
    role === "variable" ? `variable ${title}` : role === "annotation" ? `annotation "${title}"` : `"${title}"`;
  return clean(`${address} ${what}${repeated === undefined ? "" : ` (${repeated})`}`);
}

function allText(items: readonly CheckedItem[], output: Output): string {
  const paint = painter(output);
  const colors = { data: "green", "no-data": "yellow", error: "red", skipped: "dim" } as const;
  const rows = items.map((item) => {
    const [first] = item.queries.flatMap(({ cause }) => (cause ? [cause.message] : []));
    return [
      paint(colors[item.state], item.state === "no-data" ? "no data" : item.state),
      `${seriesOf(item)}`,
      durationText(timeOf(item)),
      nameOf(item),
      item.state === "data" || first === undefined ? "" : clean(shortened(first)),
    ];
  });
  const head = ["RESULT", "SERIES", "TIME", "QUERY", ""].map((title) => paint("bold", title));
  return rows.length > 0 ? tableText([head, ...rows]) : "";
}

function listText(title: string, rows: readonly (readonly string[])[], output: Output): string {
  return rows.length === 0 ? "" : `${painter(output)("bold", title)}\n${tableText(rows)}`;
}

function top(items: readonly CheckedItem[], size: (item: CheckedItem) => number): readonly CheckedItem[] {
  return items
    .filter((item) => size(item) > 0)
    .toSorted((a, b) => size(b) - size(a))
    .slice(0, MOST);
}

function durationText(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

function isoMinutes(milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 16).replace("T", " ") + " UTC";
}

const NOUNS = { panel: "panel", variable: "variable", annotation: "annotation", rule: "rule" } as const;

function summary(items: readonly CheckedItem[], interrupted: boolean): string {
  if (items.length === 0) return interrupted ? "" : "No queries found.\n";
  const counts = Object.entries(NOUNS).flatMap(([role, noun]) => {
    const count = items.filter((item) => item.role === role).length;
    return count > 0 ? [countOf(count, noun)] : [];
  });
  const count = (matches: (item: CheckedItem) => boolean) => items.filter(matches).length;
  const empty = count((item) => item.state === "no-data" && item.queries.some(isFinding));
  const expected = count((item) => item.state === "no-data" && !item.queries.some(isFinding));
  const [errors, skipped] = [count(({ state }) => state === "error"), count(({ state }) => state === "skipped")];
  const parts = [
    `${count(({ state }) => state === "data")} with data`,
    ...(empty > 0 ? [`${empty} without data`] : []),
    ...(expected > 0 ? [`${expected} empty as expected`] : []),
    ...(errors > 0 ? [`${errors} with ${errors === 1 ? "an error" : "errors"}`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ];
  const page = empty + errors > 0 ? ` The causes are described in ${PAGE}.` : "";
  return `Checked ${listed(counts)}: ${parts.join(", ")}.${page}\n`;
}

import type { SyntaxNode } from "@lezer/common";
import { parseLogql, matchersIn } from "../lint/logql.ts";
import { around, childrenOf, writtenText, type Parsed } from "../lint/syntax.ts";
import { parseDuration } from "../util/duration.ts";
import { similar } from "../util/similar.ts";
import type { LokiFacts } from "./loki-facts.ts";
import { culpritOf, matcherText, nearValue, satisfies, type Matching } from "./matcher-cause.ts";
import type { Cause, Range } from "./model.ts";
import { isoTime } from "./time.ts";

const FILTERS =
  /^(?:LineFilter|LabelFilter|Decolorize|LabelParser|LogfmtParser|JsonExpressionParser|LogfmtExpressionParser|LabelFormatExpr)$/;
const COMPARISONS = /^(?:And|Unless|Eql|Neq|Gtr|Gte|Lss|Lte)$/;

/** Says why a query of logs has no result. `isInstant`: only the end of the range is evaluated. */
export async function logqlCause(expression: string, isInstant: boolean, facts: LokiFacts): Promise<Cause | undefined> {
  const query = parseLogql(expression);
  if (query.error) return undefined;
  if (query.nodes.some(({ name }) => name === "AbsentOverTime"))
    return { code: "present", expected: true, message: "absent_over_time() has no result because the streams exist" };
  const selectors = query.nodes.filter(({ name }) => name === "Selector");
  for (const selector of selectors) {
    const text = writtenText(query, selector);
    const window = windowOf(query, selector, isInstant, facts.range);
    if (!(await facts.newest(text, window)))
      return (await quietCause(text, window, facts)) ?? (await streamCause(text, matchersIn(query, selector), facts));
    const unwrapped = await unwrapCause(query, selector, window, facts);
    if (unwrapped) return unwrapped;
  }
  if (selectors.length === 0) return undefined;
  const has = (pattern: RegExp) => query.nodes.some(({ name }) => pattern.test(name));
  const operators = query.nodes.filter(({ name }) => name === "BinOpExpr");
  const isCompared = operators.some((node) => childrenOf(node).some(({ name }) => COMPARISONS.test(name)));
  if (has(FILTERS)) return filtered("the streams have lines in this range, but none satisfies the filters");
  if (isCompared) return filtered("no value satisfies the comparison");
  if (operators.length === 0) return undefined;
  return {
    code: "labels-unequal",
    expected: false,
    message: `the two sides have no series with the same labels: ${expression}`,
  };
}

function filtered(message: string): Cause {
  return { code: "filtered", expected: true, message };
}

/** The range in which the lines of a selector are read. */
function windowOf(query: Parsed, selector: SyntaxNode, isInstant: boolean, { from, to }: Range): Range {
  const range = around(selector).find(({ name }) => name === "LogRangeExpr");
  const durationIn = (name: string): number => {
    const node = range?.getChild(name);
    const text = node
      ? writtenText(query, node)
          .replaceAll(/^\[|\]$|^offset/g, "")
          .trim()
      : "";
    const sign = text.startsWith("-") ? -1 : 1;
    return sign * (parseDuration(text.replace(/^-\s*/, "")) ?? 0);
  };
  const offset = durationIn("OffsetExpr");
  return { from: (isInstant ? to : from) - durationIn("Range") - offset, to: to - offset };
}

/** The streams exist, but had no lines in the range. Undefined: they never existed. */
async function quietCause(text: string, window: Range, facts: LokiFacts): Promise<Cause | undefined> {
  if ((await facts.streams(text)).length === 0) return undefined;
  const last = await facts.newestBefore(text, window.to);
  if (last && last.time >= facts.range.from) return filtered(`the streams were quiet since ${timeOf(last.time)}`);
  const lastSeen = last === undefined ? {} : { lastSeen: timeOf(last.time) };
  const since = last === undefined ? "" : `; the last line was written at ${timeOf(last.time)}`;
  return {
    code: "stream-quiet",
    expected: false,
    message: `the streams ${text} had no lines in this range${since}`,
    ...lastSeen,
  };
}

function timeOf(milliseconds: number): string {
  return isoTime(Math.floor(milliseconds / 1000));
}

/** Why `unwrap` finds no number in the lines that its pipeline returns. Undefined: it does, or the pipeline returns none. */
async function unwrapCause(
  query: Parsed,
  selector: SyntaxNode,
  window: Range,
  facts: LokiFacts,
): Promise<Cause | undefined> {
  const range = around(selector).find(({ name }) => name === "LogRangeExpr");
  const unwrap = range ? outermost(range, "UnwrapExpr") : undefined;
  const identifier = unwrap ? query.nodes.findLast((node) => isLabelOf(node, unwrap)) : undefined;
  if (!range || !unwrap || !identifier || (range.getChild("Range")?.from ?? 0) < unwrap.from) return undefined;
  const label = writtenText(query, identifier);
  const pipeline = writtenText(query, { from: selector.from, to: unwrap.from });
  const line = await facts.newest(pipeline, window);
  if (!line) return undefined;
  if (!(await facts.newest(`${pipeline} | ${label}!=""`, window))) {
    const suggestion = similar(label, Object.keys(line.labels));
    return {
      code: "label-missing",
      expected: false,
      label,
      message: `no line has the label ${label}, which unwrap reads`,
      ...near(suggestion),
    };
  }
  const after = writtenText(query, { from: identifier.to, to: unwrap.to }).replaceAll(
    /\|\s*__error__\s*=\s*(?:""|``)/g,
    "",
  );
  if (/\|/.test(after)) return undefined;
  return {
    code: "unwrap-invalid",
    expected: false,
    label,
    message: `unwrap can't convert the values of the label ${label} to numbers`,
  };
}

/** The label in `unwrap label` or `unwrap duration(label)`, not one of the filters after it. */
function isLabelOf(node: SyntaxNode, unwrap: SyntaxNode): boolean {
  return (
    node.name === "Identifier" && node.parent?.name === "UnwrapExpr" && unwrap.from <= node.from && node.to <= unwrap.to
  );
}

function outermost(node: SyntaxNode, name: string): SyntaxNode | undefined {
  for (const child of childrenOf(node)) {
    const found = child.name === name ? child : outermost(child, name);
    if (found) return found;
  }
  return undefined;
}

async function streamCause(text: string, matchers: readonly Matching[], facts: LokiFacts): Promise<Cause> {
  for (const matcher of matchers) {
    const { label, value } = matcher;
    const labels = await facts.labels();
    if (!labels.includes(label)) {
      if (satisfies(matcher, "")) continue;
      const suggestion = similar(label, labels);
      const message = `no stream has the label ${label}, in this range or in the 7 days before`;
      return { code: "label-missing", expected: false, label, message, ...near(suggestion) };
    }
    const values = await facts.values(label);
    const culprit = culpritOf(
      [matcher],
      [...values, ""].map((one) => ({ [label]: one })),
    );
    if (!culprit) continue;
    const message = `no stream has ${matcherText(matcher)}, in this range or in the 7 days before`;
    return { code: "label-value-missing", expected: false, label, value, message, ...near(nearValue(matcher, values)) };
  }
  return { code: "combination-missing", expected: false, message: `no stream matches ${text}` };
}

function near(suggestion: string | undefined): Pick<Cause, "suggestion"> {
  return suggestion === undefined ? {} : { suggestion };
}

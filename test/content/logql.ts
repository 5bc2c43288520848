import { parser } from "@grafana/lezer-logql";
import type { SyntaxNode } from "@lezer/common";
import { withValues } from "./variables.ts";

interface Matcher {
  readonly label: string;
  readonly operator: string;
  readonly value: string;
}

/** The parts of an expression, parsed with the grammar of Grafana's editor. */
export interface Logql {
  readonly errors: readonly string[];
  /** Whether it counts lines or returns them. */
  readonly counts: boolean;
  /** Label matchers of the stream selectors. */
  readonly streams: readonly Matcher[];
  /** Labels that aggregations keep. */
  readonly groupings: readonly string[];
  /** Labels that the pipeline creates. */
  readonly made: readonly string[];
  /** Labels in label filters. */
  readonly filtered: readonly string[];
}

export function readLogql(given: string): Logql {
  const expr = withValues(given);
  const tree = parser.parse(expr);
  const text = ({ from, to }: SyntaxNode) => expr.slice(from, to);
  const named = (name: string) => descendants(tree.topNode).filter((node) => node.name === name);
  const matcher = (node: SyntaxNode): Matcher => ({
    label: text(node.firstChild ?? node),
    operator: text(node.firstChild?.nextSibling ?? node),
    value: unquoted(text(node.lastChild ?? node)),
  });
  const groups = named("LabelParser").flatMap((node) =>
    [...text(node).matchAll(/\(\?P<(\w+)>/g)].map(([, name]) => name ?? ""),
  );
  const formatted = named("LabelFormatMatcher").map((node) => text(node.firstChild ?? node));
  return {
    errors: named("⚠").map((node) => `${text(node) || "nothing"} at ${node.from} of ${expr}`),
    counts: named("MetricExpr").length > 0,
    streams: named("Selector").flatMap((node) => descendants(node, "Matcher").map(matcher)),
    groupings: named("Grouping").flatMap((node) => descendants(node, "Identifier").map(text)),
    made: [...groups, ...formatted],
    filtered: named("LabelFilter").flatMap((node) => descendants(node, "Matcher").map((one) => matcher(one).label)),
  };
}

/**
 * The labels that the first pipeline of an expression gives to a line, as in Loki; undefined if it drops the line.
 * Empty values of variables match everything. Supports the stages that the dashboards use, and throws for others.
 */
export function readLine(
  given: string,
  line: string,
  stream: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> | undefined {
  const expr = given.replace(/\$(?:source|container|level|method)\b/g, ".*").replace(/\$(?:trace|search)\b/g, "");
  // Only durations are left.
  const tree = parser.parse(withValues(expr));
  const text = ({ from, to }: SyntaxNode) => withValues(expr).slice(from, to);
  const [pipeline] = descendants(tree.topNode, "PipelineExpr");
  const [selector] = descendants(tree.topNode, "Selector");
  if (!pipeline || !selector) throw new Error(`there is no pipeline in ${given}`);
  let labels: Record<string, string> = { ...stream };

  const holds = (node: SyntaxNode): boolean => {
    const [label, operator, value] = [node.firstChild, node.firstChild?.nextSibling, node.lastChild];
    if (!label || !operator || !value) throw new Error(`what is ${text(node)}?`);
    const actual = labels[text(label)] ?? "";
    const wanted = unquoted(text(value));
    const equal = text(operator).endsWith("~") ? goRegExp(`^(?:${wanted})$`).test(actual) : actual === wanted;
    return text(operator).startsWith("!") ? !equal : equal;
  };
  if (!descendants(selector, "Matcher").every(holds)) return undefined;

  for (const stage of descendants(pipeline, "PipelineStage")) {
    const node = stage.lastChild ?? stage;
    if (node.name === "LineFilters") {
      for (const filter of descendants(stage, "LineFilter")) {
        const [operator, value] = [text(filter.firstChild ?? filter), unquoted(text(filter.lastChild ?? filter))];
        const found = operator.endsWith("~") ? goRegExp(value).test(line) : line.includes(value);
        if (operator.startsWith("!") === found) return undefined;
      }
    } else if (node.name === "LabelParser") {
      if (!text(node).startsWith("regexp")) throw new Error(`the stage ${text(node)} is not known here`);
      labels = { ...labels, ...goRegExp(unquoted(text(node.lastChild ?? node))).exec(line)?.groups };
    } else if (node.name === "LabelFormatExpr") {
      for (const one of descendants(node, "LabelFormatMatcher")) {
        labels[text(one.firstChild ?? one)] = filled(unquoted(text(one.lastChild ?? one)), labels);
      }
    } else if (node.name === "DropLabelsExpr") {
      for (const one of descendants(node, "Identifier")) delete labels[text(one)];
    } else if (node.name === "LabelFilter") {
      if (!descendants(node, "Matcher").every(holds)) return undefined;
    } else throw new Error(`the stage ${text(stage)} is not known here`);
  }
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== undefined));
}

/** Converts Go's regular expressions to JavaScript's: named groups and flags have a different syntax. */
export function goRegExp(expression: string): RegExp {
  const flags = expression.includes("(?i)") ? "i" : "";
  return new RegExp(expression.replaceAll("(?i)", "").replaceAll("(?P<", "(?<"), flags);
}

/**
 * Evaluates a Go template with the functions that the dashboards use: `or`, `lower`, `replace`, `trunc`, and one `if`.
 */
function filled(template: string, labels: Readonly<Record<string, string | undefined>>): string {
  const chosen = template.replace(
    /\{\{ if \.(\w+) \}\}(.*?)\{\{ else \}\}(.*?)\{\{ end \}\}/g,
    (_all, label: string, yes: string, no: string) => (labels[label] ? yes : no),
  );
  return chosen.replace(/\{\{ (.*?) \}\}/g, (_all, pipe: string) => {
    let last: string | undefined;
    for (const call of pipe.split(" | ")) {
      const words = [...call.matchAll(/"([^"]*)"|\.(\w+)|(\S+)/g)];
      const values = words.map(([, literal, label, word]) => literal ?? (label ? (labels[label] ?? "") : (word ?? "")));
      const isCall = words[0]?.[3] !== undefined;
      const given = [...values.slice(isCall ? 1 : 0), ...(last === undefined ? [] : [last])];
      last = isCall ? templateFunction(values[0] ?? "", given) : given[0];
    }
    return last ?? "";
  });
}

function templateFunction(name: string, [a = "", b = "", c = "", ...rest]: readonly string[]): string {
  if (name === "or") return [a, b, c, ...rest].find((value) => value !== "") ?? "";
  if (name === "lower") return a.toLowerCase();
  if (name === "replace") return c.replaceAll(a, b);
  if (name === "regexReplaceAll") return b.replaceAll(new RegExp(a, "g"), c);
  if (name === "trunc") return b.slice(0, Number(a));
  throw new Error(`the template function ${name} is not known here`);
}

function unquoted(literal: string): string {
  return literal.slice(1, -1);
}

function descendants(node: SyntaxNode, name?: string): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  for (let child = node.firstChild; child; child = child.nextSibling) found.push(child, ...descendants(child));
  return name === undefined ? found : found.filter((one) => one.name === name);
}

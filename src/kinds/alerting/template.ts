import { actionEnd } from "../../util/go-template.ts";

/** Grafana looks for exactly this text, so it also wraps a template with `{{- define`. */
const DEFINE = /\{\{\s*define/;

/**
 * The text that Grafana stores: trimmed, and if it has no `define`, wrapped in one with the template's name, with each line
 * indented by two spaces.
 */
export function canonicalTemplate(name: string, template: string): string {
  const text = trimmed(template);
  if (DEFINE.test(text)) return text;
  const indented = text
    .split("\n")
    .map((line) => `  ${line}`)
    .join("\n");
  return `{{ define "${name}" }}\n${indented}\n{{ end }}`;
}

/** Trims like Go, which trims the next-line character but not a byte order mark. */
function trimmed(text: string): string {
  return text.replace(/^(?:(?!\uFEFF)\s|\u0085)+|(?:(?!\uFEFF)\s|\u0085)+$/gu, "");
}

/** A `define` or `block` in the text of a template. */
export interface Definition {
  readonly name: string;
  /** Whether it has no content: Go then uses another one with the same name. */
  readonly isEmpty: boolean;
}

/** What a template defines, as Grafana stores it. Contact points use these names, not the name of the template. */
export function definitionsIn(name: string, template: string): Definition[] {
  const text = canonicalTemplate(name, template).replaceAll(/\{\{(?:-\s)?\s*\/\*[\s\S]*?\*\/\s*(?:-)?\}\}/g, "");
  const starts = [...text.matchAll(/\{\{(?:-\s)?\s*(?:define|block)\s+["`]([^"`]+)["`][^}]*\}\}/g)];
  return starts.map((start, index) => {
    const body = text.slice(start.index + start[0].length, starts[index + 1]?.index);
    return { name: start[1] ?? "", isEmpty: /^\s*\{\{(?:-\s)?\s*end\s*(?:\s-)?\}\}/.test(body) };
  });
}

/** Actions that need an `end`. */
const OPENING = new Set(["define", "if", "range", "with", "block"]);

/**
 * Checks a Go template for actions and comments that are not closed, and for blocks without an `end` or the reverse. Grafana
 * checks functions, fields and pipelines.
 */
export function templateFault(template: string, name = ""): string | undefined {
  const open: { readonly word: string; readonly line: number }[] = [];
  const wrapped = !DEFINE.test(template);
  if (wrapped && /["\\\n]/.test(name))
    return "the text has no define, and Grafana can't create one from a name with quotes, backslashes or line breaks";
  let at = 0;
  for (;;) {
    const start = template.indexOf("{{", at);
    if (start < 0) break;
    const line = template.slice(0, start).split("\n").length;
    const end = actionEnd(template, start + 2);
    if (end === undefined) return `the action in line ${line} is not closed: }} is missing`;
    const body = template
      .slice(start + 2, end)
      .replace(/^-\s/, "")
      .replace(/\s-$/, "")
      .trim();
    at = end + 2;
    if (body.startsWith("/*")) continue;
    if (body === "") return `the action in line ${line} is empty`;
    const word = /^\w+/.exec(body)?.[0] ?? "";
    if (word === "define" && wrapped)
      return `Grafana does not recognize the define in line ${line}; write {{ define instead of {{- define`;
    if (word === "define" && open.length > 0) return `the define in line ${line} is inside another block`;
    if (OPENING.has(word)) open.push({ word, line });
    else if (word === "end") {
      if (!open.pop()) return `the end in line ${line} has no matching block`;
    } else if (word === "else" && !["if", "with", "range"].includes(open.at(-1)?.word ?? "")) {
      return `the else in line ${line} has no matching if, with or range`;
    }
  }
  const unclosed = open.at(-1);
  return unclosed ? `the ${unclosed.word} in line ${unclosed.line} has no end` : undefined;
}

import { actionEnd } from "../util/go-template.ts";
import type { Span } from "./substitute.ts";

// Go templates: the actions in a text, and the functions that they call.

export interface Action extends Span {
  readonly body: string;
}

const KEYWORDS = /^(?:if|else|end|range|with|define|block|template|break|continue)$/;

/** All actions, `{{ … }}`, without comments. */
export function actionsIn(text: string): Action[] {
  const found: Action[] = [];
  let at = text.indexOf("{{");
  while (at >= 0) {
    const from = at + 2;
    const end = actionEnd(text, from);
    if (end === undefined) break;
    const body = text.slice(from, end);
    if (!/^-?\s*\/\*/.test(body)) found.push({ from, to: end, body });
    at = text.indexOf("{{", end + 2);
  }
  return found;
}

const TOKENS = /"(?:\\.|[^"\\])*"|`[^`]*`|'(?:\\.|[^'\\])*'|\$?[\w.]*[A-Za-z_]\w*|\$|\d[\w.]*|:=|[|(),=]|\S/g;

export interface Call extends Span {
  readonly name: string;
}

/** The words in an action that are functions: all that are not fields, variables, keywords or values. */
export function callsIn({ body, from }: Action): Call[] {
  const tokens = [...body.matchAll(TOKENS)];
  return tokens.flatMap((token): Call[] => {
    const [word] = token;
    if (!/^[A-Za-z_]\w*(?:\.\w+)*$/.test(word) || KEYWORDS.test(word)) return [];
    // `.field` with a space, `).field`
    if (/[.)$]$/.test(body.slice(0, token.index))) return [];
    const [name = ""] = word.split(".");
    const start = from + token.index;
    return [{ name, from: start, to: start + word.length }];
  });
}

/** The names in `template "name"`, and those that `tmpl.Exec "name"` runs. */
export function usedTemplates(text: string): string[] {
  return actionsIn(text).flatMap(({ body }) =>
    [...body.matchAll(/\b(?:template|tmpl\.Exec)\s+(?:"([^"]+)"|`([^`]+)`)/g)].map(
      (match) => match[1] ?? match[2] ?? "",
    ),
  );
}

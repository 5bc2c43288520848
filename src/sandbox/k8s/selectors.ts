import type { Strings } from "./metadata.ts";
import { badRequest } from "./status.ts";

export type LabelSelector = (labels: Strings) => boolean;

const trashRequest = /^grafana\.app\/get-trash\s*={1,2}\s*true$/;

/** Whether a selector requests deleted objects. Grafana uses a special label for that. */
export function asksForTrash(selector: string): boolean {
  return trashRequest.test(selector.trim());
}

const historyLabel = "grafana.app/get-history";

/**
 * The name of the object whose versions a request lists; undefined for other requests. Grafana uses a special label for
 * that. Throws if the selectors contain anything else.
 */
export function historyOf(selector: string, fieldSelector: string): string | undefined {
  const requirements = splitOutsideParentheses(selector);
  const asks = requirements.find((one) => one.replace(/^!/, "").split(/[\s=!]/)[0] === historyLabel);
  if (asks === undefined) return undefined;
  if (requirements.length > 1) throw badRequest(`single label supported with: ${historyLabel}`);
  if (!/^[^\s=!]+\s*={1,2}\s*[^\s=!]*$/.test(asks)) {
    throw badRequest(`only = operator supported with: ${historyLabel}`);
  }
  const fields = splitOutsideParentheses(fieldSelector);
  if (fields.length > 1) throw badRequest("only one field selector supported for history requests");
  const name = /^metadata\.name\s*={1,2}\s*(.+)$/.exec(fields[0] ?? "")?.[1];
  if (name === undefined) throw badRequest("metadata.name field selector required for history requests");
  return name;
}

/** Parses a label selector: `a=b`, `a==b`, `a!=b`, `a in (b,c)`, `a notin (b,c)`, `a`, `!a`, joined by commas. */
export function parseSelector(selector: string): LabelSelector {
  const requirements = splitOutsideParentheses(selector).map(requirement);
  return (labels) => requirements.every((matches) => matches(labels));
}

/** Parses a field selector for the name. Throws for other fields. */
export function parseNameSelector(selector: string): (name: string) => boolean {
  const tests = splitOutsideParentheses(selector).map((one) => {
    const [, field = "", operator, value] = /^([^=!]+)(==|=|!=)(.*)$/.exec(one) ?? [];
    if (field === "metadata.namespace") return () => true;
    if (field !== "metadata.name") throw badRequest(`field label not supported: ${field}`);
    return operator === "!=" ? (name: string) => name !== value : (name: string) => name === value;
  });
  return (name) => tests.every((matches) => matches(name));
}

function splitOutsideParentheses(selector: string): string[] {
  return selector
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

function requirement(source: string): LabelSelector {
  const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(source);
  if (set !== null) {
    const [, key = "", operator, list = ""] = set;
    const values = new Set(list.split(",").map((value) => value.trim()));
    return operator === "in"
      ? (labels) => key in labels && values.has(labels[key] ?? "")
      : (labels) => !(key in labels && values.has(labels[key] ?? ""));
  }
  const equality = /^([^\s=!]+)\s*(==|=|!=)\s*([^\s=!]*)$/.exec(source);
  if (equality !== null) {
    const [, key = "", operator, value = ""] = equality;
    return operator === "!=" ? (labels) => labels[key] !== value : (labels) => labels[key] === value;
  }
  const existence = /^(!?)\s*([^\s=!()]+)$/.exec(source);
  if (existence !== null) {
    const [, not, key = ""] = existence;
    return not === "!" ? (labels) => !(key in labels) : (labels) => key in labels;
  }
  throw badRequest(`unable to parse requirement: ${source}`);
}

import { types } from "node:util";
import { NamedVariable, Secret } from "../secrets/secret.ts";
import { isObject } from "../util/json.ts";
import type { Kinds, ResourceKind } from "../engine/resource.ts";
import { unreadText } from "./unread-variable.ts";
import { thrownText } from "./user-code.ts";
import { similar } from "../util/similar.ts";
import { issuesOf, PARSING, type SchemaIssue } from "../util/schema-issues.ts";

/** A fault at a place in an exported resource. */
export interface Issue extends SchemaIssue {
  /** Whether it is in the exported resource itself, even if it was found in an object that the resource refers to. */
  readonly circle?: boolean;
  /** Whether the value is the result of `env(...)` without a `secret(...)` around it. */
  readonly unread?: true;
}

interface Inspection {
  readonly kinds: Kinds;
  readonly exported: ReadonlySet<object>;
  readonly path: readonly PropertyKey[];
  /** The objects from the exported resource to this one, including both. */
  readonly around: readonly object[];
}

/**
 * Validates a resource and the objects that it refers to. Faults of objects that are exported themselves are reported
 * there: a resource that depends on such an object is omitted without a fault.
 */
export function inspect(
  kind: ResourceKind,
  value: object,
  inspection: Inspection,
): { issues: Issue[]; aside: boolean } {
  const { kinds, exported, path, around } = inspection;
  const parsed = kind.schema.safeParse(value, PARSING);
  const issues = parsed.success
    ? []
    : issuesOf(parsed.error.issues).map((one) => prefixed(path, explained(one, value)));
  let aside = false;
  for (const [key, target] of Object.entries(value)) {
    const here = [...path, key];
    const targetKind = kindOf(target, kinds);
    if (!targetKind) continue;
    if (target === around[0] || (around.includes(target) && !exported.has(target))) {
      const circle = [...around.slice(around.indexOf(target)), target].map(nameOf);
      issues.push({
        path: here,
        message: `the ${targetKind.name} contains itself: ${circle.join(" in ")}`,
        circle: true,
      });
    } else if (around.includes(target)) {
      aside = true;
    } else {
      const inner = inspect(targetKind, target, { kinds, exported, path: here, around: [...around, target] });
      const ours = inner.issues.filter(({ circle }) => circle === true || !exported.has(target));
      issues.push(...ours);
      aside ||= inner.aside || ours.length < inner.issues.length;
    }
  }
  return { issues, aside };
}

/** More levels would overflow the stack of a function that walks through them. Dashboards have about 20. */
export const MAX_DEPTH = 500;
/** The maximum number of levels in the path of a fault. */
const SHOWN_DEPTH = 8;

/** Finds a value that can't be read or that JSON can't represent. Never throws. */
export function unserializableIn(
  value: unknown,
  path: readonly PropertyKey[] = [],
  around: readonly object[] = [],
): Issue | undefined {
  try {
    const problem = notInJson(value, path.at(-1));
    if (problem) return { path, message: problem };
    if (typeof value !== "object" || value === null || value instanceof Secret) return undefined;
    if (around.includes(value)) return { path, message: "contains itself, which JSON can't represent" };
    if (around.length >= MAX_DEPTH)
      return { path: path.slice(0, SHOWN_DEPTH), message: `is nested more than ${MAX_DEPTH} levels deep` };
    for (const key of Object.keys(value)) {
      const here = [...path, Array.isArray(value) ? Number(key) : key];
      const item = readProperty(value, key);
      const found =
        "problem" in item
          ? { path: here, message: item.problem }
          : unserializableIn(item.value, here, [...around, value]);
      if (found) return found;
    }
    return undefined;
  } catch (error) {
    return { path, message: unreadable(error) };
  }
}

function readProperty(value: object, key: string): { readonly value: unknown } | { readonly problem: string } {
  try {
    return { value: Reflect.get(value, key) as unknown };
  } catch (error) {
    return { problem: unreadable(error) };
  }
}

function unreadable(error: unknown): string {
  return `throws an error when it is read: ${thrownText(error)}`;
}

/** A function by which the SDK distinguishes its types, and which is not sent. */
const OF_SDK = /^_implements\w+Variant$/;

/** Why JSON would drop or change a value, apart from its properties. `key`: the property that contains it. */
export function notInJson(value: unknown, key?: PropertyKey): string | undefined {
  const fault = (what: string, fix: string) => `is ${what}, which JSON can't represent; use ${fix}`;
  switch (typeof value) {
    case "bigint":
      return fault("a bigint", "a number");
    case "function":
      if (typeof key === "string" && OF_SDK.test(key)) return undefined;
      return "is a function, which JSON can't represent; use its result";
    case "symbol":
      return fault("a symbol", "a string");
    case "number":
      return Number.isFinite(value) ? undefined : fault(String(value), "a finite number");
    case "object":
      break;
    default:
      return undefined;
  }
  if (value === null) return undefined;
  if (types.isPromise(value)) return fault("a promise", "await");
  if (types.isMap(value) || types.isWeakMap(value)) return fault("a Map", "an object");
  if (types.isSet(value) || types.isWeakSet(value)) return fault("a Set", "an array");
  if (types.isRegExp(value)) return fault("a regular expression", "its source as a string");
  if (types.isNativeError(value)) return fault("an error", "its message");
  if (types.isAnyArrayBuffer(value) || ArrayBuffer.isView(value)) return fault("binary data", "an array or a string");
  if (types.isDate(value) && Number.isNaN(value.getTime())) return fault("an invalid date", "a valid one");
  if (Array.isArray(value) && value.includes(undefined))
    return "is an array with an undefined item, which JSON can't represent";
  if ("build" in value && typeof value.build === "function") return "is a builder; call build()";
  return undefined;
}

/** Explains an issue whose value is an `env(...)` without `secret(...)`, or whose property is misspelled. */
function explained(issue: Issue, resource: object): Issue {
  const key = issue.path.at(-1);
  const holder = valueAt(resource, issue.path.slice(0, -1));
  const found = key === undefined ? holder : valueAt(holder, [key]);
  if (found instanceof NamedVariable) return { ...issue, message: unreadText(found), unread: true };
  if (found !== undefined || typeof key !== "string" || !/^\w+$/.test(key) || !isObject(holder)) return issue;
  const others = Object.keys(holder).filter((name) => name !== key && valueAt(holder, [name]) !== undefined);
  const written = similar(key, others);
  if (written === undefined || issue.message.includes("did you mean")) return issue;
  return { ...issue, message: `${issue.message}, but has ${written}: did you mean ${key}?` };
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === "object" && at !== null ? Reflect.get(at, key) : undefined),
    value,
  );
}

/** The uid or the title of a resource in a circle. */
function nameOf(resource: object): string {
  const [uid, title]: unknown[] = [Reflect.get(resource, "uid"), Reflect.get(resource, "title")];
  return typeof uid === "string" ? uid : typeof title === "string" ? `"${title}"` : "(no title)";
}

function prefixed(path: readonly PropertyKey[], issue: Issue): Issue {
  return { ...issue, path: [...path, ...issue.path] };
}

function kindOf(value: unknown, kinds: Kinds): ResourceKind | undefined {
  if (!isObject(value) || "existing" in value || typeof value["kind"] !== "string") return undefined;
  return kinds.get(value["kind"]);
}

import type { Difference } from "../engine/difference.ts";
import { isObject, type Json, type JsonObject } from "../util/json.ts";
import { meaningOf } from "./credential-forms.ts";
import { createRedactor } from "./redact.ts";
import { HIDDEN, SHORT_SECRET } from "./secret.ts";

// Credentials that no `secret()` of the code names: in objects of other owners, in former states, and in plain text in the code.

/** Shows values without the credentials in them. */
export interface Mask {
  json(value: Json): Json;
  text(text: string): string;
}

const forms = createRedactor();

/** A text without credentials that can be recognized by their form. */
export function maskedText(text: string): string {
  return forms.redacted(text);
}

/** A copy of a value for reports. */
export function masked<Value extends Json>(value: Value): Value {
  return maskOf(value).json(value) as Value;
}

/** Masks parts of these values, also where a part is shown without its name. */
export function maskOf(...values: readonly (Json | undefined)[]): Mask {
  const known = new Map<string | number, string>();
  const given = values.filter((value) => value !== undefined);
  const variables = new Set(given.flatMap((value) => variablesIn(value)));
  for (const value of given)
    walk(value, { variables }, (one, shown) => shown !== undefined && isTelling(one) && known.set(one, shown));
  const redactor = createRedactor();
  for (const one of known.keys()) redactor.add(String(one), { credential: true });
  const text = (one: string) => maskedText(known.size > 0 ? redactor.redacted(one, "wholes") : one);
  return {
    text,
    json: (value) =>
      walk(value, { variables: new Set([...variables, ...variablesIn(value)]) }, (one, shown) => {
        return shown ?? known.get(one) ?? (typeof one === "string" ? text(one) : one);
      }),
  };
}

/** A difference between two forms, without their credentials. */
export function maskedDifference(difference: Difference, mask: Mask): Difference {
  const { path, labels, before, after, shown } = difference;
  const shownText = (side: "before" | "after") => {
    const value = difference[side];
    const text = shown?.[side];
    if (text === undefined) return {};
    return { [side]: value !== undefined && mask.json(value) === HIDDEN ? HIDDEN : mask.text(text) };
  };
  return {
    ...difference,
    path: maskedText(path),
    labels: labels.map(maskedText),
    ...(before === undefined ? {} : { before: mask.json(before) }),
    ...(after === undefined ? {} : { after: mask.json(after) }),
    ...(shown ? { shown: { ...shownText("before"), ...shownText("after") } } : {}),
  };
}

interface Place {
  /** The names of the dashboard's variables. */
  readonly variables: ReadonlySet<string>;
  readonly key?: string;
  /** Whether it is in the settings of an integration, where a URL is all that a sender needs. */
  readonly inSettings?: boolean;
  /** Whether it is a value of a dashboard variable whose name means a credential. */
  readonly ofVariable?: boolean;
}

type Visit = (value: string | number, shown: string | undefined) => unknown;

/** Visits all texts and numbers. `shown`: how one is shown because of its place. */
function walk(value: Json, place: Place, visit: Visit): Json {
  if (typeof value === "string" || typeof value === "number") {
    const result = visit(value, typeof value === "string" ? shownAt(place, value) : shownNumber(place));
    return typeof result === "string" ? result : value;
  }
  if (Array.isArray(value)) return value.map((item) => walk(item, place, visit));
  if (!isObject(value)) return value;
  // `{ name: "Authorization", value: "…" }`, as for HTTP headers.
  const named = [value["name"], value["key"], value["header"]].find((name) => typeof name === "string");
  const hasSecret = isSecretVariable(value);
  const { variables } = place;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const inSettings = place.inSettings === true || key === "settings";
      const ofVariable = place.ofVariable === true || (hasSecret && VALUES.has(key));
      return [
        key,
        walk(item, { variables, key: key === "value" && named ? named : key, inSettings, ofVariable }, visit),
      ];
    }),
  );
}

/** The properties of a dashboard variable that contain its values. */
const VALUES = new Set(["query", "current", "options"]);
/** Types of variables whose values are in the dashboard. */
const STATED = new Set(["constant", "textbox", "custom"]);

/** A constant or a text box with a name such as `api_token`. In schema v2 it has no `type`. */
function isSecretVariable({ name, label, type, query, current }: JsonObject): boolean {
  const isStated = typeof type === "string" ? STATED.has(type) : typeof query === "string" && isObject(current);
  return isStated && [name, label].some((one) => typeof one === "string" && meaningOf(one) === "credential");
}

/** The names of the variables of a dashboard, in each schema. */
function variablesIn(value: Json, key = ""): string[] {
  if (Array.isArray(value)) {
    const isList = key === "list" || key === "variables";
    const own = value.filter(isObject).flatMap(({ name, spec }) => [name, isObject(spec) ? spec["name"] : undefined]);
    const names = isList ? own.filter((one) => typeof one === "string") : [];
    return [...names, ...value.flatMap((item) => variablesIn(item))];
  }
  return isObject(value) ? Object.entries(value).flatMap(([name, item]) => variablesIn(item, name)) : [];
}

/** A variable in braces, of a template or of the environment. */
const REFERENCE = /^\$(?:__\w+)?\{[^{}]*\}$/;

/** A password can begin with `$`, so `$name` is a reference only if there is such a variable. */
function isReference(text: string, variables: ReadonlySet<string>): boolean {
  return REFERENCE.test(text) || (text.startsWith("$") && variables.has(text.slice(1)));
}

function shownAt({ variables, key = "", inSettings = false, ofVariable }: Place, text: string): string | undefined {
  if (text === "" || text === HIDDEN || isReference(text, variables)) return undefined;
  const meaning = meaningOf(key);
  if (meaning === "credential" || ofVariable === true) return HIDDEN;
  return meaning === "hook" || inSettings ? originOnly(text) : undefined;
}

/** A number of tokens, such as `maxTokens`, is not a credential. */
const AMOUNT = /(?:^|_)tokens$|Tokens$/;

function shownNumber({ key = "", ofVariable }: Place): string | undefined {
  return ofVariable === true || (meaningOf(key) === "credential" && !AMOUNT.test(key)) ? HIDDEN : undefined;
}

/** Whether a credential is masked at other places too, where a short number has another meaning. */
function isTelling(value: string | number): boolean {
  return typeof value === "string" || String(value).length >= SHORT_SECRET;
}

/** Grafana stores a URL with spaces or line breaks as it is. */
const URL_PARTS = /^([a-z][a-z\d+.-]*:\/\/)\s*(?:[^\s/?#@]*@)?([^\s/?#@]+)\/?([^]*)$/i;

/** `https://hooks.example.org/(secret)`; undefined for a text that is not a URL, or only an origin. */
function originOnly(text: string): string | undefined {
  const [, scheme, host, rest = ""] = URL_PARTS.exec(text.trim()) ?? [];
  return rest === "" || rest === HIDDEN ? undefined : `${scheme}${host}/${HIDDEN}`;
}

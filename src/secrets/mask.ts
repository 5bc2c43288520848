import type { Difference } from "../engine/difference.ts";
import { isObject, type Json, type JsonObject } from "../util/json.ts";
import { meaningOf } from "./credential-forms.ts";
import { createRedactor } from "./redact.ts";
import { HIDDEN } from "./secret.ts";

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
  const known = new Map<string, string>();
  for (const value of values)
    if (value !== undefined) walk(value, {}, (text, shown) => shown !== undefined && known.set(text, shown));
  const redactor = createRedactor();
  for (const text of known.keys()) redactor.add(text, { credential: true });
  const text = (one: string) => maskedText(known.size > 0 ? redactor.redacted(one, "wholes") : one);
  return {
    text,
    json: (value) => walk(value, {}, (one, shown) => shown ?? known.get(one) ?? text(one)),
  };
}

/** A difference between two forms, without their credentials. */
export function maskedDifference(difference: Difference, mask: Mask): Difference {
  const { path, labels, before, after, shown } = difference;
  const shownText = (side: "before" | "after") => {
    const value = difference[side];
    const text = shown?.[side];
    if (text === undefined) return {};
    return { [side]: typeof value === "string" && mask.json(value) === HIDDEN ? HIDDEN : mask.text(text) };
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
  readonly key?: string;
  /** Whether it is in the settings of an integration, where a URL is all that a sender needs. */
  readonly inSettings?: boolean;
  /** Whether it is a value of a dashboard variable whose name means a credential. */
  readonly ofVariable?: boolean;
}

/** Visits all texts. `shown`: how a text is shown because of its place. */
function walk(value: Json, place: Place, visit: (text: string, shown: string | undefined) => unknown): Json {
  if (typeof value === "string") {
    const result = visit(value, shownAt(place, value));
    return typeof result === "string" ? result : value;
  }
  if (Array.isArray(value)) return value.map((item) => walk(item, place, visit));
  if (!isObject(value)) return value;
  // `{ name: "Authorization", value: "…" }`, as for HTTP headers.
  const named = [value["name"], value["key"], value["header"]].find((name) => typeof name === "string");
  const hasSecret = isSecretVariable(value);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      const inSettings = place.inSettings === true || key === "settings";
      const ofVariable = place.ofVariable === true || (hasSecret && VALUES.has(key));
      return [key, walk(item, { key: key === "value" && named ? named : key, inSettings, ofVariable }, visit)];
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

/** A variable of a template or of the environment. */
const VARIABLE = /^\$(?:\w+|\{[^{}]*\}|__\w+\{[^{}]*\})$/;

function shownAt({ key = "", inSettings = false, ofVariable }: Place, text: string): string | undefined {
  if (text === "" || text === HIDDEN || VARIABLE.test(text)) return undefined;
  const meaning = meaningOf(key);
  if (meaning === "credential" || ofVariable === true) return HIDDEN;
  return meaning === "hook" || inSettings ? originOnly(text) : undefined;
}

/** Grafana stores a URL with spaces or line breaks as it is. */
const URL_PARTS = /^([a-z][a-z\d+.-]*:\/\/)\s*(?:[^\s/?#@]*@)?([^\s/?#@]+)\/?([^]*)$/i;

/** `https://hooks.example.org/(secret)`; undefined for a text that is not a URL, or only an origin. */
function originOnly(text: string): string | undefined {
  const [, scheme, host, rest = ""] = URL_PARTS.exec(text.trim()) ?? [];
  return rest === "" || rest === HIDDEN ? undefined : `${scheme}${host}/${HIDDEN}`;
}

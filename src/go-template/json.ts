import { isObject, type Json } from "../util/json.ts";
import { formatTime } from "./time-format.ts";
import { fail, unsupported } from "./template-error.ts";
import {
  GoDuration,
  GoFloat,
  GoInt,
  GoList,
  GoMap,
  GoPointer,
  GoStruct,
  GoText,
  GoTime,
  type GoField,
  type GoValue,
} from "./values.ts";

/** The JSON text of a value, as Go writes it. With `indent`, each property is in a line of its own. */
export function jsonText(value: GoValue, indent?: string, current = ""): string {
  if (value === undefined) return "null";
  if (typeof value === "boolean") return `${value}`;
  if (typeof value === "string") return jsonString(value);
  if (value instanceof GoText) return jsonString(value.value);
  if (value instanceof GoInt) return `${value.value}`;
  if (value instanceof GoDuration) return `${value.nanoseconds}`;
  if (value instanceof GoTime) return jsonString(formatTime(value, "2006-01-02T15:04:05.999999999Z07:00"));
  if (value instanceof GoFloat) {
    if (!Number.isFinite(value.value)) fail(`JSON has no ${value.value}`);
    return Object.is(value.value, -0) ? "-0" : `${value.value}`;
  }
  if (value instanceof GoPointer) return jsonText(value.target, indent, current);
  const inner = indent === undefined ? "" : `${current}${indent}`;
  const text = (item: GoValue) => jsonText(item, indent, inner);
  if (value instanceof GoList) return enclosed("[", value.items.map(text), "]", indent, current);
  const colon = indent === undefined ? ":" : ": ";
  const property = ([name, item]: readonly [string, GoValue]) => `${jsonString(name)}${colon}${text(item)}`;
  if (value instanceof GoMap)
    return value.isNil ? "null" : enclosed("{", value.sorted().map(property), "}", indent, current);
  if (value instanceof GoStruct) {
    if (Object.keys(value.fields).length === 0) unsupported(`${value.type} as JSON`);
    const fields = Object.entries(value.fields).filter(([, field]) => isWritten(field));
    const pairs = fields.map(([name, { json = name, value: own }]) => [json, own] as const);
    return enclosed("{", pairs.map(property), "}", indent, current);
  }
  return unsupported("this value as JSON");
}

function isWritten({ omitted, value }: GoField): boolean {
  if (omitted === undefined) return true;
  const isEmpty =
    value === undefined ||
    value === "" ||
    (value instanceof GoPointer && value.target === undefined) ||
    (value instanceof GoList && value.items.length === 0);
  return omitted === "empty" && !isEmpty;
}

function enclosed(
  open: string,
  parts: readonly string[],
  close: string,
  indent: string | undefined,
  current: string,
): string {
  if (indent === undefined || parts.length === 0) return `${open}${parts.join(",")}${close}`;
  const start = `\n${current}${indent}`;
  return `${open}${start}${parts.join(`,${start}`)}\n${current}${close}`;
}

/** Go also escapes characters that are special in HTML. */
export function jsonString(text: string): string {
  return JSON.stringify(text).replaceAll(/[<>&\u2028\u2029]/g, (char) => {
    return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** The value of a JSON text. Grafana also reads other forms of YAML. */
export function parsedJson(text: string): GoValue {
  let json: Json;
  try {
    json = JSON.parse(text) as Json;
  } catch {
    return unsupported("a text that is not JSON in data.JSON");
  }
  // YAML reads them as floats, JavaScript doesn't distinguish them from integers.
  const numbers = text.replaceAll(/"(?:[^"\\]|\\.)*"/g, "").match(/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g) ?? [];
  const float = numbers.find((number) => /[.eE]/.test(number) && Number.isInteger(Number(number)));
  if (float !== undefined) unsupported(`the number ${float} in data.JSON`);
  return valueOfJson(json);
}

function valueOfJson(json: Json): GoValue {
  if (json === null) return undefined;
  if (typeof json === "number") {
    if (Number.isInteger(json) && !Number.isSafeInteger(json)) unsupported(`the number ${json} in data.JSON`);
    return Number.isInteger(json) ? new GoInt(json) : new GoFloat(json);
  }
  if (Array.isArray(json)) return new GoList(json.map(valueOfJson), "[]interface {}");
  if (isObject(json))
    return new GoMap(new Map(Object.entries(json).map(([name, item]) => [name, valueOfJson(item)])), {
      type: "map[string]interface {}",
    });
  return json;
}

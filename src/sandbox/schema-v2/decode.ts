import { DecodeError } from "../errors.ts";
import { isObject, type Json, type JsonObject } from "../json.ts";
import { badRequest } from "../k8s/status.ts";

/** The type of a value, as in a server with static types. */
export type Shape =
  | "any"
  | "boolean"
  | "integer"
  | "number"
  | "string"
  | "stringOrList"
  | "stringOrNumber"
  | { readonly list: Shape }
  /** An object with any keys. */
  | { readonly map: Shape }
  /** An object with these fields. A `?` after a name omits a value that is missing, null, or an empty list or map. */
  | { readonly fields: Readonly<Record<string, Shape>> }
  /** One of several types. `by` is the field that names it. */
  | { readonly by: string; readonly types: Readonly<Record<string, Shape>>; readonly otherwise: Json };

/**
 * Decodes a value and encodes it again: unknown fields are lost, and missing fields get the zero value of their type. Throws
 * a `DecodeError` for a value of another type.
 */
export function decode(shape: Shape, value: Json, path: string): Json {
  if (shape === "any") return value;
  if (typeof shape === "string") return scalar(shape, value, path);
  if ("list" in shape) {
    if (value === null) return null;
    if (!Array.isArray(value)) throw wrongType(value, path, "list");
    return value.map((one) => decode(shape.list, one, path));
  }
  if (value !== null && !isObject(value)) throw wrongType(value, path, "object");
  if ("map" in shape) {
    return value && Object.fromEntries(Object.entries(value).map(([key, one]) => [key, decode(shape.map, one, path)]));
  }
  if ("fields" in shape) return fieldsOf(shape.fields, value ?? {}, path);
  const name = value?.[shape.by];
  const type = typeof name === "string" && Object.hasOwn(shape.types, name) ? shape.types[name] : undefined;
  return type === undefined ? shape.otherwise : decode(type, value, path);
}

function fieldsOf(fields: Readonly<Record<string, Shape>>, value: JsonObject, path: string): JsonObject {
  const result: JsonObject = {};
  for (const [field, shape] of Object.entries(fields)) {
    const [name = "", ...optional] = field.split("?");
    const given = (Object.hasOwn(value, name) ? value[name] : undefined) ?? null;
    if (optional.length === 0) result[name] = decode(shape, given, `${path}.${name}`);
    else if (given !== null && !isEmpty(shape, given)) result[name] = decode(shape, given, `${path}.${name}`);
  }
  return result;
}

function isEmpty(shape: Shape, value: Json): boolean {
  if (typeof shape === "string") return false;
  if ("list" in shape) return Array.isArray(value) && value.length === 0;
  return "map" in shape && isObject(value) && Object.keys(value).length === 0;
}

function scalar(shape: string, value: Json, path: string): Json {
  switch (shape) {
    case "boolean":
      return typed(value ?? false, "boolean", path);
    case "integer":
      if (typeof value === "number" && !Number.isInteger(value)) throw wrongType(value, path, "int64");
      return typed(value ?? 0, "number", path);
    case "number":
      return typed(value ?? 0, "number", path);
    case "stringOrList":
      if (Array.isArray(value)) return value.map((one) => typed(one ?? "", "string", path));
      break;
    case "stringOrNumber":
      if (typeof value === "number") return value;
      break;
  }
  return typed(value ?? "", "string", path);
}

function typed(value: Json, type: "boolean" | "number" | "string", path: string): Json {
  if (typeof value === type) return value;
  throw wrongType(value, path, type);
}

function wrongType(value: Json, path: string, type: string): DecodeError {
  const found = Array.isArray(value) ? "array" : typeof value;
  const problem = `json: cannot unmarshal ${found} into Go struct field DashboardSpec.${path} of type ${type}`;
  return new DecodeError(
    badRequest(`Dashboard in version "v2beta1" cannot be handled as a Dashboard: ${problem}`),
    problem,
  );
}

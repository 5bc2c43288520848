import { isObject, textOf, type Json, type JsonObject } from "../../../../util/json.ts";
import { objects } from "../../model/panels.ts";

/** An object inside an object; empty if there is none. */
export function partOf(value: Json | undefined, ...names: readonly string[]): JsonObject {
  let part = value;
  for (const name of names) part = isObject(part) ? part[name] : undefined;
  return isObject(part) ? part : {};
}

/** The specs of a list of kinds, with the name of their kind. */
export function specsOf(list: Json | undefined): { kind: string; spec: JsonObject; item: JsonObject }[] {
  return objects(list).map((item) => ({ kind: textOf(item["kind"]), spec: partOf(item, "spec"), item }));
}

/** The elements of a dashboard by name. */
export function elementsOf(spec: JsonObject): [name: string, element: JsonObject][] {
  return Object.entries(partOf(spec, "elements")).flatMap(([name, element]) =>
    isObject(element) ? [[name, element]] : [],
  );
}

/** A copy without properties that are undefined. */
export function defined(object: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as JsonObject;
}

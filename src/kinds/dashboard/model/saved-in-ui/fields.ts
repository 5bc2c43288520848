import { isObject, textOf, type Json, type JsonObject } from "../../../../util/json.ts";
import { objects } from "../panels.ts";

/** Removes the properties of fields that a plugin doesn't have, in the defaults and in overrides, as a save does. */
export function keepFields(config: JsonObject, fields: readonly string[]): void {
  const known = new Set(fields);
  if (isObject(config["defaults"])) keepKnown(config["defaults"], "", known);
  for (const override of objects(config["overrides"])) {
    const { properties } = override;
    if (Array.isArray(properties)) {
      override["properties"] = properties.filter((one) => isObject(one) && known.has(textOf(one["id"])));
    }
  }
}

/** Returns whether a known property is left. */
function keepKnown(object: JsonObject, prefix: string, known: ReadonlySet<string>): boolean {
  let isLeft = false;
  for (const [key, value] of Object.entries(object)) {
    const path = `${prefix}${key}`;
    if (known.has(path) || (isObject(value) && keepKnown(value, `${path}.`, known))) isLeft = true;
    else delete object[key];
  }
  return isLeft;
}

/** The first threshold starts at minus infinity, which JSON can't represent, so the UI writes 0. The mode is absolute by default. */
export function forgetThresholds(config: Json | undefined): void {
  if (!isObject(config)) return;
  const own = isObject(config["defaults"]) ? [config["defaults"]["thresholds"]] : [];
  const others = propertiesOf(config).flatMap(({ id, value }) => (id === "thresholds" ? [value] : []));
  for (const thresholds of [...own, ...others]) {
    if (!isObject(thresholds)) continue;
    const [base] = objects(thresholds["steps"]);
    if (base) delete base["value"];
    if (thresholds["mode"] === "absolute") delete thresholds["mode"];
    if (Array.isArray(thresholds["steps"]) && thresholds["steps"].length === 0) delete thresholds["steps"];
  }
}

/** The properties of all overrides. */
function propertiesOf(config: JsonObject): JsonObject[] {
  return objects(config["overrides"]).flatMap(({ properties }) => objects(properties));
}

import { isObject, type Json, type JsonObject } from "../engine/json.ts";
import { objects } from "./panels.ts";

/** What an input stands for: text, or how panels name a datasource. */
export type InputValue = string | { readonly type?: string; readonly uid: string };

/**
 * Puts answers in the place of `${DS_PROMETHEUS}` and the like, as Grafana's import page does, and names the inputs that
 * have none.
 */
export function fillInputs(
  model: JsonObject,
  inputs: Readonly<Record<string, InputValue>>,
): { model: JsonObject; missing: string[] } {
  const asked = objects(model["__inputs"]).map((input) => String(input["name"]));
  const missing = asked.filter((name) => !(name in inputs));
  const given = asked.filter((name) => name in inputs);
  if (given.length === 0) return { model, missing };

  const fill = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(fill);
    if (isObject(value))
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillIn(key, item)]));
    return typeof value === "string"
      ? given.reduce((text, name) => text.replaceAll(`\${${name}}`, textOf(inputs[name])), value)
      : value;
  };
  const fillIn = (key: string, value: Json): Json => {
    const name = key === "datasource" && typeof value === "string" ? /^\$\{(\w+)\}$/.exec(value)?.[1] : undefined;
    const answer = name === undefined ? undefined : inputs[name];
    return typeof answer === "object" ? { ...answer } : fill(value);
  };
  const { __inputs, ...rest } = model;
  void __inputs;
  return { model: fill(rest) as JsonObject, missing };
}

function textOf(value: InputValue | undefined): string {
  return typeof value === "object" ? value.uid : (value ?? "");
}

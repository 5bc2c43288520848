import { isObject, type Json, type JsonObject } from "../../../util/json.ts";
import { objects } from "./panels.ts";

/** The value of an input: text, or a reference to a datasource. */
export type InputValue = string | { readonly type?: string; readonly uid: string };

/** An input without a value, with the type of datasource if it is one. */
export interface MissingInput {
  readonly name: string;
  readonly datasource?: string;
}

/**
 * Replaces `${DS_PROMETHEUS}` and other inputs with their values, as Grafana's import page does, and lists the inputs without
 * a value.
 */
export function fillInputs(
  model: JsonObject,
  inputs: Readonly<Record<string, InputValue>>,
): { model: JsonObject; missing: MissingInput[] } {
  const asked = objects(model["__inputs"]).flatMap(({ name, type, pluginId }) =>
    typeof name === "string" ? [{ name, type, pluginId }] : [],
  );
  const missing = asked
    .filter(({ name }) => !Object.hasOwn(inputs, name))
    .map(({ name, type, pluginId }) => ({
      name,
      ...(type === "datasource" ? { datasource: typeof pluginId === "string" ? pluginId : "" } : {}),
    }));
  const given = asked.map(({ name }) => name).filter((name) => Object.hasOwn(inputs, name));
  if (given.length === 0) return { model, missing };

  const fill = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(fill);
    if (isObject(value))
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillIn(key, item)]));
    return typeof value === "string"
      ? given.reduce((text, name) => text.replaceAll(`\${${name}}`, () => textOf(inputs[name])), value)
      : value;
  };
  const fillIn = (key: string, value: Json): Json => {
    if (key !== "datasource") return fill(value);
    const named = isObject(value) ? value["uid"] : value;
    const name = typeof named === "string" ? /^\$\{([^}]+)\}$/.exec(named)?.[1] : undefined;
    const answer = name === undefined ? undefined : inputs[name];
    if (typeof answer !== "object") return fill(value);
    return isObject(value) ? { ...value, ...answer } : { ...answer };
  };
  const { __inputs, ...rest } = model;
  void __inputs;
  return { model: fill(rest) as JsonObject, missing };
}

function textOf(value: InputValue | undefined): string {
  return typeof value === "object" ? value.uid : (value ?? "");
}

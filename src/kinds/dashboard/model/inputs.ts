import { isObject, type Json, type JsonObject } from "../../../util/json.ts";
import { objects } from "./panels.ts";

/** What an input stands for: text, or how panels name a datasource. */
export type InputValue = string | { readonly type?: string; readonly uid: string };

/** An input without an answer; with the type of datasource where it asks for one. */
export interface MissingInput {
  readonly name: string;
  readonly datasource?: string;
}

/**
 * Puts answers in the place of `${DS_PROMETHEUS}` and the like, as Grafana's import page does, and names the inputs that
 * have none.
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

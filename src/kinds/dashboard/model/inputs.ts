import { isObject, type Json, type JsonObject } from "../../../util/json.ts";
import { objects } from "./panels.ts";

/** The value of an input: text, or a reference to a datasource. */
export type InputValue = string | { readonly type?: string; readonly uid: string };

/** An input without a value, with the type of datasource if it is one. */
export interface MissingInput {
  readonly name: string;
  readonly datasource?: string;
}

interface FilledModel {
  readonly model: JsonObject;
  /** The names of all inputs. */
  readonly asked: readonly string[];
  readonly missing: readonly MissingInput[];
}

/** Datasources that every Grafana has. Their plugins are `datasource` in some exports. */
const BUILT_IN: Readonly<Record<string, InputValue>> = {
  __expr__: { type: "__expr__", uid: "__expr__" },
  grafana: { type: "grafana", uid: "-- Grafana --" },
  mixed: { type: "datasource", uid: "-- Mixed --" },
  dashboard: { type: "datasource", uid: "-- Dashboard --" },
};

/**
 * Replaces `${DS_PROMETHEUS}` and other inputs with their values, as Grafana's import page does, and lists the inputs without
 * a value. Constants have the value of the export by default, and built-in datasources need none.
 */
export function fillInputs(model: JsonObject, values: Readonly<Record<string, InputValue>>): FilledModel {
  const all = objects(model["__inputs"]).filter((input): input is JsonObject & { name: string } => {
    return typeof input["name"] === "string";
  });
  const asked = all.map(({ name }) => name);
  const defaults = all.flatMap((input) => {
    const value = defaultOf(input);
    return value === undefined ? [] : [[input.name, value] as const];
  });
  const inputs = { ...Object.fromEntries(defaults), ...values };
  const missing = all
    .filter(({ name }) => !Object.hasOwn(inputs, name))
    .map(({ name, type, pluginId }) => ({
      name,
      ...(type === "datasource" ? { datasource: typeof pluginId === "string" ? pluginId : "" } : {}),
    }));
  const given = asked.filter((name) => Object.hasOwn(inputs, name));
  if (given.length === 0) return { model, asked, missing };

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
  return { model: fill(rest) as JsonObject, asked, missing };
}

/** The inputs for datasources that have no value. */
export function unansweredInputs(
  model: JsonObject,
  values: Readonly<Record<string, InputValue>>,
): (MissingInput & { readonly datasource: string })[] {
  if (!("__inputs" in model)) return [];
  return fillInputs({ __inputs: model["__inputs"] ?? [] }, values).missing.flatMap((input) =>
    input.datasource === undefined ? [] : [{ ...input, datasource: input.datasource }],
  );
}

function defaultOf({ name, type, pluginId, value }: JsonObject): InputValue | undefined {
  if (type === "constant") return typeof value === "string" && value !== "" ? value : undefined;
  if (type !== "datasource" || typeof pluginId !== "string") return undefined;
  if (Object.hasOwn(BUILT_IN, pluginId)) return BUILT_IN[pluginId];
  const words = pluginId === "datasource" && typeof name === "string" ? name.toLowerCase().split(/[^a-z]+/) : [];
  return words.flatMap((word) => (Object.hasOwn(BUILT_IN, word) ? [BUILT_IN[word]] : []))[0];
}

function textOf(value: InputValue | undefined): string {
  return typeof value === "object" ? value.uid : (value ?? "");
}

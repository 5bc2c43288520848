import { z } from "zod";
import type { KindContext } from "../../engine/kind-context.ts";
import type { Desired } from "../../engine/model.ts";
import { ask } from "../../grafana/ask.ts";
import { Forbidden, NotFound } from "../../grafana/errors.ts";
import type { Fault } from "../../util/errors.ts";
import { isObject, textOf, toJson, type Json, type JsonObject } from "../../util/json.ts";
import type { ApiObject } from "./builder.ts";
import { groupOf, typeOf } from "./id.ts";
import { servedType } from "./live.ts";

const OpenApi = z.looseObject({
  components: z.looseObject({ schemas: z.record(z.string(), z.looseObject({})) }),
});

type Schemas = Readonly<Record<string, JsonObject>>;

/** Unknown properties and wrong types, by the schemas that Grafana serves. None if it serves none. One request for each version. */
export async function specFaults(context: KindContext, all: readonly Desired<ApiObject>[]): Promise<Fault[]> {
  const groups = Map.groupBy(all, ({ resource }) => resource.apiVersion);
  const found = await Promise.all(
    [...groups].map(async ([apiVersion, own]) => {
      // Grafana answers 500 for a version that it does not serve.
      const served = await Promise.all(own.map(({ resource }) => servedType(context, typeOf(resource))));
      if (!served.some((one) => one?.apiVersion === apiVersion)) return [];
      const schemas = await schemasOf(context, apiVersion);
      return own.flatMap((one) => faultsOf(one, schemas));
    }),
  );
  return found.flat();
}

async function schemasOf({ grafana: { client } }: KindContext, apiVersion: string): Promise<Schemas> {
  try {
    const answer = await ask(client, { method: "GET", path: `/openapi/v3/apis/${apiVersion}` }, OpenApi);
    return toJson(answer.components.schemas) as unknown as Schemas;
  } catch (error) {
    if (error instanceof NotFound || error instanceof Forbidden) return {};
    throw error;
  }
}

function faultsOf({ resource, source }: Desired<ApiObject>, schemas: Schemas): Fault[] {
  const { apiVersion, objectKind, spec } = resource;
  const group = groupOf(apiVersion);
  const own = Object.values(schemas).find((schema) => {
    const types = schema["x-kubernetes-group-version-kind"];
    return (
      Array.isArray(types) && types.some((one) => isObject(one) && one["group"] === group && one["kind"] === objectKind)
    );
  });
  const properties = own?.["properties"];
  const schema = isObject(properties) ? properties["spec"] : undefined;
  if (!isObject(schema)) return [];
  return problemsIn(toJson(spec), schema, schemas, ["spec"]).map(({ path, message }) => ({
    level: "error",
    code: "code-property-invalid",
    ...source,
    path: path.join("."),
    message,
  }));
}

interface Problem {
  readonly path: readonly string[];
  readonly message: string;
}

const TYPES: Readonly<Record<string, (value: Json) => boolean>> = {
  string: (value) => typeof value === "string",
  boolean: (value) => typeof value === "boolean",
  integer: (value) => Number.isInteger(value),
  number: (value) => typeof value === "number",
  array: (value) => Array.isArray(value),
  object: isObject,
};

/** Missing properties are not reported: Grafana accepts objects without those that its schemas require. */
function problemsIn(value: Json, given: JsonObject, schemas: Schemas, path: readonly string[]): Problem[] {
  const schema = resolved(given, schemas);
  if (value === null || !schema) return [];
  const { type, properties, items } = schema;
  const isType = typeof type === "string" ? TYPES[type] : undefined;
  if (isType && !isType(value)) return [{ path, message: `must be of the type ${textOf(type)}` }];
  if (Array.isArray(schema["enum"]) && !schema["enum"].includes(value))
    return [{ path, message: `must be one of ${schema["enum"].map((one) => JSON.stringify(one)).join(", ")}` }];
  if (Array.isArray(value))
    return isObject(items)
      ? value.flatMap((item, index) => problemsIn(item, items, schemas, [...path, String(index)]))
      : [];
  if (!isObject(value) || !isObject(properties)) return [];
  return Object.entries(value).flatMap(([key, item]): Problem[] => {
    const own = properties[key];
    if (isObject(own)) return problemsIn(item, own, schemas, [...path, key]);
    if (schema["additionalProperties"] !== false) return [];
    return [{ path: [...path, key], message: `unknown property; the type has ${Object.keys(properties).join(", ")}` }];
  });
}

/** The schema that a reference leads to. Undefined for a combination of several. */
function resolved(schema: JsonObject, schemas: Schemas, depth = 0): JsonObject | undefined {
  const all = schema["allOf"];
  const { $ref } = schema;
  if (depth > 10 || schema["oneOf"] !== undefined || schema["anyOf"] !== undefined) return undefined;
  if (Array.isArray(all)) {
    const [only] = all;
    return all.length === 1 && isObject(only) ? resolved(only, schemas, depth + 1) : undefined;
  }
  if (typeof $ref !== "string") return schema;
  const target = schemas[$ref.slice($ref.lastIndexOf("/") + 1)];
  return target && resolved(target, schemas, depth + 1);
}

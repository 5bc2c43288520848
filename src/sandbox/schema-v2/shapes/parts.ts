import type { Json } from "../../json.ts";
import type { Shape } from "../decode.ts";

export const strings: Shape = { list: "string" };

/** An object with `kind` and `spec`. */
export function kind(spec: Readonly<Record<string, Shape>>, more: Readonly<Record<string, Shape>> = {}): Shape {
  return { fields: { kind: "string", ...more, spec: { fields: spec } } };
}

export function union(by: string, types: Readonly<Record<string, Shape>>, otherwise: Json = null): Shape {
  return { by, types, otherwise };
}

export const datasource: Shape = { fields: { "name?": "string" } };

export const query: Shape = {
  fields: { kind: "string", group: "string", version: "string", "datasource?": datasource, spec: { map: "any" } },
};

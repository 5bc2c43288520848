import type { Json, JsonObject } from "../util/json.ts";
import type { Desired, LiveObject } from "./model.ts";

/** The content of a document in a newer schema, as Grafana converted it. */
export interface ConvertedContent {
  /** `dashboard.grafana.app/v2beta1` */
  readonly apiVersion: string;
  readonly spec: JsonObject;
}

/** Documents that can be rewritten in a newer schema. */
export interface UpgradeFacet<Resource extends object = object, Live extends LiveObject = LiveObject> {
  /** The content that Grafana converts, or why there is nothing to convert, or why the document can't be converted. */
  prepare(
    document: Json,
    desired: Desired<Resource>,
    live: Live | undefined,
  ):
    { readonly content: JsonObject } | { readonly done: string } | { readonly obstacle: string; readonly hint: string };
  /** The document with the converted content, in the same place and with the same id. */
  rewrite(document: Json, desired: Desired<Resource>, converted: ConvertedContent): JsonObject;
  /** What the user should check: what the conversion loses, and what only Grafana's UI completes. */
  notes(content: JsonObject, spec: JsonObject): readonly string[];
}

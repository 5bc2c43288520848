import type { Desired, Reference } from "../../engine/model.ts";
import { diff } from "../../engine/diff.ts";
import type { Difference } from "../../engine/difference.ts";
import { isObject, textOf, toJson, type Json, type JsonObject } from "../../util/json.ts";
import { folderUid } from "../folder/builder.ts";
import { folderIn, reference } from "../reference.ts";
import type { ApiObject } from "./builder.ts";
import { idOf } from "./id.ts";
import type { LiveApiObject, Named } from "./live.ts";

type Wanted = Pick<Desired<ApiObject>, "resource" | "references">;

export function referencesOf({ folder, dependsOn = [] }: ApiObject, project: string): Reference[] {
  const hint = "Export it, or remove it from dependsOn.";
  return [
    ...(folder ? [reference(folder, "folder", folderUid(folder, project))] : []),
    ...dependsOn.map((one, index) => ({ ...reference(one, `dependsOn[${index}]`, idOf(one)), hint })),
  ];
}

export function namedIn({ metadata: { annotations = {}, labels = {} }, ignore = [] }: ApiObject): Named {
  return { annotations: Object.keys(annotations), labels: Object.keys(labels), ignore };
}

export function desiredForm(desired: Wanted, live?: LiveApiObject): JsonObject {
  const { spec, ignore = [], metadata } = desired.resource;
  return form(spec, folderIn(desired, live), ignore, metadata);
}

/** Annotations and labels count only if the code names them: others can come from other tools. */
export function observedForm({ object, parent, named, applied }: LiveApiObject): JsonObject {
  const { annotations, labels } = object.metadata;
  return form(object.spec ?? {}, parent, named?.ignore ?? applied?.ignored ?? [], {
    annotations: picked(annotations, named?.annotations),
    labels: picked(labels, named?.labels),
  });
}

/** What a write determines. */
export function contentOf({ spec = {}, folder }: JsonObject): JsonObject {
  return { spec, ...(folder === undefined ? {} : { folder }) };
}

export function differencesOf(before: JsonObject, after: JsonObject): Difference[] {
  return diff(before, after, {
    values: { folder: { absent: "", show: (uid) => (uid === "" ? "the top level" : `folder/${textOf(uid)}`) } },
  });
}

/** What is sent: the code, with the current values of what Grafana sets. */
export function specToSend({ spec, ignore = [] }: ApiObject, live: LiveApiObject | undefined): JsonObject {
  const current = toJson(live?.object.spec ?? {}) as JsonObject;
  return ignore.reduce((sent, path) => withValue(sent, keysOf(path), current), toJson(spec) as JsonObject);
}

function form(
  spec: object,
  folder: string | undefined,
  ignore: readonly string[],
  { annotations = {}, labels = {} }: Pick<ApiObject["metadata"], "annotations" | "labels">,
): JsonObject {
  const without = ignore.reduce((rest, path) => withValue(rest, keysOf(path), {}), toJson(spec) as JsonObject);
  const metadata = withoutEmpty({ annotations: { ...annotations }, labels: { ...labels } });
  return {
    spec: withoutEmpty(without),
    ...(folder ? { folder } : {}),
    ...(Object.keys(metadata).length > 0 ? { metadata } : {}),
  };
}

/** The keys in `spec` of a path such as `spec.revision`. */
function keysOf(path: string): string[] {
  return path.split(".").slice(1);
}

/** A copy with the value that `from` has at this path, or without one. */
function withValue(object: JsonObject, [key = "", ...rest]: readonly string[], from: JsonObject): JsonObject {
  const { [key]: now, ...others } = object;
  const theirs = from[key];
  if (rest.length === 0) return theirs === undefined ? others : { ...others, [key]: theirs };
  if (!isObject(now) && !isObject(theirs)) return object;
  return { ...others, [key]: withValue(isObject(now) ? now : {}, rest, isObject(theirs) ? theirs : {}) };
}

function picked(
  from: Readonly<Record<string, string>> | null | undefined,
  keys: readonly string[] = [],
): Record<string, string> {
  return Object.fromEntries(Object.entries(from ?? {}).filter(([key]) => keys.includes(key)));
}

/** Without empty values: Grafana adds them for properties that a write omits. Items of lists are kept. */
function withoutEmpty(object: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(object).flatMap(([key, value]) => {
      const rest = withoutEmptyIn(value);
      return isEmpty(rest) ? [] : [[key, rest]];
    }),
  );
}

function withoutEmptyIn(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutEmptyIn);
  return isObject(value) ? withoutEmpty(value) : value;
}

function isEmpty(value: Json): boolean {
  if (typeof value === "object" && value !== null) return Object.keys(value).length === 0;
  return value === null || value === "" || value === 0 || value === false;
}

import { parseObject } from "./json.ts";
import { annotation, internalIdLabel, type Draft } from "./k8s/metadata.ts";
import type { StoredObject } from "./k8s/objects.ts";

/** The numeric id in the older APIs. */
export function internalIdOf(object: StoredObject): number {
  return Number(object.metadata.labels?.[internalIdLabel] ?? 0);
}

/** Compares strings by code units, independent of the locale. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The order of lists in the older APIs. */
export function byTitle(a: StoredObject, b: StoredObject): number {
  return compareText(a.title.toLowerCase(), b.title.toLowerCase()) || internalIdOf(a) - internalIdOf(b);
}

/** A draft that writes an object unchanged. */
export function draftOfStored(object: StoredObject): Draft {
  const { metadata } = object;
  return {
    manager: "grafana",
    version: object.version,
    name: metadata.name,
    uid: metadata.uid,
    resourceVersion: "",
    labels: { ...metadata.labels },
    annotations: { ...metadata.annotations },
    spec: parseObject(object.spec) ?? {},
  };
}

/** Creator and last editor, as named in the metadata. */
export function authorsOf({ metadata }: StoredObject): { createdBy: string; updatedBy: string } {
  const createdBy = metadata.annotations?.[annotation.createdBy] ?? "";
  return { createdBy, updatedBy: metadata.annotations?.[annotation.updatedBy] ?? createdBy };
}

/** Creation and update times in the form of the older APIs. */
export function timesOf(object: StoredObject): { created: string; updated: string } {
  const created = object.metadata.creationTimestamp;
  return { created, updated: object.metadata.annotations?.[annotation.updatedTimestamp] ?? created };
}

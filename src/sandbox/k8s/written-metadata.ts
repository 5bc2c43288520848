import { isDeepStrictEqual } from "node:util";
import type { Caller } from "../access/caller.ts";
import { annotation, stringsOrNone, type Draft, type ObjectMeta, type Strings } from "./metadata.ts";
import { conversionStatus, type StoredObject } from "./objects.ts";
import type { Storage } from "./storage.ts";

/** Whether a write changes nothing that its client decides. */
export function isSame(object: StoredObject, previous: StoredObject): boolean {
  const comparable = ({ metadata: { resourceVersion: _, managedFields: __, ...metadata } }: StoredObject) => metadata;
  return (
    object.version === previous.version &&
    object.spec === previous.spec &&
    object.more === previous.more &&
    isDeepStrictEqual(comparable(object), comparable(previous))
  );
}

/** Grafana stores the conversion status of an object that changes its version. */
export function statusAfter(draft: Draft, previous: StoredObject): string | undefined {
  return draft.version === previous.version ? previous.status : conversionStatus(previous.version);
}

export function clientAnnotations(annotations: Strings): Strings {
  const ofServer: string[] = [
    annotation.createdBy,
    annotation.updatedBy,
    annotation.updatedTimestamp,
    annotation.grantPermissions,
  ];
  return Object.fromEntries(Object.entries(annotations).filter(([key]) => !ofServer.includes(key)));
}

export function maps(labels: Strings, annotations: Strings): { labels?: Strings; annotations?: Strings } {
  const ownLabels = stringsOrNone(labels);
  const ownAnnotations = stringsOrNone(annotations);
  return {
    ...(ownLabels === undefined ? {} : { labels: ownLabels }),
    ...(ownAnnotations === undefined ? {} : { annotations: ownAnnotations }),
  };
}

export function pick(values: Strings | undefined, ...keys: string[]): Strings {
  return Object.fromEntries(Object.entries(values ?? {}).filter(([key]) => keys.includes(key)));
}

/** The current time in the format of Kubernetes, with a precision of seconds. */
export function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, "Z");
}

/** What the trash keeps of an object's metadata. */
export function deletedMetadata(
  { managedFields: _, ...metadata }: ObjectMeta,
  storage: Storage,
  caller: Caller,
): ObjectMeta {
  const time = now();
  return {
    ...metadata,
    resourceVersion: storage.resourceVersion(metadata.generation + 1),
    generation: -999,
    deletionTimestamp: time,
    ...maps(metadata.labels ?? {}, {
      ...metadata.annotations,
      [annotation.updatedBy]: storage.author(caller),
      [annotation.updatedTimestamp]: time,
    }),
  };
}

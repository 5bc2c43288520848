import type { VersionClock } from "../clock.ts";
import { type Draft, annotation, internalIdLabel } from "../k8s/metadata.ts";
import type { StoredObject } from "../k8s/objects.ts";
import { failure } from "../k8s/status.ts";
import type { Storage } from "../k8s/storage.ts";
import { isObject } from "../json.ts";
import { rowId, uidOfName, type RowIds } from "./rows.ts";

/**
 * Playlists in SQL tables, which store only the name of the metadata. Grafana checks neither a version nor `dryRun` before a
 * write or delete, and ignores the parameters of a list.
 */
export function sqlPlaylists(ids: RowIds, clock: VersionClock): Storage {
  return {
    author: ({ id }) => `user:${id}`,
    // Grafana generates the uid before it sets the object's kind.
    uid: (names, draft) => uidOfName({ ...names, group: "", kind: "" }, draft.name),
    // The time of the write in milliseconds.
    resourceVersion: () => String(Math.floor(clock.next() / 1000)),
    internalId: () => String(ids.next()),
    kept,
    answered: (_written, row) => row,
    checksMetadata: false,
    keepsManagers: false,
    dryRuns: false,
    createsByUpdate: false,
    keepsDeleted: false,
    showsDeleted: true,
    list: (objects) => ({ objects: [...objects.all()].toSorted((a, b) => rowId(a) - rowId(b)), metadata: {} }),
  };
}

/** Checks a playlist before it is written to the tables. */
export function validateRow({ name, spec }: Draft): void {
  if (!/^[a-zA-Z0-9_-]+$/.test(name)) {
    throw failure(500, "invalid format of UID. Only letters, numbers, '-' and '_' are allowed");
  }
  if (name.length > 40) throw failure(500, "UID is longer than 40 symbols");
  const items = Array.isArray(spec["items"]) ? spec["items"] : [];
  if (items.some((item) => isObject(item) && item["type"] === "dashboard_by_id")) {
    throw failure(500, "unsupported item type: dashboard_by_id");
  }
  if (items.length === 0) throw failure(500, "no element on slice when insert");
}

/** The error of a create with a name that exists. */
export function rowExists(): Error {
  return failure(500, "UNIQUE constraint failed: playlist.org_id, playlist.uid");
}

function kept(object: StoredObject): StoredObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp, labels = {}, annotations = {} } = object.metadata;
  return {
    ...object,
    metadata: {
      name,
      namespace,
      uid,
      resourceVersion,
      generation: 0,
      creationTimestamp,
      labels: { [internalIdLabel]: labels[internalIdLabel] ?? "0" },
      annotations: {
        [annotation.updatedTimestamp]: annotations[annotation.updatedTimestamp] ?? creationTimestamp,
      },
    },
  };
}

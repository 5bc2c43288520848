import type { VersionClock } from "../clock.ts";
import { ancestorsOf } from "../folder-tree.ts";
import { parseObject, sortedJson, text } from "../json.ts";
import { annotation, folderOf, internalIdLabel, stringsOrNone, type Strings } from "../k8s/metadata.ts";
import type { ObjectCollection, StoredObject } from "../k8s/objects.ts";
import { parseSelector } from "../k8s/selectors.ts";
import { failure } from "../k8s/status.ts";
import type { ListRequest, Storage } from "../k8s/storage.ts";
import { byRow, rowId, uidOfName, type RowIds } from "./rows.ts";

const defaultLimit = 100;
const fullPath = { title: "grafana.app/fullpath", uids: "grafana.app/fullpathUIDs" } as const;

/**
 * Folders in SQL tables, which store only title, description and parent. Grafana checks neither a version nor `dryRun`
 * before a write.
 */
export function sqlFolders(ids: RowIds, clock: VersionClock): Storage {
  return {
    author: ({ id }) => `user:${id}`,
    uid: (names, draft) => uidOfName(names, draft.name),
    // The time of the write in milliseconds.
    resourceVersion: () => String(Math.floor(clock.next() / 1000)),
    internalId: () => String(ids.next()),
    kept: (object) => kept(object),
    answered: (_written, row, created) => (created ? withDescription(row, "") : row),
    checksMetadata: false,
    keepsManagers: false,
    dryRuns: false,
    createsByUpdate: false,
    keepsDeleted: false,
    showsDeleted: true,
    list(objects, _trash, request, visible) {
      const { page, limit } = pageOf(request);
      // A caller that can't read all folders gets its folders in one page, regardless of the limit.
      const rows = visible.all
        ? [...objects.all()].toSorted(byRow).slice((page - 1) * limit, page * limit)
        : [...objects.all()].filter(visible.live).toSorted((a, b) => rowId(a) - rowId(b));
      const withPath = !request.bare && parseSelector(request.selector)({ [fullPath.title]: "true" });
      return {
        objects: rows.map((row) => listed(row, withPath ? objects : undefined)),
        metadata: rows.length < limit ? {} : { continue: Buffer.from(`${limit}|${page + 1}`).toString("base64") },
      };
    },
  };
}

function kept(object: StoredObject): StoredObject {
  const { metadata, version, title, tags, size, grants } = object;
  const { labels = {}, annotations = {}, ...rest } = metadata;
  const folder = annotations[annotation.folder] ?? "";
  const createdBy = annotations[annotation.createdBy] ?? "";
  const row = {
    version,
    title,
    tags,
    size,
    grants,
    spec: object.spec,
    metadata: {
      ...rest,
      labels: { [internalIdLabel]: labels[internalIdLabel] ?? "0" },
      annotations: {
        [annotation.createdBy]: createdBy,
        ...(folder === "" ? {} : { [annotation.folder]: folder }),
        [annotation.updatedBy]: annotations[annotation.updatedBy] ?? createdBy,
        [annotation.updatedTimestamp]: annotations[annotation.updatedTimestamp] ?? metadata.creationTimestamp,
      },
    },
  };
  return withDescription(row, text(parseObject(object.spec)?.["description"]));
}

function withDescription(object: StoredObject, description: string): StoredObject {
  return { ...object, spec: sortedJson({ title: object.title, description }) };
}

/** A folder in a list has fewer fields than a single folder, because the query reads fewer columns. */
function listed(row: StoredObject, tree: ObjectCollection | undefined): StoredObject {
  const { annotations = {}, ...metadata } = row.metadata;
  const above = tree === undefined ? [] : [...ancestorsOf(tree, folderOf(row.metadata)), row.metadata.name];
  const titles = above.map((uid) => (tree?.get(uid)?.title ?? "").replaceAll("/", String.raw`\/`));
  const path = above.length === 0 ? {} : { [fullPath.title]: titles.join("/"), [fullPath.uids]: above.join("/") };
  const shown: Strings = { ...annotations, ...path };
  delete shown[annotation.createdBy];
  delete shown[annotation.updatedBy];
  return { ...row, metadata: { ...metadata, generation: 0, annotations: stringsOrNone(shown) ?? {} } };
}

function pageOf(request: ListRequest): { page: number; limit: number } {
  if (request.continue === "") return { page: 1, limit: request.limit > 0 ? request.limit : defaultLimit };
  const match = /^(\d+)\|(\d+)$/.exec(Buffer.from(request.continue, "base64").toString());
  if (match === null) throw failure(500, "error decoding continue token");
  const limit = Number(match[1]);
  if (request.limit > 0 && request.limit !== limit) throw failure(500, "limit does not match continue token");
  return { page: Number(match[2]), limit };
}

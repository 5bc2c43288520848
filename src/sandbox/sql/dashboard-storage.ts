import { annotation, folderOf, internalIdLabel, stringsOrNone } from "../k8s/metadata.ts";
import type { ObjectCollection, StoredObject } from "../k8s/objects.ts";
import { takePage } from "../k8s/pages.ts";
import { asksForTrash } from "../k8s/selectors.ts";
import { failure } from "../k8s/status.ts";
import type { Storage } from "../k8s/storage.ts";
import { rowId, uidOfName, type RowIds } from "./rows.ts";

const columns: readonly string[] = [
  annotation.createdBy,
  annotation.folder,
  annotation.updatedBy,
  annotation.updatedTimestamp,
];

/** Dashboards in SQL tables. The response to a write has the client's annotations and labels, but they are not stored. */
export function sqlDashboards(ids: RowIds): Storage {
  return {
    author: ({ uid }) => `user:${uid}`,
    uid: (names, draft) => uidOfName(names, draft.name),
    resourceVersion: String,
    internalId: () => String(ids.next()),
    kept,
    answered: (written) => written,
    checksMetadata: true,
    keepsManagers: false,
    dryRuns: true,
    createsByUpdate: true,
    keepsDeleted: false,
    showsDeleted: false,
    history: {
      listVersion,
      before: startOf,
      token: ({ metadata }) => tokenOf(metadata.generation),
      // A version stores only its content, author and time.
      shown: (version, current, access, caller) =>
        access.canRead(caller, current) ? inFolder(version, folderOf(current.metadata)) : undefined,
    },
    list(objects, _trash, request, visible) {
      const rows = [...objects.all()].toSorted((a, b) => rowId(b) - rowId(a));
      const metadata = { resourceVersion: listVersion(objects) };
      if (asksForTrash(request.selector)) return { objects: [], metadata };
      if (request.selector !== "") throw failure(500, "labels not yet supported");
      const start = startOf(request.continue);
      const seen = rows.filter((row) => (start === undefined || rowId(row) < start) && visible.live(row));
      const page = takePage(seen, request.limit);
      const last = page.next;
      return {
        objects: page.objects,
        metadata: { ...metadata, ...(last === undefined ? {} : { continue: tokenOf(rowId(last)) }) },
      };
    },
  };
}

function kept(object: StoredObject, previous?: StoredObject): StoredObject {
  const { metadata, version, spec, title, tags, size, grants } = object;
  const { labels = {}, annotations = {}, ...rest } = metadata;
  const stored = {
    [annotation.updatedBy]: annotations[annotation.createdBy] ?? "",
    [annotation.updatedTimestamp]: metadata.creationTimestamp,
    ...Object.fromEntries(Object.entries(annotations).filter(([key]) => columns.includes(key))),
  };
  const id = labels[internalIdLabel] ?? "0";
  // Every write increments the generation, even if the response reports no change.
  const generation = previous === undefined ? metadata.generation : previous.metadata.generation + 1;
  return {
    version,
    spec,
    title,
    tags,
    size,
    grants,
    metadata: {
      ...rest,
      generation,
      resourceVersion: String(generation),
      labels: { [internalIdLabel]: id },
      annotations: stored,
    },
  };
}

function listVersion(objects: ObjectCollection): string {
  const updated = [...objects.all()].map(({ metadata }) =>
    Date.parse(metadata.annotations?.[annotation.updatedTimestamp] ?? ""),
  );
  return String(Math.max(1, ...updated) * 1000);
}

function inFolder(version: StoredObject, folder: string): StoredObject {
  const { [annotation.folder]: _before, ...annotations } = version.metadata.annotations ?? {};
  const now = stringsOrNone({ ...annotations, ...(folder === "" ? {} : { [annotation.folder]: folder }) });
  return { ...version, metadata: { ...version.metadata, annotations: now ?? {} } };
}

function tokenOf(start: number): string {
  return `org:1/start:${start}/folder:`;
}

/** The row or version before which a page starts. */
function startOf(token: string): number | undefined {
  if (token === "") return undefined;
  const match = /^org:\d+\/start:(\d+)\/folder:/.exec(token);
  if (match === null) throw failure(500, "invalid continue token (too few parts)");
  return Number(match[1]);
}

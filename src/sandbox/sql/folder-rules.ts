import { ancestorsOf, heightOf } from "../folder-tree.ts";
import { parseObject, text } from "../json.ts";
import { folderOf, type Draft } from "../k8s/metadata.ts";
import type { ObjectCollection, StoredObject } from "../k8s/objects.ts";
import { failure } from "../k8s/status.ts";

/** The maximum number of ancestors. */
const maximumDepth = 4;

/** An update keeps omitted fields. */
export function keepsWhatIsMissing(draft: Draft, previous: StoredObject | undefined): void {
  const before = previous === undefined ? {} : (parseObject(previous.spec) ?? {});
  const title = text(draft.spec["title"]).trim();
  draft.spec = {
    title: title === "" ? text(before["title"]) : title,
    description:
      typeof draft.spec["description"] === "string" ? draft.spec["description"] : text(before["description"]),
  };
}

export function validateNewFolder(folders: ObjectCollection, draft: Draft): void {
  const { name } = draft;
  if (name === "general") throw failure(500, "Folder API error: invalid uid for folder provided");
  if (name === "sharedwithme") throw failure(400, "BadRequest");
  if (!/^[a-zA-Z0-9_-]*$/.test(name)) throw failure(400, "uid contains illegal characters");
  if (name.length > 40) throw failure(400, "uid too long, max 40 characters");
  if (draft.spec["title"] === "") throw failure(400, "folder title cannot be empty");
  const parent = folderOf(draft);
  if (parent !== "" && folders.get(parent) === undefined) throw folderNotFound();
  if (ancestorsOf(folders, parent).length > maximumDepth) {
    throw failure(400, "[folder.maximum-depth-reached] failed to validate parent folder");
  }
}

export function validateMove(folders: ObjectCollection, draft: Draft, previous: StoredObject): void {
  const parent = folderOf(draft);
  if (parent === folderOf(previous.metadata) || parent === "") return;
  const target = folders.get(parent);
  if (target === undefined) throw failure(404, "NotFound", "NotFound", { uid: "folder.notFound" });
  if (ancestorsOf(folders, parent).includes(draft.name)) {
    throw failure(400, "Circular reference detected", "BadRequest", { uid: "folder.circular-reference" });
  }
  const below = heightOf(folders, draft.name) - 1;
  const above = ancestorsOf(folders, folderOf(target.metadata)).length;
  if (below + above + 1 > maximumDepth) {
    throw failure(400, "Maximum nested folder depth reached", "BadRequest", { uid: "folder.maximum-depth-reached" });
  }
}

/** The 404 of this storage. */
export function folderNotFound(): Error {
  return failure(404, "folder not found");
}

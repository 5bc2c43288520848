import type { Caller } from "./access/caller.ts";
import { folderScope } from "./access/evaluator.ts";
import { defaultGrants, type Grant } from "./access/levels.ts";
import { resourceAccess, type ResourceAccess } from "./access/resource-access.ts";
import type { FolderContent, Routes, SandboxContext } from "./context.ts";
import { validateManager } from "./dashboard-rules.ts";
import type { ApiError } from "./errors.ts";
import { ancestorsOf, childrenOf, heightOf } from "./folder-tree.ts";
import { text } from "./json.ts";
import { folderOf, type Draft } from "./k8s/metadata.ts";
import type { ObjectCollection, StoredObject } from "./k8s/objects.ts";
import type { KindRules } from "./k8s/kind-rules.ts";
import type { Resource } from "./k8s/resource.ts";
import { addResourceRoutes } from "./k8s/routes.ts";
import { failure, forbidden } from "./k8s/status.ts";
import { unifiedStorage } from "./k8s/storage.ts";
import { folderNames } from "./names.ts";
import { sqlFolderAccess } from "./sql/folder-access.ts";
import { folderNotFound, keepsWhatIsMissing, validateMove, validateNewFolder } from "./sql/folder-rules.ts";
import { sqlFolders } from "./sql/folder-storage.ts";

/** The maximum number of ancestors. */
const maximumDepth = 4;
const reservedNames = ["general", "sharedwithme"];

/** Loads the folders. */
export async function openFolders(context: SandboxContext): Promise<Resource> {
  const folders: Resource =
    context.mode === "unified"
      ? await context.openResource(
          unifiedRules(context, () => folders),
          unifiedStorage(context.clock),
        )
      : await context.openResource(
          sqlRules(context, () => folders),
          sqlFolders(context.rowIds, context.clock),
        );
  context.access.watch("folders", folders.objects);
  context.folderContents.push({
    counts: "folder",
    count: (name) => childrenOf(folders.objects, name).length,
    clear: async (name, caller) => deleteSubfolders(context, folders, name, caller),
  });
  return folders;
}

function unifiedRules(context: SandboxContext, folders: () => Resource): KindRules {
  const access = resourceAccess(context.access, "folders");
  return {
    names: folderNames,
    normalize(draft) {
      draft.spec["title"] = text(draft.spec["title"]).replace(/^ +| +$/g, "");
    },
    validate(draft, previous, { caller }) {
      validateManager(draft, context.mode);
      if (previous === undefined) return validateCreate(folders().objects, draft);
      const canRead = (uid: string): boolean => context.access.can(caller, "folders:read", folderScope(uid));
      validateUpdate(folders().objects, draft, previous, canRead);
    },
    access: { ...access, requireCreate: requireCreate(context) },
    checksCreateFirst: true,
    grants,
    validateDelete(object) {
      if (context.folderContents.some(({ count }) => count(object.metadata.name) > 0)) throw notEmpty();
    },
    validateDryRunCreate(draft) {
      // Grafana sets permissions of a new root folder even in a dry run, and fails because it does not exist.
      if (folderOf(draft) === "") throw failure(404, "NotFound", "NotFound", { uid: "folder.notFound" });
    },
    keepsManagers: () => true,
    generations: ({ spec, annotations }, previous) =>
      spec !== previous.spec || folderOf({ annotations }) !== folderOf(previous.metadata) ? 1 : 0,
    alreadyExists: changedMeanwhile,
    guard: async (task) => context.tree.exclusive(task),
  };
}

/** A root folder gets default permissions, a subfolder inherits, and a folder that is created by an update gets none. */
function grants(draft: Draft, caller: Caller, how: "create" | "upsert"): Grant[] {
  return how === "create" && folderOf(draft) === "" ? defaultGrants(caller.id) : [];
}

/** Unified storage names the missing permission only for the creation of a folder. */
function requireCreate({ access }: SandboxContext): ResourceAccess["requireCreate"] {
  return (caller, draft) => {
    if (!access.can(caller, "folders:create", folderScope(folderOf(draft)))) throw forbidden("Access denied");
  };
}

function sqlRules(context: SandboxContext, folders: () => Resource): KindRules {
  return {
    names: folderNames,
    normalize: keepsWhatIsMissing,
    validate(draft, previous) {
      if (previous === undefined) validateNewFolder(folders().objects, draft);
      else validateMove(folders().objects, draft, previous);
    },
    access: sqlFolderAccess(context.access),
    grants,
    validateDelete({ metadata }, caller) {
      if (!context.access.can(caller, "folders:delete", folderScope(metadata.name))) {
        throw failure(500, "access denied to folder");
      }
      if (isKept(context, folders(), metadata.name, "newer API")) throw notEmpty();
    },
    // The newer API writes a moved folder twice.
    generations: ({ annotations }, previous) =>
      context.mode === "legacy-storage" && folderOf({ annotations }) !== folderOf(previous.metadata) ? 2 : 1,
    alreadyExists: changedMeanwhile,
    notFound: folderNotFound,
    deleteContents: async ({ metadata }, caller) => clearFolder(context, metadata.name, caller),
    guard: async (task) => context.tree.exclusive(task),
  };
}

export function folderRoutes(folders: Resource): Routes {
  return (app) =>
    addResourceRoutes(app, { resource: folders, versions: ["v1beta1"], convert: ({ spec }) => ({ spec }) });
}

/** Deletes a folder with its contents. The caller holds the folder tree exclusively. */
export async function deleteWithContents(
  context: SandboxContext,
  folders: Resource,
  name: string,
  caller: Caller,
): Promise<void> {
  const folder = folders.objects.get(name);
  if (folder === undefined) return;
  validateClear(context, folders, name);
  await clearFolder(context, name, caller);
  await folders.discard(folder, caller);
}

async function clearFolder(context: SandboxContext, name: string, caller: Caller): Promise<void> {
  for (const { clear } of context.folderContents) await clear(name, caller);
}

/** Whether a folder or a descendant contains objects that prevent its deletion by this folder API. */
export function isKept(
  context: SandboxContext,
  folders: Resource,
  name: string,
  api: "newer API" | "older API",
): boolean {
  const keeps = ({ keepsFolder }: FolderContent): boolean =>
    keepsFolder === "both APIs" || (keepsFolder === "newer API" && api === "newer API");
  const kept = context.folderContents.some((content) => keeps(content) && content.count(name) > 0);
  return kept || childrenOf(folders.objects, name).some((child) => isKept(context, folders, child.metadata.name, api));
}

function validateClear(context: SandboxContext, folders: Resource, name: string): void {
  for (const content of context.folderContents) content.validateClear?.(name);
  for (const child of childrenOf(folders.objects, name)) validateClear(context, folders, child.metadata.name);
}

async function deleteSubfolders(
  context: SandboxContext,
  folders: Resource,
  name: string,
  caller: Caller,
): Promise<void> {
  for (const child of childrenOf(folders.objects, name)) {
    await deleteWithContents(context, folders, child.metadata.name, caller);
  }
}

function changedMeanwhile(): ApiError {
  return failure(412, "the folder has been changed by someone else");
}

function notEmpty(): ApiError {
  return failure(400, "Folder cannot be deleted: folder is not empty", "BadRequest", { uid: "folder.not-empty" });
}

function validateCreate(folders: ObjectCollection, draft: Draft): void {
  const { name } = draft;
  if (reservedNames.includes(name)) throw failure(500, "Folder API error: invalid uid for folder provided");
  if (!/^[a-zA-Z0-9_-]*$/.test(name)) throw failure(400, "uid contains illegal characters");
  if (name.length > 40) throw failure(400, "uid too long, max 40 characters");
  if (draft.spec["title"] === "") throw failure(400, "folder title cannot be empty");
  const parent = folderOf(draft);
  if (parent === name) throw failure(400, "folder cannot be parent of itself");
  const above = ancestorsOf(folders, parent);
  if (above.includes(name)) {
    throw failure(
      500,
      `Folder API error: unable to create folder inside parent: cyclic folder references found: ${name}`,
    );
  }
  if (above.length > maximumDepth) {
    throw failure(500, `Folder API error: folder max depth exceeded, max depth is ${maximumDepth}`);
  }
}

function validateUpdate(
  folders: ObjectCollection,
  draft: Draft,
  previous: StoredObject,
  canRead: (uid: string) => boolean,
): void {
  if (draft.spec["title"] === "") throw failure(500, "folder title cannot be empty");
  const parent = folderOf(draft);
  if (parent === folderOf(previous.metadata) || parent === "") return;
  if (folders.get(parent) === undefined) {
    throw failure(500, `move target not found folders.folder.grafana.app "${parent}" not found`);
  }
  if (!canRead(parent)) throw failure(500, "move target not found ");
  const above = ancestorsOf(folders, parent);
  if (above.includes(draft.name)) {
    throw failure(500, "cannot move folder under its own descendant, this would create a circular reference");
  }
  const allowed = maximumDepth + 1 - above.length;
  const levelsBelow = heightOf(folders, draft.name) - 1;
  const shallower = ancestorsOf(folders, folderOf(previous.metadata)).length >= above.length;
  // If no level is left, Grafana ignores the descendants and accepts the move.
  if (allowed < 0 || (!shallower && allowed > 0 && levelsBelow >= allowed)) {
    throw failure(400, "Maximum nested folder depth reached", "BadRequest", { uid: "folder.maximum-depth-reached" });
  }
}

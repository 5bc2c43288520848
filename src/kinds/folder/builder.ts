import { deriveUid } from "../../util/derived-uid.ts";

/** A reference to a folder, by its uid: the result of `existing.folder(uid)`. */
export interface ExistingFolder {
  readonly kind: "folder";
  readonly uid: string;
  readonly existing: true;
}

/** A folder, at the root or in another folder, at most four levels deep. */
export interface Folder {
  readonly kind: "folder";
  readonly title: string;
  /** Letters, digits, `-` and `_`, at most 40. Default: derived from the project, the parent and the title. */
  readonly uid?: string;
  readonly description?: string;
  /** The folder that contains this one; `null`: the root. Without this property, a new folder is created at the root, and an existing one stays where it is. */
  readonly parent?: Folder | ExistingFolder | null;
}

/**
 * Defines a folder.
 *
 * @example export const toolboxai = folder({ uid: "toolboxai", title: "ToolboxAI" });
 */
export function folder(folder: Omit<Folder, "kind">): Folder {
  return { kind: "folder", ...folder };
}

/** The uid of a folder object in other resources. @internal */
export function folderUid(folder: Folder | ExistingFolder, project: string): string {
  if ("existing" in folder) return folder.uid;
  const parent = folder.parent ? folderUid(folder.parent, project) : "";
  return folder.uid ?? deriveUid(folder.title, [project, "folder", parent]);
}

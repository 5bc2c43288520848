/** What is granted on a folder is granted on everything in it. */
export interface FolderTree {
  /** The parent's uid; undefined at the root, or where it isn't known. */
  parentOf(uid: string): string | undefined;
}

/** The scope of one folder in permissions. */
export function folderScope(uid: string): string {
  return `folders:uid:${uid}`;
}

/** The scopes that grant something on a folder: its own, then those of the folders that it is in. */
export function folderScopes(uid: string | undefined, tree: FolderTree): string[] {
  // What is at the root is in the folder that Grafana calls General.
  if (uid === undefined) return [folderScope("general")];
  const scopes: string[] = [];
  for (let at: string | undefined = uid; at !== undefined && !scopes.includes(folderScope(at));) {
    scopes.push(folderScope(at));
    at = tree.parentOf(at);
  }
  return scopes;
}

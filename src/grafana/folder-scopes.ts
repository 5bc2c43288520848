/** The parents of folders: a permission on a folder includes everything in it. */
export interface FolderTree {
  /** The uid of the parent; undefined at the root, or if it is unknown. */
  parentOf(uid: string): string | undefined;
}

/** The permission scope of one folder. */
export function folderScope(uid: string): string {
  return `folders:uid:${uid}`;
}

/** All scopes that include a folder: its own, then those of its ancestors. */
export function folderScopes(uid: string | undefined, tree: FolderTree): string[] {
  // Grafana's name for the root folder.
  if (uid === undefined) return [folderScope("general")];
  const scopes: string[] = [];
  for (let at: string | undefined = uid; at !== undefined && !scopes.includes(folderScope(at));) {
    scopes.push(folderScope(at));
    at = tree.parentOf(at);
  }
  return scopes;
}

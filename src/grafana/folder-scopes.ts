/** The parents of folders: a permission on a folder includes everything in it. */
export interface FolderTree {
  /** The uid of the parent; undefined at the root, or if it is unknown. */
  parentOf(uid: string): string | undefined;
}

/** The permission scope of one folder. */
export function folderScope(uid: string): string {
  return `folders:uid:${uid}`;
}

/**
 * Whether the credentials have a basic role (Viewer, Editor or Admin): Grafana lets each of them read the root folder. Grafana
 * lists further permissions to read only while objects exist that grant them.
 */
export function hasBasicRole(permissions: Readonly<Record<string, readonly string[]>>): boolean {
  return permissions["folders:read"]?.includes(folderScope("general")) === true;
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

import type { KindContext } from "../../engine/kind-context.ts";
import { GrafanaError } from "../../grafana/errors.ts";
import { readGrants, setGrants } from "./api.ts";
import { defaultLevels } from "./entries.ts";

/** The permissions of a folder in Grafana's API. */
export function folderPath(uid: string): string {
  return `/api/folders/${encodeURIComponent(uid)}/permissions`;
}

/** The permissions of a dashboard in Grafana's API. */
export function dashboardPath(uid: string): string {
  return `/api/dashboards/uid/${encodeURIComponent(uid)}/permissions`;
}

/**
 * Gives an object at the root the permissions of a new one, if it has none. Grafana first stores a folder or dashboard, and then its
 * permissions. If this fails because the database is locked (SQLite), the request fails, but the object stays, and only an Admin sees
 * it. Returns a note about it.
 */
export async function completePermissions(
  context: KindContext,
  { path, parent }: { readonly path: string; readonly parent: string | undefined },
): Promise<string | undefined> {
  if (parent !== undefined) return undefined;
  const problem = "was created, but Grafana may not have given it the permissions of a new object";
  try {
    const levels = await readGrants(context, path, { named: false });
    if (levels?.size !== 0) return undefined;
    const usual = defaultLevels(true);
    await setGrants(context, path, usual);
    const given = [...usual].map(([holder, level]) => `${holder}: ${level}`).join(", ");
    return `was created without permissions, because Grafana's request failed: it now has those of a new object (${given})`;
  } catch (error) {
    if (!(error instanceof GrafanaError)) throw error;
    return `${problem}: if only an Admin can see it, set its permissions (${error.message})`;
  }
}

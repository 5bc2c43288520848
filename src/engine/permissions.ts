import { hasBasicRole } from "../grafana/folder-scopes.ts";
import { kindWords, listed, pluralOf } from "../util/plural.ts";

/** The permissions of credentials: scopes by action. An action without a scope has `""`. */
export type Permissions = Readonly<Record<string, readonly string[]>>;

/**
 * A required permission. `scopes` are alternatives, of which one must be granted, directly or by a wildcard. Without
 * scopes, the action is required with any scope.
 */
export type Need =
  | { readonly action: string; readonly scopes?: readonly string[] }
  /** The minimum role in the organization. The list of permissions has no roles, so only Grafana can check it. */
  | { readonly role: "Viewer" | "Editor" | "Admin" }
  | { readonly all: readonly Need[] }
  | { readonly any: readonly Need[] };

/** Whether permissions include a need. Unknown permissions allow everything: Grafana will reject what is not permitted. */
export function allows(permissions: Permissions | undefined, need: Need): boolean {
  return permissions === undefined || missing(permissions, need) === undefined;
}

/** Whether a list is complete. Without one of these scopes it omits objects that the credentials can't read. */
export function listsAll(
  permissions: Permissions | undefined,
  readsAll: { readonly action: string; readonly scopes: readonly string[] } | undefined,
): boolean {
  if (!permissions || !readsAll) return true;
  return permissions[readsAll.action]?.some((scope) => scope === "*" || readsAll.scopes.includes(scope)) === true;
}

/**
 * The missing permission to list a kind. In an empty Grafana, a basic role has no permission to read objects, but may list them.
 * So for kinds whose lists omit what can't be read, the permission is required only without a role.
 */
export function missingToList(
  permissions: Permissions,
  { read, readsAll }: { readonly read: Need; readonly readsAll?: Parameters<typeof listsAll>[1] },
): string | undefined {
  return readsAll && hasBasicRole(permissions) ? undefined : missing(permissions, read);
}

/** The missing part of a need: `dashboards:create on folders:uid:open`; undefined if nothing is missing. */
export function missing(permissions: Permissions, need: Need): string | undefined {
  if ("all" in need) {
    const lacking = need.all.map((one) => missing(permissions, one)).filter((text) => text !== undefined);
    return lacking.length > 0 ? [...new Set(lacking)].join(", ") : undefined;
  }
  if ("any" in need) {
    const lacking = need.any.map((one) => missing(permissions, one));
    if (lacking.some((text) => text === undefined)) return undefined;
    // The first alternative is the narrowest.
    return lacking[0];
  }
  if ("role" in need) return undefined;
  const granted = permissions[need.action];
  if (granted && (!need.scopes || need.scopes.some((scope) => granted.some((one) => covers(one, scope))))) {
    return undefined;
  }
  return inWords(need);
}

/** Describes a need by the first of its alternatives. */
export function inWords(need: Need): string {
  if ("all" in need) return [...new Set(need.all.map(inWords).filter(Boolean))].join(", ");
  if ("any" in need) return need.any[0] ? inWords(need.any[0]) : "";
  if ("role" in need) return `the role ${need.role}`;
  const scope = need.scopes?.[0];
  return scope ? `${need.action} on ${scope}` : need.action;
}

/** Whether a granted scope includes another: `folders:*` includes `folders:uid:open`, and `*` includes everything. */
function covers(granted: string, scope: string): boolean {
  if (granted === scope || granted === "*") return true;
  return granted.endsWith(":*") && scope.startsWith(granted.slice(0, -1));
}

/** All actions of a need, for the documentation. */
export function actionsOf(need: Need): string[] {
  if ("all" in need) return [...new Set(need.all.flatMap(actionsOf))];
  if ("any" in need) return need.any[0] ? actionsOf(need.any[0]) : [];
  return "role" in need ? [] : [need.action];
}

/** What a report says about kinds whose lists can lack objects that the credentials can't read. */
export function partialNote(kinds: readonly string[]): string {
  const names = listed(kinds.map((kind) => pluralOf(kindWords(kind))));
  return `Grafana lists only the ${names} that these credentials are allowed to read.`;
}

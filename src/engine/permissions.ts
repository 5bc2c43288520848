/** What credentials may do, as Grafana tells: scopes by action. An action without a scope has `""`. */
export type Permissions = Readonly<Record<string, readonly string[]>>;

/**
 * What a request needs. `scopes` are alternatives: one of them, or a wildcard that covers one, has to be granted; none at
 * all asks for the action alone, whatever its scope.
 */
export type Need =
  | { readonly action: string; readonly scopes?: readonly string[] }
  /** The least role in the organisation, of which permissions say nothing: Grafana itself will say. */
  | { readonly role: "Viewer" | "Editor" | "Admin" }
  | { readonly all: readonly Need[] }
  | { readonly any: readonly Need[] };

/** Whether these permissions are enough. Unknown permissions forbid nothing: Grafana itself will say. */
export function allows(permissions: Permissions | undefined, need: Need): boolean {
  return permissions === undefined || missing(permissions, need) === undefined;
}

/** Whether a list has everything: without one of these scopes it leaves out what the credentials may not read. */
export function listsAll(
  permissions: Permissions | undefined,
  readsAll: { readonly action: string; readonly scopes: readonly string[] } | undefined,
): boolean {
  if (!permissions || !readsAll) return true;
  return permissions[readsAll.action]?.some((scope) => scope === "*" || readsAll.scopes.includes(scope)) === true;
}

/** The part of a need that is not granted, in words: `dashboards:create on folders:uid:open`. Undefined where none is. */
export function missing(permissions: Permissions, need: Need): string | undefined {
  if ("all" in need) {
    const lacking = need.all.map((one) => missing(permissions, one)).filter((text) => text !== undefined);
    return lacking.length > 0 ? [...new Set(lacking)].join(", ") : undefined;
  }
  if ("any" in need) {
    const lacking = need.any.map((one) => missing(permissions, one));
    if (lacking.some((text) => text === undefined)) return undefined;
    // The first alternative is the narrowest: the one to ask for.
    return lacking[0];
  }
  if ("role" in need) return undefined;
  const granted = permissions[need.action];
  if (granted && (!need.scopes || need.scopes.some((scope) => granted.some((one) => covers(one, scope))))) {
    return undefined;
  }
  return inWords(need);
}

/** A need in words, each alternative's first choice alone. */
export function inWords(need: Need): string {
  if ("all" in need) return [...new Set(need.all.map(inWords).filter(Boolean))].join(", ");
  if ("any" in need) return need.any[0] ? inWords(need.any[0]) : "";
  if ("role" in need) return `the role ${need.role}`;
  const scope = need.scopes?.[0];
  return scope ? `${need.action} on ${scope}` : need.action;
}

/** Whether a granted scope covers another: `folders:*` covers `folders:uid:open`, and `*` everything. */
function covers(granted: string, scope: string): boolean {
  if (granted === scope || granted === "*") return true;
  return granted.endsWith(":*") && scope.startsWith(granted.slice(0, -1));
}

/** Every action that a need names, for the documentation. */
export function actionsOf(need: Need): string[] {
  if ("all" in need) return [...new Set(need.all.flatMap(actionsOf))];
  if ("any" in need) return need.any[0] ? actionsOf(need.any[0]) : [];
  return "role" in need ? [] : [need.action];
}

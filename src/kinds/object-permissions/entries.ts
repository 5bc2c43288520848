import { parseAddress, type Reference } from "../../engine/model.ts";
import type { NamedUser } from "../../engine/account-facets.ts";
import { textOf, type Json, type JsonObject } from "../../util/json.ts";
import { objectsOf } from "../alerting/rule.ts";
import type { Permission, PermissionLevel } from "./builder.ts";

/** Who has a permission: `team/SRE`, `role/Viewer`, `user/ada`, `service-account/deploy`. */
export type Holder = `${"role" | "team" | "user" | "service-account"}/${string}`;

/** The permissions on an object, by holder. */
export type Levels = ReadonlyMap<string, PermissionLevel>;

const ORDER: readonly PermissionLevel[] = ["View", "Edit", "Admin"];

export function holderOf(permission: Permission): Holder {
  if ("role" in permission) return `role/${permission.role}`;
  if ("team" in permission) return `team/${nameOf(permission.team)}`;
  if ("user" in permission) return `user/${permission.user}`;
  return `service-account/${nameOf(permission.serviceAccount)}`;
}

function nameOf(target: string | { readonly name: string }): string {
  return (typeof target === "string" ? target : target.name).trim();
}

/** If a user has two names in the code, the higher level counts, as in Grafana. */
export function levelsOf(permissions: readonly Permission[]): Levels {
  const levels = new Map<string, PermissionLevel>();
  for (const one of permissions) {
    const holder = holderOf(one);
    const before = levels.get(holder);
    if (before === undefined || isLower(before, one.permission)) levels.set(holder, one.permission);
  }
  return levels;
}

/** The teams and service accounts. Names stand for objects that exist in Grafana or in the code. */
export function referencesIn(permissions: readonly Permission[]): Reference[] {
  return permissions.flatMap((one, index): Reference[] => {
    const [kind, property, target] =
      "team" in one
        ? (["team", "team", one.team] as const)
        : "serviceAccount" in one
          ? (["service-account", "serviceAccount", one.serviceAccount] as const)
          : [];
    if (kind === undefined || target === undefined) return [];
    const existing = typeof target === "string" || "existing" in target;
    return [{ kind, id: nameOf(target), path: `permissions[${index}].${property}`, existing }];
  });
}

export function usersNamedIn(permissions: readonly Permission[]): NamedUser[] {
  return permissions.flatMap((one, index) =>
    "user" in one ? [{ name: one.user, path: `permissions[${index}].user` }] : [],
  );
}

export function withLoginsIn(permissions: readonly Permission[], loginOf: (name: string) => string): Permission[] {
  return permissions.map((one) => ("user" in one ? { ...one, user: loginOf(one.user) } : one));
}

export function holderParts(holder: string): { readonly kind: string; readonly name: string } {
  const { kind, id: name } = parseAddress(holder);
  return { kind, name };
}

export function formOf(levels: Levels): JsonObject {
  const permissions = [...levels].map(([holder, permission]) => ({ holder, permission }));
  return { permissions: permissions.toSorted((a, b) => (a.holder < b.holder ? -1 : 1)) };
}

export function levelsIn({ permissions }: JsonObject): Levels {
  return new Map(objectsOf(permissions).map(({ holder, permission }) => [textOf(holder), levelOf(permission)]));
}

function levelOf(value: Json | undefined): PermissionLevel {
  return ORDER.find((level) => level === value) ?? "View";
}

function isLower(a: PermissionLevel, b: PermissionLevel): boolean {
  return ORDER.indexOf(a) < ORDER.indexOf(b);
}

/** `takes away: Edit of team/SRE, Admin of user/ada (keeps View)` */
export function revokedFrom(before: Levels, after: Levels): string | undefined {
  const parts = [...before].flatMap(([holder, level]) => {
    const now = after.get(holder);
    if (now === undefined) return [`${level} of ${holder}`];
    return isLower(now, level) ? [`${level} of ${holder} (keeps ${now})`] : [];
  });
  return parts.length > 0 ? `takes away ${parts.toSorted().join(", ")}` : undefined;
}

/** The levels that Grafana gives on a new object at the root; objects in a folder have none of their own. */
const DEFAULT_AT_ROOT: Levels = new Map([
  ["role/Editor", "Edit"],
  ["role/Viewer", "View"],
]);

/** The levels that Grafana gives on a new object. */
export function defaultLevels(atRoot: boolean): Levels {
  return atRoot ? DEFAULT_AT_ROOT : new Map();
}

/** Whether these are the permissions of a new object. `creator`: whether its creator may have one too. */
export function areDefault(levels: Levels, { atRoot, creator }: { atRoot: boolean; creator: boolean }): boolean {
  const others = [...levels].filter(([holder]) => !isPerson(holder));
  const people = [...levels].filter(([holder]) => isPerson(holder));
  const expected = defaultLevels(atRoot);
  return (
    people.length <= (creator ? 1 : 0) &&
    people.every(([, level]) => level === "Admin") &&
    others.length === expected.size &&
    others.every(([holder, level]) => expected.get(holder) === level)
  );
}

/** Whether these can be the permissions of a new object in any place. */
export function mayBeDefault(levels: Levels): boolean {
  return [true, false].some((atRoot) => areDefault(levels, { atRoot, creator: true }));
}

function isPerson(holder: string): boolean {
  return holder.startsWith("user/") || holder.startsWith("service-account/");
}

/** `gives View to role/Viewer, Edit to team/SRE (now View)` */
export function givenTo(before: Levels, after: Levels): string | undefined {
  const parts = [...after].flatMap(([holder, level]) => {
    const now = before.get(holder);
    if (now === undefined) return [`${level} to ${holder}`];
    return isLower(now, level) ? [`${level} to ${holder} (now ${now})`] : [];
  });
  return parts.length > 0 ? `gives ${parts.toSorted().join(", ")}` : undefined;
}

import { diff } from "../../engine/diff.ts";
import type { Difference } from "../../engine/difference.ts";
import type { Desired } from "../../engine/model.ts";
import type { Shape } from "../../engine/shape.ts";
import { textOf, type Json, type JsonObject } from "../../util/json.ts";
import { listed } from "../../util/plural.ts";
import { objectsOf } from "../alerting/rule.ts";
import type { Team } from "./builder.ts";
import type { LiveTeam, TeamRole } from "./live.ts";

/** The role of each member, by login. */
export function rolesIn({ members, admins = [] }: Team): ReadonlyMap<string, TeamRole> {
  return new Map([
    ...members.map((login) => [login, "Member"] as const),
    ...admins.map((login) => [login, "Admin"] as const),
  ]);
}

/** Without the members that a login provider added: they need no write, and the provider decides their role. */
export function desiredForm({ resource }: Pick<Desired<Team>, "resource">, live?: LiveTeam): JsonObject {
  return formOf(resource.email ?? "", withoutExternal(rolesIn(resource), live));
}

export function withoutExternal(
  roles: ReadonlyMap<string, TeamRole>,
  { external }: Pick<LiveTeam, "external"> = { external: [] },
): ReadonlyMap<string, TeamRole> {
  return new Map([...roles].filter(([login]) => !external.includes(login)));
}

export function observedForm({ email, members }: LiveTeam): JsonObject {
  return formOf(email, new Map(members.map(({ login, role }) => [login, role])));
}

function formOf(email: string, roles: ReadonlyMap<string, TeamRole>): JsonObject {
  const members = [...roles].map(([user, role]) => ({ user, role }));
  return { email, members: members.toSorted((a, b) => (a.user < b.user ? -1 : 1)) };
}

/** A run may have been interrupted after any of them. */
export function partsOf({ email = null, members }: JsonObject): Record<string, Json> {
  const roles = objectsOf(members).map(({ user, role }) => [`member ${textOf(user)}`, role ?? null] as const);
  return { email, ...Object.fromEntries(roles) };
}

const SHAPE: Shape = {
  lists: {
    members: {
      by: [({ user }) => user],
      key: "user",
      label: ({ user }) => textOf(user),
      show: ({ role }) => textOf(role),
      many: "members",
      unordered: () => true,
      value: "role",
    },
  },
  values: { email: { absent: "" } },
};

export function differencesOf(before: JsonObject, after: JsonObject): Difference[] {
  return diff(before, after, SHAPE);
}

/** `keeps ada, whom a login provider added` */
export function keptIn({ resource }: Pick<Desired<Team>, "resource">, live: LiveTeam | undefined): string | undefined {
  const named = rolesIn(resource);
  const kept = (live?.external ?? []).filter((login) => !named.has(login)).toSorted();
  return kept.length > 0 ? `keeps ${listed(kept)}, whom a login provider added` : undefined;
}

/** `removes ada and grace`, `ada can no longer change the team` */
export function revokedFrom(members: LiveTeam["members"], roles: ReadonlyMap<string, TeamRole>): string | undefined {
  const gone = members.filter(({ login }) => !roles.has(login)).map(({ login }) => login);
  const lowered = members.filter(({ login, role }) => role === "Admin" && roles.get(login) === "Member");
  const parts = [
    ...(gone.length > 0 ? [`removes ${listed(gone)} from the team`] : []),
    ...(lowered.length > 0 ? [`${listed(lowered.map(({ login }) => login))} can no longer change the team`] : []),
  ];
  return parts.length > 0 ? parts.join("; ") : undefined;
}

/** `sre@example.com`, `3 members: ada, grace (Admin), linus` */
export function factsOf({ email, members }: JsonObject): string[] {
  const names = objectsOf(members).map(({ user, role }) => `${textOf(user)}${role === "Admin" ? " (Admin)" : ""}`);
  return [names.length === 0 ? "no members" : `members: ${names.join(", ")}`, textOf(email)];
}

import { z } from "zod";
import { changedSincePlan, createdSincePlan } from "../../engine/conflicts.ts";
import type { RollbackFacet } from "../../engine/facets.ts";
import type { KindContext, Write } from "../../engine/kind-context.ts";
import { lookUp } from "../../engine/look-ups.ts";
import { ask, Confirmation } from "../../grafana/ask.ts";
import { unlessNotFound } from "../../grafana/errors.ts";
import { memberOf, USERS } from "../../grafana/org-users.ts";
import { equal } from "../../util/json.ts";
import type { Team } from "./builder.ts";
import { desiredForm, observedForm, revokedFrom, rolesIn, withoutExternal } from "./canonical.ts";
import { findTeam, formerTeam, TEAMS, type LiveTeam, type TeamRole } from "./live.ts";

interface Content {
  readonly name: string;
  readonly email: string;
  /** By login. */
  readonly roles: ReadonlyMap<string, TeamRole>;
}

const Created = z.looseObject({ teamId: z.number(), uid: z.string() });
const Changed = z.looseObject({ message: z.string() });

export async function writeTeam(context: KindContext, write: Write<Team, LiveTeam>): Promise<void> {
  const { desired, live, resumed = false } = write;
  const { resource } = desired;
  const content = { name: desired.id, email: resource.email ?? "", roles: rolesIn(resource) };
  const resumes = resumed ? (now: LiveTeam) => isPartial(write, now) : undefined;
  await save(context, content, live, resumes);
}

/** Whether the team has some of the content of a write, and otherwise the former one. */
export function isPartial({ desired, live }: Write<Team, LiveTeam>, now: LiveTeam): boolean {
  const [after, form] = [desiredForm(desired, now), observedForm(now)];
  const before = live ? observedForm(live) : undefined;
  const isOneOf = (part: "email" | "members") =>
    equal(form[part] ?? null, after[part] ?? null) || (before && equal(form[part] ?? null, before[part] ?? null));
  // The user who creates a team becomes its first member.
  return isOneOf("email") === true && (live === undefined ? now.members.length <= 1 : isOneOf("members") === true);
}

export async function removeTeam(context: KindContext, live: LiveTeam): Promise<void> {
  const now = await findTeam(context, live.id);
  if (!now) return;
  if (now.version !== live.version) throw changedSincePlan({ kind: "team", id: live.id });
  const path = `${TEAMS}/${now.uid}`;
  await unlessNotFound(ask(context.grafana.client, { method: "DELETE", path }, Confirmation));
}

const Snapshot = z.strictObject({
  name: z.string(),
  email: z.string(),
  members: z.array(z.strictObject({ userId: z.number(), login: z.string(), role: z.enum(["Member", "Admin"]) })),
});

export const rollback: RollbackFacet<LiveTeam> = {
  snapshot: ({ id: name, email, members }) => ({ name, email, members }),
  restoreSnapshot: (context, snapshot) => formerTeam(Snapshot.parse(snapshot), context),
  limits: ({ live, fromBackup }) => ({
    losses:
      live || fromBackup
        ? []
        : ["its permissions on folders and dashboards that the code doesn't define are not restored"],
  }),
  revokes: (before, now) => revokedFrom(now.members, rolesOf(before)),
  async restore(context, { before, live }) {
    await save(context, { name: before.id, email: before.email, roles: rolesOf(before) }, live);
  },
};

function rolesOf({ members }: LiveTeam): ReadonlyMap<string, TeamRole> {
  return new Map(members.map(({ login, role }) => [login, role]));
}

/** Creates or updates a team, and then its members in one request. `resumes`: whether an earlier attempt left this state. */
async function save(
  context: KindContext,
  { name, email, roles }: Content,
  live: LiveTeam | undefined,
  resumes: (now: LiveTeam) => boolean = () => false,
): Promise<void> {
  const { client } = context.grafana;
  const now = await findTeam(context, name);
  if (!live && now && !resumes(now)) throw createdSincePlan({ kind: "team", id: name });
  if (live && now?.version !== live.version && !(now && resumes(now)))
    throw changedSincePlan({ kind: "team", id: name });
  let uid = now?.uid;
  if (uid === undefined) {
    const created = await ask(client, { method: "POST", path: TEAMS, body: { name, email } }, Created);
    uid = created.uid;
  } else if (now?.email !== email) {
    await ask(client, { method: "PUT", path: `${TEAMS}/${uid}`, body: { name, email } }, Changed);
  }
  const members = now?.stored ?? (await findTeam(context, name))?.stored ?? [];
  const changed = [...withoutExternal(roles, now)].filter(
    ([login, role]) => !members.some((one) => one.login === login && one.role === role),
  );
  const users = changed.length > 0 ? await lookUp(context, USERS) : [];
  const permissions = [
    ...changed.map(([login, permission]) => ({ userId: memberOf(users, login).id, permission })),
    ...members.filter(({ login }) => !roles.has(login)).map(({ userId }) => ({ userId, permission: "" })),
  ];
  if (permissions.length === 0) return;
  await ask(client, { method: "POST", path: `/api/access-control/teams/${uid}`, body: { permissions } }, Changed);
}

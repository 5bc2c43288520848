import { z } from "zod";
import type { KindContext } from "../../engine/kind-context.ts";
import type { LookUp } from "../../engine/look-ups.ts";
import type { LiveObject } from "../../engine/model.ts";
import { ask } from "../../grafana/ask.ts";
import type { Client } from "../../grafana/client.ts";
import { unlessNotFound } from "../../grafana/errors.ts";
import { hash } from "../../util/json.ts";
import { ownershipIn } from "../access/ownership.ts";

/** What a member may do, as in Grafana's API. */
export type TeamRole = "Member" | "Admin";

export interface TeamMember {
  readonly userId: number;
  readonly login: string;
  readonly role: TeamRole;
}

export interface LiveTeam extends LiveObject {
  readonly teamId: number;
  readonly uid: string;
  readonly email: string;
  /** Without those that a login provider added. Empty if the object is not complete. */
  readonly members: readonly TeamMember[];
  /** The same, with a creator that an interrupted run left. */
  readonly stored: readonly TeamMember[];
  /** The logins of those that a login provider added. */
  readonly external: readonly string[];
}

const ListedTeam = z.looseObject({
  id: z.number(),
  uid: z.string(),
  name: z.string(),
  email: z.string().default(""),
  memberCount: z.number().default(0),
  isProvisioned: z.boolean().default(false),
});
type ListedTeam = z.infer<typeof ListedTeam>;

const Page = z.looseObject({ totalCount: z.number(), teams: z.array(ListedTeam) });

const ADMIN = 4;
const Members = z.array(
  z.looseObject({
    userId: z.number(),
    login: z.string(),
    permission: z.number().default(0),
    /** The login provider that added the member. */
    labels: z.array(z.string()).nullish(),
  }),
);

export const TEAMS = "/api/teams";
const PAGE = 1000;

/** All teams, without their members. */
async function readTeams(client: Client, name?: string): Promise<ListedTeam[]> {
  const named = name === undefined ? "" : `&name=${encodeURIComponent(name)}`;
  const teams: ListedTeam[] = [];
  for (let page = 1; ; page++) {
    const path = `${TEAMS}/search?perpage=${PAGE}&page=${page}${named}`;
    const found = await ask(client, { method: "GET", path }, Page);
    teams.push(...found.teams);
    if (found.teams.length === 0 || teams.length >= found.totalCount) return teams;
  }
}

/** All teams, for look-ups of several objects. */
export const ALL_TEAMS: LookUp<ListedTeam[]> = { kind: "team", read: (client) => readTeams(client) };

export async function listTeams(context: KindContext): Promise<LiveTeam[]> {
  const teams = await readTeams(context.grafana.client);
  return teams.map((team) => liveTeam(team, context));
}

export async function findTeam(context: KindContext, id: string): Promise<LiveTeam | undefined> {
  const team = (await readTeams(context.grafana.client, id)).find(({ name }) => name === id);
  const [found] = team ? await readMembers(context, [liveTeam(team, context)]) : [];
  return found;
}

/** Adds the members. Teams that were deleted since are omitted. */
export async function readMembers({ grafana }: KindContext, teams: readonly LiveTeam[]): Promise<LiveTeam[]> {
  const read = teams.map(async (team): Promise<LiveTeam[]> => {
    const path = `${TEAMS}/${team.uid}/members`;
    const found = await unlessNotFound(ask(grafana.client, { method: "GET", path }, Members));
    if (!found) return [];
    const [external, own] = [true, false].map((is) => found.filter(({ labels }) => Boolean(labels?.length) === is));
    const members = (own ?? []).map(({ userId, login, permission }): TeamMember => {
      return { userId, login, role: permission === ADMIN ? "Admin" : "Member" };
    });
    return [{ ...withMembers(team, members), external: (external ?? []).map(({ login }) => login) }];
  });
  return (await Promise.all(read)).flat();
}

/** The complete object. Grafana has no versions of teams, so its content is the version. */
function withMembers(team: LiveTeam, stored: readonly TeamMember[]): LiveTeam {
  const content = stored.map(({ userId, role }) => `${userId} ${role}`).toSorted();
  const members = isUnfinished(team) && stored.length === 1 ? stored.filter(({ role }) => role !== "Admin") : stored;
  const version = hash({ uid: team.uid, email: team.email, members: content });
  return { ...team, members, stored, complete: true, version };
}

/** Whether a run was interrupted while it created the team. Grafana adds the user who creates it, which is not a user's change. */
function isUnfinished({ applied }: LiveTeam): boolean {
  return applied?.pending === true && applied.transition !== undefined && applied.transition.former === undefined;
}

function liveTeam(
  { id: teamId, uid, name, email, memberCount, isProvisioned }: ListedTeam,
  context: KindContext,
): LiveTeam {
  const why = "the login provider that created it manages its members";
  return {
    id: name,
    title: name,
    version: hash({ uid, email, memberCount }),
    ...(isProvisioned ? { ownership: { state: "locked", manager: "SCIM", why } } : ownershipIn(context, "team", name)),
    // The list has no members, so they are always compared.
    touched: true,
    complete: false,
    teamId,
    uid,
    email,
    members: [],
    stored: [],
    external: [],
  };
}

/** A team of a recorded run, which may no longer exist. */
export function formerTeam(
  { name, email, members }: { readonly name: string; readonly email: string; readonly members: readonly TeamMember[] },
  context: KindContext,
): LiveTeam {
  const listed = { id: 0, uid: "", name, email, memberCount: members.length, isProvisioned: false };
  return withMembers(liveTeam(listed, context), members);
}

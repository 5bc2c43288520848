import { z } from "zod";
import type { KindContext } from "../../engine/kind-context.ts";
import { lookUp } from "../../engine/look-ups.ts";
import { ask } from "../../grafana/ask.ts";
import { Conflict, Forbidden, unlessNotFound } from "../../grafana/errors.ts";
import { memberOf, USERS } from "../../grafana/org-users.ts";
import { EXIT } from "../../util/errors.ts";
import { ALL_ACCOUNTS, type ListedServiceAccount } from "../service-account/live.ts";
import { ALL_TEAMS } from "../team/live.ts";
import type { PermissionLevel } from "./builder.ts";
import { holderParts, type Levels } from "./entries.ts";

/** The levels by their number in the API. */
const LEVELS = { 1: "View", 2: "Edit", 4: "Admin" } as const;
const NUMBERS: Readonly<Record<PermissionLevel, number>> = { View: 1, Edit: 2, Admin: 4 };

const Grants = z.array(
  z.looseObject({
    userId: z.number().default(0),
    userLogin: z.string().default(""),
    teamId: z.number().default(0),
    team: z.string().default(""),
    role: z.string().default(""),
    permission: z.literal([1, 2, 4]),
    inherited: z.boolean().default(false),
  }),
);
const Changed = z.looseObject({ message: z.string() });

/**
 * The direct permissions on an object; undefined if it does not exist. `named`: service accounts must have their names. Otherwise,
 * they have their logins if the credentials can't read the names.
 */
export async function readGrants(
  context: KindContext,
  path: string,
  { named = true } = {},
): Promise<Levels | undefined> {
  const answer = await unlessNotFound(ask(context.grafana.client, { method: "GET", path }, Grants));
  if (!answer) return undefined;
  const own = answer.filter(({ inherited }) => !inherited);
  // Only the login shows that a user may be a service account, and only the list has its name.
  const maybe = own.some(({ userLogin }) => userLogin.startsWith("sa-"));
  const accounts = maybe ? await accountsOf(context, named) : [];
  return new Map(
    own.map(({ userId, userLogin, teamId, team, role, permission }): [string, PermissionLevel] => {
      const name = accounts ? accounts.find(({ id }) => id === userId)?.name : accountLogin(userLogin);
      const holder =
        name !== undefined
          ? `service-account/${name}`
          : teamId > 0
            ? `team/${team}`
            : userId > 0
              ? `user/${userLogin}`
              : `role/${role}`;
      return [holder, LEVELS[permission]];
    }),
  );
}

/** Undefined if the credentials can't read the names, and don't have to. Throws `Forbidden` with the missing permission. */
async function accountsOf(context: KindContext, named: boolean): Promise<ListedServiceAccount[] | undefined> {
  try {
    return await lookUp(context, ALL_ACCOUNTS);
  } catch (error) {
    if (!(error instanceof Forbidden)) throw error;
    if (!named) return undefined;
    const { exitCode, message, hint, status, request } = error;
    throw new Forbidden(message, {
      exitCode,
      ...(hint === undefined ? {} : { hint }),
      ...(status === undefined ? {} : { status }),
      ...(request === undefined ? {} : { request }),
      missing: "serviceaccounts:read",
    });
  }
}

function accountLogin(login: string): string | undefined {
  return login.startsWith("sa-") ? login : undefined;
}

/** Replaces the direct permissions on an object, in one request. */
export async function setGrants(context: KindContext, path: string, levels: Levels): Promise<void> {
  const targetOf = await targets(context, [...levels.keys()]);
  const items = [...levels].map(([holder, level]) => ({ ...targetOf(holder), permission: NUMBERS[level] }));
  await ask(context.grafana.client, { method: "POST", path, body: { items } }, Changed);
}

type Target = { readonly userId: number } | { readonly teamId: number } | { readonly role: string };

/** Looks up the ids of holders. */
async function targets(context: KindContext, holders: readonly string[]): Promise<(holder: string) => Target> {
  const has = (kind: string) => holders.some((holder) => holderParts(holder).kind === kind);
  const [teams, users, accounts] = await Promise.all([
    has("team") ? lookUp(context, ALL_TEAMS) : [],
    has("user") ? lookUp(context, USERS) : [],
    has("service-account") ? lookUp(context, ALL_ACCOUNTS) : [],
  ]);
  return (holder) => {
    const { kind, name } = holderParts(holder);
    if (kind === "role") return { role: name };
    if (kind === "user") return { userId: memberOf(users, name).id };
    const team = kind === "team" ? teams.find((one) => one.name === name) : undefined;
    if (team) return { teamId: team.id };
    const account = kind === "service-account" ? accounts.find((one) => one.name === name) : undefined;
    if (account) return { userId: account.id };
    throw new Conflict(`${holder} no longer exists in Grafana`, {
      exitCode: EXIT.conflict,
      hint: "Create it again, or remove its permission from the code.",
    });
  };
}

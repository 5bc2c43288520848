import { z } from "zod";
import { EXIT } from "../util/errors.ts";
import { ask } from "./ask.ts";
import type { Client } from "./client.ts";
import { Conflict } from "./errors.ts";

/** A user of the organization. */
export interface OrgUser {
  readonly id: number;
  readonly login: string;
  readonly email: string;
}

const Users = z.array(
  z
    .looseObject({ userId: z.number(), login: z.string(), email: z.string().default("") })
    .transform(({ userId: id, login, email }): OrgUser => ({ id, login, email })),
);

/** Reads the users of the organization, without service accounts, in one request. */
export async function readUsers(client: Client): Promise<OrgUser[]> {
  return ask(client, { method: "GET", path: "/api/org/users" }, Users);
}

/** The users, for look-ups of several objects. */
export const USERS = { read: readUsers } as const;

/** The user with a login or, if there is none, with an email address. Grafana ignores the case of both. */
export function userNamed(users: readonly OrgUser[], name: string): OrgUser | undefined {
  const lower = name.toLowerCase();
  return (
    users.find(({ login }) => login.toLowerCase() === lower) ?? users.find(({ email }) => email.toLowerCase() === lower)
  );
}

/** The same for a write. Throws `Conflict` if the user has left the organization. */
export function memberOf(users: readonly OrgUser[], name: string): OrgUser {
  const user = userNamed(users, name);
  if (user) return user;
  throw new Conflict(`the organization no longer has the user "${name}"`, {
    exitCode: EXIT.conflict,
    hint: "Add the user to the organization, or remove the user from the code.",
  });
}

/** Creates a user with a random password, who is a Viewer. */
export async function createUser(client: Client, name: string): Promise<void> {
  const password = crypto.randomUUID();
  const body = { login: name, password, ...(name.includes("@") ? { email: name } : {}) };
  await client.send({ method: "POST", path: "/api/admin/users", body });
}

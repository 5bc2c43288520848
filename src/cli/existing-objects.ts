import type { Code } from "../code/desired.ts";
import { usersIn } from "../engine/users-in-code.ts";
import type { Kinds } from "../engine/resource.ts";
import { address } from "../engine/model.ts";
import type { GrafanaConnection } from "../grafana/connection.ts";
import { Conflict, Rejected } from "../grafana/errors.ts";
import { createUser, readUsers, userNamed } from "../grafana/org-users.ts";

/**
 * Creates the objects that `existing.*` refers to in a sandbox, unowned, and the users that the code names. Objects that exist
 * are not changed.
 */
export async function createExisting(
  grafana: GrafanaConnection,
  { desired, expected }: Pick<Code, "desired" | "expected">,
  kinds: Kinds,
): Promise<void> {
  const { client } = grafana;
  await createUsers(grafana, desired, kinds);
  const references = new Map(expected.map(({ reference }) => [address(reference), reference]));
  for (const { kind, id, type } of references.values()) {
    try {
      await kinds.get(kind)?.existing?.create(client, id, type);
    } catch (error) {
      // It exists: the other revision defines it, or it has the same title.
      if (!(error instanceof Conflict || error instanceof Rejected)) throw error;
    }
  }
}

/** Creates the users in a sandbox that the code names and that it lacks. Returns their names. */
export async function createUsers(
  { client }: GrafanaConnection,
  code: Code["desired"],
  kinds: Kinds,
): Promise<readonly string[]> {
  const named = new Set(code.flatMap((desired) => usersIn(desired, kinds)).map(({ name }) => name));
  if (named.size === 0) return [];
  const users = await readUsers(client);
  const missing = [...named].filter((name) => !userNamed(users, name));
  for (const name of missing) await createUser(client, name);
  return missing;
}

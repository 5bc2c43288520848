import { z } from "zod";
import { ask } from "./ask.ts";
import { GrafanaError } from "./errors.ts";
import type { GrafanaConnection } from "./connection.ts";

const Names = z.looseObject({
  display: z.array(
    z.looseObject({
      identity: z.looseObject({ type: z.string(), name: z.string() }),
      displayName: z.string(),
      internalId: z.number().optional(),
    }),
  ),
});

/** The maximum number of keys, which limits the length of the URL. */
const MOST = 100;
const PEOPLE = /^(user|service-account)$/;

/**
 * Resolves keys in metadata, `user:UID` or `service-account:UID`, to display names with one request. A key that can't be
 * resolved maps to itself: if the user was deleted, or Grafana has no such API or fails. Never throws a `GrafanaError`.
 */
export async function namesOf(
  { client, namespace }: Pick<GrafanaConnection, "client" | "namespace">,
  keys: Iterable<string>,
): Promise<ReadonlyMap<string, string>> {
  const all = [...new Set(keys)];
  const asked = all.filter((key) => key.includes(":")).slice(0, MOST);
  const answer = namespace === undefined || asked.length === 0 ? undefined : await displayOf(client, namespace, asked);
  return new Map(all.map((key) => [key, nameIn(answer, key) || key]));
}

async function displayOf(
  client: GrafanaConnection["client"],
  namespace: string,
  keys: readonly string[],
): Promise<z.infer<typeof Names> | undefined> {
  const query = new URLSearchParams(keys.map((key): [string, string] => ["key", key]));
  const path = `/apis/iam.grafana.app/v0alpha1/namespaces/${namespace}/display?${query.toString()}`;
  try {
    // Not worth waiting for.
    return await ask(client, { method: "GET", path, retries: 1 }, Names);
  } catch (error) {
    if (error instanceof GrafanaError) return undefined;
    throw error;
  }
}

/** Results are not in the order of the keys. Grafana matches a numeric id with users and service accounts alike. */
function nameIn(answer: z.infer<typeof Names> | undefined, key: string): string | undefined {
  const at = key.indexOf(":");
  const [type, id] = [key.slice(0, at), key.slice(at + 1)];
  const found = answer?.display.find(({ identity, internalId }) =>
    PEOPLE.test(type)
      ? PEOPLE.test(identity.type) && (identity.name === id || String(internalId) === id)
      : identity.type === type && ["", id].includes(identity.name),
  );
  return found?.displayName;
}

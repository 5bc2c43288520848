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

/** A request's line has to fit what stands before Grafana: more keys than this are not asked for. */
const MOST = 100;
const PEOPLE = ["user", "service-account"];

/**
 * What Grafana calls those whom it names by keys in metadata, `user:UID` or `service-account:UID`: one request for all of
 * them, none for none. A key whose name can't be had stands for itself: of a user that is gone, on a Grafana that doesn't
 * tell, or when it doesn't answer. Never throws for any of it.
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
    // Nobody waits for a name.
    return await ask(client, { method: "GET", path, retries: 1 }, Names);
  } catch (error) {
    if (error instanceof GrafanaError) return undefined;
    throw error;
  }
}

/** Grafana answers in an order of its own, and finds by a number whoever has it, whatever type the key is of. */
function nameIn(answer: z.infer<typeof Names> | undefined, key: string): string | undefined {
  const at = key.indexOf(":");
  const [type, id] = [key.slice(0, at), key.slice(at + 1)];
  const found = answer?.display.find(({ identity, internalId }) =>
    PEOPLE.includes(type)
      ? PEOPLE.includes(identity.type) && (identity.name === id || String(internalId) === id)
      : identity.type === type && ["", id].includes(identity.name),
  );
  return found?.displayName;
}

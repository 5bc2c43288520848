import type { Code } from "../code/desired.ts";
import type { Kinds } from "../engine/resource.ts";
import { address } from "../engine/model.ts";
import type { GrafanaConnection } from "../grafana/connection.ts";
import { Conflict, Rejected } from "../grafana/errors.ts";

/** Makes what `existing.*` names and a sandbox does not have, as another user's. What is there stays as it is. */
export async function makeExisting(
  { client }: GrafanaConnection,
  expected: Code["expected"],
  kinds: Kinds,
): Promise<void> {
  const references = new Map(expected.map(({ reference }) => [address(reference), reference]));
  for (const { kind, id } of references.values()) {
    try {
      await kinds.get(kind)?.existing?.create(client, id);
    } catch (error) {
      // It is there already: of the other code, or named by its title.
      if (!(error instanceof Conflict || error instanceof Rejected)) throw error;
    }
  }
}

import type { Code } from "../code/desired.ts";
import type { Kinds } from "../engine/resource.ts";
import { address } from "../engine/model.ts";
import type { GrafanaConnection } from "../grafana/connection.ts";
import { Conflict, Rejected } from "../grafana/errors.ts";

/** Creates the objects that `existing.*` refers to in a sandbox, unowned. Objects that exist are not changed. */
export async function createExisting(
  { client }: GrafanaConnection,
  expected: Code["expected"],
  kinds: Kinds,
): Promise<void> {
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

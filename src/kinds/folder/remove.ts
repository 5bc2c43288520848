import { z } from "zod";
import type { KindContext } from "../../engine/kind-context.ts";
import type { Client } from "../../grafana/client.ts";
import type { GrafanaConnection } from "../../grafana/connection.ts";
import { Rejected, unlessNotFound } from "../../grafana/errors.ts";
import { EXIT } from "../../util/errors.ts";
import type { LiveFolder } from "./live.ts";

export async function removeFolder({ grafana }: KindContext, live: LiveFolder): Promise<void> {
  await mustBeEmpty(grafana, live);
  await grafana.folders.remove(live.object);
}

/** Everything that was in it when the plan was made is gone by now: what is there came since. */
async function mustBeEmpty({ client, marks }: GrafanaConnection, { id }: LiveFolder): Promise<void> {
  const answer = await unlessNotFound(client.send({ method: "GET", path: `/api/folders/${id}/counts` }));
  // It would be deleted with everything in it.
  if (answer === undefined && !marks && (await isThere(client, id))) {
    throw new Rejected(`folder/${id} is not deleted: this Grafana does not tell what is in it`, {
      exitCode: EXIT.failure,
      hint: "Delete it by hand.",
    });
  }
  const inside = Object.entries(Counts.parse(answer ?? {})).filter(([, count]) => count > 0);
  if (inside.length === 0) return;
  const what = inside.map(([kind, count]) => `${count} ${kind}`).join(", ");
  throw new Rejected(`folder/${id} is not empty: it holds what the plan did not know of (${what})`, {
    exitCode: EXIT.failure,
    hint: "Run `plan` again to see what is in it.",
  });
}

async function isThere(client: Client, id: string): Promise<boolean> {
  return (await unlessNotFound(client.send({ method: "GET", path: `/api/folders/${id}` }))) !== undefined;
}

/** `{ dashboard: 2, folder: 0 }`, of everything below. */
const Counts = z.record(z.string(), z.number());

import { z } from "zod";
import type { KindContext } from "../../engine/kind-context.ts";
import type { Client } from "../../grafana/client.ts";
import type { GrafanaConnection } from "../../grafana/connection.ts";
import { Rejected, unlessNotFound } from "../../grafana/errors.ts";
import { EXIT } from "../../util/errors.ts";
import type { LiveFolder } from "./live.ts";
import { commandHere } from "../../util/command-line.ts";

export async function removeFolder({ grafana }: KindContext, live: LiveFolder): Promise<void> {
  await mustBeEmpty(grafana, live);
  await grafana.folders.remove(live.object);
}

/** The planned content is already deleted, so any content was created since the plan. */
async function mustBeEmpty({ client, marks }: GrafanaConnection, { id }: LiveFolder): Promise<void> {
  const answer = await unlessNotFound(client.send({ method: "GET", path: `/api/folders/${id}/counts` }));
  // Grafana would delete the content with the folder.
  if (answer === undefined && !marks && (await isThere(client, id))) {
    throw new Rejected(`folder/${id} is not deleted, because this Grafana does not report its content`, {
      exitCode: EXIT.failure,
      hint: "Delete it manually.",
    });
  }
  const inside = Object.entries(Counts.parse(answer ?? {})).filter(([, count]) => count > 0);
  if (inside.length === 0) return;
  const what = inside.map(([kind, count]) => `${count} ${kind}`).join(", ");
  throw new Rejected(`folder/${id} is not empty: it contains objects that were created since the plan (${what})`, {
    exitCode: EXIT.failure,
    hint: `Run \`${commandHere("plan")}\` again to see its content.`,
  });
}

async function isThere(client: Client, id: string): Promise<boolean> {
  return (await unlessNotFound(client.send({ method: "GET", path: `/api/folders/${id}` }))) !== undefined;
}

/** `{ dashboard: 2, folder: 0 }`, including nested folders. */
const Counts = z.record(z.string(), z.number());

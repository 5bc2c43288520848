import { z } from "zod";
import { ask } from "../../grafana/ask.ts";
import type { Client } from "../../grafana/client.ts";
import { Forbidden, NotFound } from "../../grafana/errors.ts";
import { readOr } from "./alertmanager.ts";

const Configuration = z.looseObject({
  alertmanager_config: z.looseObject({ receivers: z.array(z.looseObject({ name: z.string() })).nullish() }),
});

/**
 * The names of all contact points, including those without integrations, such as Grafana's default `empty`: the list of contact
 * points omits these. Undefined if the credentials can't read them, or if a new organization has none yet.
 */
export async function receiverNames(client: Client): Promise<ReadonlySet<string> | undefined> {
  const request = { method: "GET", path: "/api/alertmanager/grafana/config/api/v1/alerts" } as const;
  try {
    const answer = await readOr(client, undefined, () => ask(client, request, Configuration));
    return answer && new Set(answer.alertmanager_config.receivers?.map(({ name }) => name));
  } catch (error) {
    if (error instanceof Forbidden || error instanceof NotFound) return undefined;
    throw error;
  }
}

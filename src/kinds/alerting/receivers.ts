import { z } from "zod";
import { ask } from "../../grafana/ask.ts";
import type { Client } from "../../grafana/client.ts";
import { Forbidden, NotFound } from "../../grafana/errors.ts";
import { lacksConfiguration, readOr } from "./alertmanager.ts";

const Configuration = z.looseObject({
  alertmanager_config: z.looseObject({ receivers: z.array(z.looseObject({ name: z.string() })).nullish() }),
});

/** A policy tree, whose receiver exists. */
const Root = z.looseObject({ receiver: z.string() });

/**
 * The names of all contact points, including those without integrations, such as Grafana's default `empty`: the list of contact
 * points omits these. Undefined if the credentials can't read them, or if a new organization has none yet.
 */
export async function receiverNames(client: Client): Promise<ReadonlySet<string> | undefined> {
  const request = { method: "GET", path: "/api/alertmanager/grafana/config/api/v1/alerts" } as const;
  const answer = await ifReadable(() => readOr(client, undefined, () => ask(client, request, Configuration)));
  return answer && new Set(answer.alertmanager_config.receivers?.map(({ name }) => name));
}

/** Which of these contact points exist, or may exist, although the list of contact points omits them. */
export async function unlistedReceivers(client: Client, names: readonly string[]): Promise<readonly string[]> {
  const all = await receiverNames(client);
  if (all) return names.filter((name) => all.has(name));
  if (lacksConfiguration(client)) return names;
  const request = { method: "GET", path: "/api/v1/provisioning/policies" } as const;
  const root = await ifReadable(() => ask(client, request, Root));
  return names.filter((name) => name === "empty" || name === root?.receiver);
}

async function ifReadable<Answer>(read: () => Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Forbidden || error instanceof NotFound) return undefined;
    throw error;
  }
}

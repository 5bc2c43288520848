import { z } from "zod";
import type { Client } from "./client.ts";
import { GrafanaError } from "./errors.ts";

export const SETTINGS_PATH = "/api/frontend/settings";

const Settings = z.looseObject({
  defaultDatasource: z.string(),
  datasources: z.record(z.string(), z.looseObject({ uid: z.string().optional() })),
});

/** The datasource that panels ask which name none, as the front end's settings name it: one that these credentials may query. */
export function defaultDatasourceIn(settings: unknown): { readonly uid: string } | undefined {
  const { data } = Settings.safeParse(settings);
  const uid = data?.datasources[data.defaultDatasource]?.uid;
  return uid === undefined || uid === "" ? undefined : { uid };
}

const asked = new WeakMap<Client, Promise<{ readonly uid: string } | undefined>>();

/** The same, asked for once: the first run on an empty Grafana makes the default datasource before its dashboards. */
export function askDefaultDatasource(client: Client): Promise<{ readonly uid: string } | undefined> {
  const answer = asked.get(client) ?? ask(client);
  asked.set(client, answer);
  return answer;
}

async function ask(client: Client): Promise<{ readonly uid: string } | undefined> {
  try {
    return defaultDatasourceIn(await client.send({ method: "GET", path: SETTINGS_PATH }));
  } catch (error) {
    // Nothing but a later attribution depends on it.
    if (error instanceof GrafanaError) return undefined;
    throw error;
  }
}

import type { DirectClients } from "../check/direct-backend.ts";
import { createClient, type Client } from "../grafana/client.ts";
import { proxyOf } from "../grafana/proxy.ts";
import { environment } from "../secrets/environment.ts";
import { outgoing } from "../secrets/outgoing.ts";

/** The URLs of datasources that are asked without Grafana. */
export interface Urls {
  readonly prometheus?: string;
  readonly loki?: string;
}

/** Connects to datasources without Grafana. `timeout`: seconds. */
export async function directClients(
  urls: Urls,
  { timeout, concurrency }: { readonly timeout: number; readonly concurrency?: number },
): Promise<DirectClients> {
  const clients = Object.entries(urls).map(async ([name, url]: [string, string]): Promise<[string, Client]> => {
    const proxy = proxyOf(url, environment());
    const client = await createClient({
      url,
      credentials: { type: "none" },
      timeout: timeout * 1000,
      redactor: outgoing,
      ...(proxy === undefined ? {} : { proxy }),
      ...(concurrency === undefined ? {} : { concurrency }),
    });
    return [name, client];
  });
  return Object.fromEntries(await Promise.all(clients));
}

export function closeAll(clients: DirectClients): void {
  for (const client of Object.values(clients) as (Client | undefined)[]) client?.close();
}

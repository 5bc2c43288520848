import type { Client } from "../../grafana/client.ts";
import { GrafanaError } from "../../grafana/errors.ts";

// Grafana creates the Alertmanager configuration of a new organization within a minute. Until then, the organization has no
// notification objects, reads of them fail, and so do all writes.

/** The only request whose error always names the cause. */
const CONFIGURATION = { method: "GET", path: "/api/v1/provisioning/contact-points" } as const;

const WHY = "Grafana has not created the Alertmanager configuration of this organization yet";

/** The clients that found no configuration. */
const unconfigured = new WeakSet<Client>();

/** Reads notification objects. `none`: the result without an Alertmanager configuration. */
export async function readOr<Answer>(client: Client, none: Answer, read: () => Promise<Answer>): Promise<Answer> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof GrafanaError)) throw error;
    const unspecific = error.status === 500 && !saysUnconfigured(error);
    if (unspecific ? !(await isUnconfigured(client)) : !saysUnconfigured(error)) throw error;
    unconfigured.add(client);
    return none;
  }
}

/** Whether a read of this client found no Alertmanager configuration. */
export function lacksConfiguration(client: Client): boolean {
  return unconfigured.has(client);
}

/** Waits for the Alertmanager configuration if a read found none. */
export async function untilConfigured(client: Client): Promise<void> {
  if (!lacksConfiguration(client)) return;
  await client.send({ ...CONFIGURATION, until: { ready: (error) => !saysUnconfigured(error), why: WHY } });
  unconfigured.delete(client);
}

async function isUnconfigured(client: Client): Promise<boolean> {
  try {
    await client.send(CONFIGURATION);
    return false;
  } catch (error) {
    if (error instanceof GrafanaError) return saysUnconfigured(error);
    throw error;
  }
}

function saysUnconfigured({ status, said = "" }: GrafanaError): boolean {
  return (status === 500 || status === 404) && /\bno alertmanager config|find an alertmanager config/i.test(said);
}

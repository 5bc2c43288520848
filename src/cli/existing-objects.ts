import type { Code } from "../code/desired.ts";
import type { GrafanaConnection } from "../grafana/connection.ts";
import { Conflict, Rejected } from "../grafana/errors.ts";
import { address } from "../engine/model.ts";

const PROVISIONING = "/api/v1/provisioning";
/** What isn't one is the name of a datasource in an old dashboard. */
const UID = /^[a-zA-Z0-9_-]{1,40}$/;

/** Requests that make somebody else's object by that name, and nothing that anybody could take for a part of the code. */
const MAKES: Readonly<Record<string, (id: string) => { method: "POST" | "PUT"; path: string; body: object }>> = {
  folder: (id) => ({ method: "POST", path: "/api/folders", body: { uid: id, title: `${id} (existing)` } }),
  datasource: (id) => ({
    method: "POST",
    path: "/api/datasources",
    body: {
      ...(UID.test(id) ? { uid: id, name: `${id} (existing)` } : { name: id }),
      type: "prometheus",
      access: "proxy",
      url: "http://existing.invalid",
    },
  }),
  "contact-point": (id) => ({
    method: "POST",
    path: `${PROVISIONING}/contact-points`,
    body: { name: id, type: "email", settings: { addresses: "existing@example.invalid" } },
  }),
  "mute-timing": (id) => ({
    method: "POST",
    path: `${PROVISIONING}/mute-timings`,
    body: { name: id, time_intervals: [] },
  }),
  "message-template": (id) => ({
    method: "PUT",
    path: `${PROVISIONING}/templates/${encodeURIComponent(id)}`,
    body: { template: `{{ define "${id}" }}{{ end }}` },
  }),
};

/** Makes what `existing.*` names and a sandbox does not have, as somebody else's. What is there stays as it is. */
export async function makeExisting({ client }: GrafanaConnection, expected: Code["expected"]): Promise<void> {
  const references = new Map(expected.map(({ reference }) => [address(reference), reference]));
  for (const { kind, id } of references.values()) {
    const make = MAKES[kind]?.(id);
    if (!make) continue;
    if (kind === "contact-point" && (await contactPoints(client)).some(({ name }) => name === id)) continue;
    if (kind === "message-template" && (await hasTemplate(client, id))) continue;
    try {
      await client.send(make);
    } catch (error) {
      // It is there already: of the other code, or named by its title.
      if (!(error instanceof Conflict || error instanceof Rejected)) throw error;
    }
  }
}

async function contactPoints(client: GrafanaConnection["client"]): Promise<readonly { name?: unknown }[]> {
  const all = await client.send({ method: "GET", path: `${PROVISIONING}/contact-points` });
  return Array.isArray(all) ? (all as { name?: unknown }[]) : [];
}

async function hasTemplate(client: GrafanaConnection["client"], id: string): Promise<boolean> {
  const all = await client.send({ method: "GET", path: `${PROVISIONING}/templates` });
  return Array.isArray(all) && (all as { name?: unknown }[]).some(({ name }) => name === id);
}

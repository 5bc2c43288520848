import { z } from "zod";
import { ask } from "../../grafana/ask.ts";
import type { Client, Request } from "../../grafana/client.ts";
import { readOr, untilConfigured } from "./alertmanager.ts";

/** The schemas of the responses. */
interface Shapes<Answer> {
  /** One object: when it is read, in a list, and when it was created. */
  readonly object: z.ZodType<Answer>;
  readonly replaced: z.ZodType;
  readonly removed: z.ZodType;
}

type Change = Required<Pick<Request, "body">> & Pick<Request, "headers">;

/** Requests for a collection. `name` is absent if the collection is a single object: the notification policies. */
export interface ProvisioningApi<Answer> {
  list(client: Client): Promise<Answer[]>;
  read(client: Client, name?: string): Promise<Answer>;
  create(client: Client, change: Change): Promise<void>;
  replace(client: Client, change: Change & { readonly name?: string }): Promise<void>;
  /** `version`: only this version is deleted. */
  remove(
    client: Client,
    change: Pick<Change, "headers"> & { readonly name?: string; readonly version?: string },
  ): Promise<void>;
}

/** The requests for a collection of Grafana's provisioning API: `/api/v1/provisioning/templates`. */
export function provisioningApi<Answer>(collection: string, shapes: Shapes<Answer>): ProvisioningApi<Answer> {
  const pathOf = (name?: string) => (name === undefined ? collection : `${collection}/${encodeURIComponent(name)}`);
  return {
    async list(client) {
      const request = { method: "GET", path: collection } as const;
      const answer = await readOr(client, null, () => ask(client, request, z.array(shapes.object).nullable()));
      return answer ?? [];
    },
    read: (client, name) => ask(client, { method: "GET", path: pathOf(name) }, shapes.object),
    async create(client, change) {
      await untilConfigured(client);
      await ask(client, { method: "POST", path: collection, ...change }, shapes.object);
    },
    async replace(client, { name, ...change }) {
      await untilConfigured(client);
      await ask(client, { method: "PUT", path: pathOf(name), ...change }, shapes.replaced);
    },
    async remove(client, { name, version, ...change }) {
      const query = version === undefined ? "" : `?version=${encodeURIComponent(version)}`;
      await ask(client, { method: "DELETE", path: `${pathOf(name)}${query}`, ...change }, shapes.removed);
    },
  };
}

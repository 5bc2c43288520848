import { ask, excerpt, type Answer } from "./ask.ts";
import type { Stack } from "./definition.ts";
import { hostClient, type StackPlace } from "./host-client.ts";
import type { ServiceName } from "./names.ts";
import { TENANT_HEADER } from "./services/loki.ts";
import { hostUrl } from "./urls.ts";

/** A request that a service of the stack did not answer as expected. */
export class ServiceRequestFailed extends Error {}

/** The API of a service, as this machine reaches it. */
export interface ServiceApi {
  readonly url: string;
  /** Sends one GET, and returns the JSON of the answer. Throws `ServiceRequestFailed`. */
  readonly read: (path: string, parameters: Readonly<Record<string, string>>) => Promise<unknown>;
  /** Sends one POST without a body, with the same results. */
  readonly post: (path: string) => Promise<unknown>;
}

/**
 * The API of a service, with the stack's credentials and tenant; undefined if the service is disabled or its port is not
 * published. `timeout` in milliseconds.
 */
export async function serviceApi(
  stack: Stack,
  name: Extract<ServiceName, "prometheus" | "loki">,
  { place, timeout }: { readonly place: StackPlace; readonly timeout: number },
): Promise<ServiceApi | undefined> {
  const service = stack.services.get(name);
  const url = service && hostUrl(stack, service, "http");
  if (url === undefined) return undefined;
  const client = await hostClient(stack, place);
  const tenant = name === "loki" && stack.logs.isMultiTenant;
  const options = { ...client, ...(tenant ? { headers: { [TENANT_HEADER]: stack.logs.tenant } } : {}) };
  const send = async (path: string, method: "GET" | "POST"): Promise<unknown> =>
    jsonOf(await ask(`${url}${path}`, timeout, { ...options, method }));
  return {
    url,
    read: (path, parameters) => send(`${path}?${new URLSearchParams(parameters).toString()}`, "GET"),
    post: (path) => send(path, "POST"),
  };
}

function jsonOf(answer: Answer): unknown {
  if ("problem" in answer) throw new ServiceRequestFailed(answer.problem);
  const { status, body } = answer;
  if (status !== 200) throw new ServiceRequestFailed(`HTTP ${status}${excerpt(body)}`);
  try {
    return JSON.parse(body) as unknown;
  } catch {
    throw new ServiceRequestFailed(`unexpected response${excerpt(body)}`);
  }
}

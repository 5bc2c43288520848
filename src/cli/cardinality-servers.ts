import { z } from "zod";
import type { Read } from "../cardinality/model.ts";
import type { Client } from "../grafana/client.ts";
import { ServiceRequestFailed, serviceApi } from "../stack/service-api.ts";
import { commandLine } from "../util/command-line.ts";
import { ProvisionError, UsageError } from "../util/errors.ts";
import { closeAll, directClients } from "./direct-clients.ts";
import { notConnectedDirectly } from "./not-connected.ts";
import { stackDirectory, type LoadedStack } from "./stack-config.ts";
import { checkedUrl } from "./target.ts";

/** A server whose cardinality is shown. */
export interface Server {
  readonly type: "prometheus" | "loki";
  readonly url: string;
  readonly read: Read;
  /** Explains a failed request; undefined: the error is a defect of the tool. */
  readonly problem: (error: unknown) => Problem | undefined;
}

interface Problem {
  readonly problem: string;
  readonly hint?: string;
}

export interface Servers {
  readonly servers: readonly Server[];
  /** Services of the stack that were left out. */
  readonly notes: readonly string[];
  readonly close: () => void;
}

interface ServerOptions {
  readonly prometheus?: string;
  readonly loki?: string;
  /** Seconds. */
  readonly timeout: number;
}

/** The servers at the URLs of the options, or else those of the stack. Throws exit 64 if there is none. */
export async function serversFor(options: ServerOptions, loaded: LoadedStack): Promise<Servers> {
  return options.prometheus === undefined && options.loki === undefined ? ofStack(options, loaded) : atUrls(options);
}

async function ofStack({ timeout }: ServerOptions, { stack, directory }: LoadedStack): Promise<Servers> {
  const place = { directory, out: stackDirectory(directory) };
  const servers: Server[] = [];
  const notes: string[] = [];
  for (const type of ["prometheus", "loki"] as const) {
    const service = stack.services.get(type);
    const api = await serviceApi(stack, type, { place, timeout: timeout * 1000 });
    if (api) {
      const hint = `Check the stack with \`${commandLine("stack:status")}\`, or start it with \`${commandLine("stack:up")}\`.`;
      const problem = (error: unknown) =>
        error instanceof ServiceRequestFailed ? { problem: error.message, hint } : unexpected(error);
      servers.push({ type, url: api.url, read: api.read, problem });
    } else if (service) notes.push(`${service.type.title} was not read, because the stack does not publish its port.`);
  }
  if (servers.length > 0) return { servers, notes, close: () => {} };
  throw new UsageError(
    "The stack has no Prometheus and no Loki with a published port",
    "Pass the URL of one: --prometheus or --loki.",
    "option-invalid",
  );
}

async function atUrls({ timeout, ...options }: ServerOptions): Promise<Servers> {
  const urls = Object.fromEntries(
    (["prometheus", "loki"] as const).flatMap((type) => {
      const url = options[type];
      return url === undefined ? [] : [[type, checkedUrl(url.trim(), `--${type}`)] as const];
    }),
  );
  const clients = await directClients(urls, { timeout });
  const servers = (["prometheus", "loki"] as const).flatMap((type): Server[] => {
    const [client, url] = [clients[type], urls[type]];
    if (!client || url === undefined) return [];
    return [{ type, url, read: reading(client), problem: (error) => ofClient(error, `--${type}`) }];
  });
  return { servers, notes: [], close: () => closeAll(clients) };
}

function reading(client: Client): Read {
  return (path, parameters) =>
    client.send({
      method: "GET",
      path: `${path}?${new URLSearchParams(parameters).toString()}`,
      retries: 1,
      retryTimeouts: false,
    });
}

function ofClient(given: unknown, option: string): Problem | undefined {
  const error = notConnectedDirectly(given, option);
  if (!(error instanceof ProvisionError)) return unexpected(error);
  return { problem: error.message, ...(error.hint === undefined ? {} : { hint: error.hint }) };
}

function unexpected(error: unknown): Problem | undefined {
  return error instanceof z.ZodError ? { problem: "unexpected response" } : undefined;
}

import { readFileSync } from "node:fs";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent, type AgentOptions } from "node:https";
import type { AxiosError } from "axios";
import { UsageError } from "../util/errors.ts";
import type { ClientOptions } from "./client-options.ts";
import { USER_AGENT } from "./managers.ts";

/** The headers of every request, including the credentials. */
export function headersOf(options: ClientOptions): Record<string, string> {
  const { credentials } = options;
  const headers: Record<string, string> = { Accept: "application/json", "User-Agent": USER_AGENT };
  if (credentials.type === "token") headers["Authorization"] = `Bearer ${credentials.token}`;
  if (credentials.type === "basic") {
    const pair = Buffer.from(`${credentials.user}:${credentials.password}`).toString("base64");
    headers["Authorization"] = `Basic ${pair}`;
  }
  if (options.orgId !== undefined) headers["X-Grafana-Org-Id"] = String(options.orgId);
  return { ...headers, ...options.headers };
}

export interface Agents {
  readonly http: HttpAgent;
  readonly https: HttpAgent;
  /** Whether the response comes from a proxy that refused to connect. */
  readonly refusedByProxy: (error: AxiosError) => boolean;
}

/** Agents for keep-alive connections, through the proxy if there is one. */
export async function agentsOf(options: ClientOptions): Promise<Agents> {
  const common = { keepAlive: true, maxSockets: options.concurrency ?? 8 };
  const tls: AgentOptions = { ...common };
  if (options.tls?.ca) tls.ca = pem(options.tls.ca, "GRAFANA_CA_CERT");
  if (options.tls?.cert) tls.cert = pem(options.tls.cert, "GRAFANA_TLS_CERT");
  if (options.tls?.key) tls.key = pem(options.tls.key, "GRAFANA_TLS_KEY");
  if (options.tls?.insecure) tls.rejectUnauthorized = false;
  if (!options.proxy) {
    return { http: new HttpAgent(common), https: new HttpsAgent(tls), refusedByProxy: () => false };
  }
  const { HttpsProxyAgent } = await import("https-proxy-agent");
  const tunnel = new HttpsProxyAgent(options.proxy, tls);
  const refused = new WeakSet<object>();
  tunnel.on("proxyConnect", ({ statusCode }: { statusCode: number }, request: object) => {
    if (statusCode !== 200) refused.add(request);
  });
  const refusedByProxy = ({ request }: AxiosError) =>
    typeof request === "object" && request !== null && refused.has(request);
  return { http: tunnel, https: tunnel, refusedByProxy };
}

function pem(file: string, variable: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    throw new UsageError(
      `${variable}: can't read ${file}`,
      "Set it to the path of a readable PEM file.",
      "certificate-missing",
    );
  }
}

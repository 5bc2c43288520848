import { readFileSync } from "node:fs";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent, type AgentOptions } from "node:https";
import axios, { AxiosError, type AxiosInstance, type AxiosRequestConfig } from "axios";
import axiosRetry, { exponentialDelay, retryAfter } from "axios-retry";
import { EXIT, UsageError } from "../errors.ts";
import { errorOf, GrafanaError, isHtml, NotGrafana, Unavailable, Unreachable } from "./errors.ts";

export type Credentials =
  | { readonly type: "token"; readonly token: string }
  | { readonly type: "basic"; readonly user: string; readonly password: string }
  | { readonly type: "none" };

export interface ClientOptions {
  /** With a sub-path where there is one: `https://example.org/grafana`. */
  readonly url: string;
  readonly credentials: Credentials;
  readonly orgId?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Paths of PEM files. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly insecure?: boolean };
  readonly proxy?: string;
  /** Sockets kept open at most; as many requests run at once. */
  readonly concurrency?: number;
  /** Milliseconds until a request that has no answer is given up. */
  readonly timeout?: number;
  /** Called once for every request that is sent, with a retry's number from 1. */
  readonly onRequest?: (request: { method: string; path: string; retry: number }) => void;
}

export interface Request {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below the URL, with its query: `/api/health`. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the same request may be sent again when nobody knows whether the first one arrived. Default: GET and DELETE. */
  readonly repeatable?: boolean;
  /** How often it is sent again at most. Default: 4 times. */
  readonly retries?: number;
}

/** Sends requests to one Grafana. Every failure is one of the errors of `errors.ts`. */
export interface Client {
  readonly url: string;
  send(request: Request): Promise<unknown>;
  close(): void;
}

const RETRIES = 4;
const TIMEOUT = 30_000;
/** A `Retry-After` of more is an error: nobody would know what the command is waiting for. */
const LONGEST_WAIT = 120_000;
/** The connection was never made: nothing was sent, so that a repeat is safe. */
const NOT_SENT = new Set(["ECONNREFUSED", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);
/** Waiting doesn't help. */
const NEVER_SENT = new Set(["ENOTFOUND", "ERR_INVALID_URL", "ERR_BAD_OPTION_VALUE", "EPROTO"]);

declare module "axios" {
  interface AxiosRequestConfig {
    repeatable?: boolean;
  }
}

/** Makes a client with keep-alive connections, a time limit, and retries where a repeat is safe. Sends nothing yet. */
export async function createClient(options: ClientOptions): Promise<Client> {
  const { url, agents } = { url: options.url.replace(/\/+$/, ""), agents: await agentsOf(options) };
  const http = axios.create({
    baseURL: url,
    timeout: options.timeout ?? TIMEOUT,
    maxRedirects: 0,
    maxBodyLength: Infinity,
    maxContentLength: Infinity,
    proxy: false,
    httpAgent: agents.http,
    httpsAgent: agents.https,
    headers: headersOf(options),
    // Parsed below: axios would hand a page of HTML on as if it were an answer.
    responseType: "text",
    transformResponse: [],
    validateStatus: (status) => status < 300,
  });
  let closed = false;
  addRetries(http, options.onRequest, () => closed);

  return {
    url,
    async send(request) {
      const write = request.method !== "GET";
      const config: AxiosRequestConfig = {
        method: request.method,
        url: request.path,
        repeatable: request.repeatable ?? (request.method === "GET" || request.method === "DELETE"),
        headers: { ...(request.body === undefined ? {} : { "Content-Type": "application/json" }), ...request.headers },
        ...(request.retries === undefined ? {} : { "axios-retry": { retries: request.retries } }),
      };
      if (request.body !== undefined) config.data = JSON.stringify(request.body);
      const named = `${request.method} ${request.path.replace(/\?.*$/, "")}`;
      options.onRequest?.({ method: request.method, path: request.path, retry: 0 });
      try {
        const response = await http.request<string>(config);
        return parse(response.data, { url, named, write });
      } catch (error) {
        throw error instanceof GrafanaError ? error : failureOf(error, { url, named, write });
      }
    },
    close() {
      closed = true;
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

function addRetries(http: AxiosInstance, onRequest: ClientOptions["onRequest"], isClosed: () => boolean): void {
  axiosRetry(http, {
    retries: RETRIES,
    shouldResetTimeout: true,
    // Also waits as long as a `Retry-After` asks, in seconds or as a date.
    retryDelay: (count, error) => exponentialDelay(count, error, 200),
    retryCondition(error) {
      // Requests in flight break when the client is closed: nobody waits for their answers any more.
      if (isClosed()) return false;
      if (retryAfter(error) > LONGEST_WAIT) return false;
      const status = error.response?.status;
      if (status === 429) return true;
      // With another status it is a success whose body was cut short.
      if (status !== undefined && status >= 300) {
        return error.config?.repeatable === true && ([502, 503, 504].includes(status) || isLocked(error));
      }
      if (error.code !== undefined && NOT_SENT.has(error.code)) return true;
      return error.config?.repeatable === true && !isFinal(error);
    },
    onRetry: (count, _error, config) =>
      onRequest?.({ method: (config.method ?? "get").toUpperCase(), path: config.url ?? "", retry: count }),
  });
}

/** Grafana on SQLite gives up on a write that waits for another one; the next attempt finds the database free. */
function isLocked({ response }: AxiosError): boolean {
  return response?.status === 500 && typeof response.data === "string" && response.data.includes("database is locked");
}

/** No retry can mend a name that doesn't resolve or a certificate that isn't trusted. */
function isFinal(error: AxiosError): boolean {
  return error.code !== undefined && (NEVER_SENT.has(error.code) || isTlsCode(error.code));
}

function isTlsCode(code: string): boolean {
  return /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO/.test(code);
}

function headersOf(options: ClientOptions): Record<string, string> {
  const { credentials } = options;
  const headers: Record<string, string> = { Accept: "application/json", "User-Agent": "grafana-provision" };
  if (credentials.type === "token") headers["Authorization"] = `Bearer ${credentials.token}`;
  if (credentials.type === "basic") {
    const pair = Buffer.from(`${credentials.user}:${credentials.password}`).toString("base64");
    headers["Authorization"] = `Basic ${pair}`;
  }
  if (options.orgId !== undefined) headers["X-Grafana-Org-Id"] = String(options.orgId);
  return { ...headers, ...options.headers };
}

async function agentsOf(options: ClientOptions): Promise<{ http: HttpAgent; https: HttpAgent }> {
  const common = { keepAlive: true, maxSockets: options.concurrency ?? 8 };
  const tls: AgentOptions = { ...common };
  if (options.tls?.ca) tls.ca = pem(options.tls.ca, "GRAFANA_CA_CERT");
  if (options.tls?.cert) tls.cert = pem(options.tls.cert, "GRAFANA_TLS_CERT");
  if (options.tls?.key) tls.key = pem(options.tls.key, "GRAFANA_TLS_KEY");
  if (options.tls?.insecure) tls.rejectUnauthorized = false;
  if (!options.proxy) return { http: new HttpAgent(common), https: new HttpsAgent(tls) };
  const { HttpsProxyAgent } = await import("https-proxy-agent");
  const tunnel = new HttpsProxyAgent(options.proxy, tls);
  return { http: tunnel, https: tunnel };
}

function pem(file: string, variable: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    throw new UsageError(`${variable} names ${file}, which can't be read`);
  }
}

interface Asked {
  readonly url: string;
  readonly named: string;
  readonly write: boolean;
}

function parse(text: string, asked: Asked): unknown {
  if (text === "" || text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    if (isHtml(text)) {
      throw new NotGrafana(`${asked.url} answers with an HTML page where Grafana's API should be (${asked.named})`, {
        exitCode: EXIT.failure,
        request: asked.named,
        outcomeUnknown: asked.write,
        hint: "Is the URL right, with its sub-path if it has one? A proxy or a login page may stand before Grafana: GRAFANA_HTTP_HEADERS can carry what it asks for.",
      });
    }
    throw new Unavailable(`The answer to ${asked.named} is not whole JSON`, {
      exitCode: EXIT.failure,
      request: asked.named,
      outcomeUnknown: asked.write,
    });
  }
}

function failureOf(error: unknown, asked: Asked): GrafanaError {
  if (!(error instanceof AxiosError)) throw error;
  const { response, code = "" } = error;
  if (response && response.status >= 300 && response.status < 400) {
    const location = String(response.headers["location"] ?? "another address");
    return new NotGrafana(`${asked.url} redirects ${asked.named} to ${location.replace(/\?.*$/, "")}`, {
      exitCode: EXIT.failure,
      status: response.status,
      request: asked.named,
      hint: "Use the address it redirects to. A redirect to a login page means that a proxy stands before Grafana.",
    });
  }
  if (response && response.status >= 400) {
    return errorOf({ status: response.status, body: bodyOf(response.data), request: asked.named, write: asked.write });
  }
  if (NOT_SENT.has(code) || NEVER_SENT.has(code) || isTlsCode(code)) {
    return new Unreachable(`Can't connect to ${asked.url}: ${reasonOf(code, error.message)}`, {
      exitCode: EXIT.failure,
      request: asked.named,
      hint: hintOf(code),
    });
  }
  return new Unavailable(
    `The connection to ${asked.url} failed during ${asked.named}: ${reasonOf(code, error.message)}`,
    {
      exitCode: EXIT.failure,
      request: asked.named,
      outcomeUnknown: asked.write,
      hint: "Run the command again: it goes on where it stopped.",
    },
  );
}

function bodyOf(text: unknown): unknown {
  if (typeof text !== "string") return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function reasonOf(code: string, message: string): string {
  if (code === "ECONNREFUSED") return "nothing listens there (ECONNREFUSED)";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `the host name doesn't resolve (${code})`;
  if (code === "ECONNABORTED" || code === "ETIMEDOUT") return `no answer in time (${code})`;
  if (code === "ECONNRESET") return "the connection was reset (ECONNRESET)";
  return code ? `${message} (${code})` : message;
}

function hintOf(code: string): string {
  if (isTlsCode(code)) {
    return "Its certificate isn't trusted here: name your CA's file in GRAFANA_CA_CERT. GRAFANA_INSECURE_SKIP_VERIFY=true turns the check off, for a test only.";
  }
  return "Check GRAFANA_URL, and that Grafana is running and can be reached from here (VPN, firewall, HTTPS_PROXY).";
}

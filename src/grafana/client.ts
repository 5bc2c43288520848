import { readFileSync } from "node:fs";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent, type AgentOptions } from "node:https";
import axios, { AxiosError, type AxiosInstance, type AxiosRequestConfig, type AxiosResponse } from "axios";
import axiosRetry, { exponentialDelay, retryAfter } from "axios-retry";
import { UsageError } from "../util/errors.ts";
import { toJson } from "../util/json.ts";
import { maskOf } from "../secrets/mask.ts";
import { createRedactor, type Redactor } from "../secrets/redact.ts";
import { credentialsOf, type Credentials } from "./credentials.ts";
import { isHtml, NotAuthenticated } from "./errors.ts";
import { emptyAnswer, failureOf, htmlPage, INCOMPLETE, isFinal, isNotSent, isTimeout, whyWaiting } from "./failure.ts";
import { USER_AGENT } from "./managers.ts";

export interface ClientOptions {
  /** Includes the sub-path, if any: `https://example.org/grafana`. */
  readonly url: string;
  readonly credentials: Credentials;
  readonly orgId?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Paths of PEM files. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string; readonly insecure?: boolean };
  readonly proxy?: string;
  /** The maximum number of sockets, and so of concurrent requests. */
  readonly concurrency?: number;
  /** Milliseconds without any data after which an attempt fails. Default: 30,000. */
  readonly timeout?: number;
  /** Milliseconds before the first retry, doubled for each further one. Default: 400. */
  readonly retryDelay?: number;
  /** Milliseconds after which a request is not retried, even if its `Retry-After` is longer. Default: 120,000. */
  readonly patience?: number;
  /** Called for every request that is sent. `retry`: 0 for the first attempt. */
  readonly onRequest?: (request: { method: string; path: string; retry: number }) => void;
  /** Called before a noticeable wait, once for all requests that wait at the same time. */
  readonly onWait?: (wait: { readonly milliseconds: number; readonly why: string }) => void;
  /** Redacts errors. The credentials are added to it. Default: a new redactor. */
  readonly redactor?: Redactor;
}

export interface Request {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Relative to the URL, with the query: `/api/health`. */
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Whether the request can be sent again if its outcome is unknown. Default: true only for GET. */
  readonly repeatable?: boolean;
  /** The maximum number of retries. Default: 4. */
  readonly retries?: number;
}

/** Sends requests to one Grafana. Throws only the errors of `errors.ts`. */
export interface Client {
  readonly url: string;
  send(request: Request): Promise<unknown>;
  close(): void;
}

const RETRIES = 4;
const TIMEOUT = 30_000;
const RETRY_DELAY = 400;
const PATIENCE = 120_000;
/** Shorter waits are not reported. */
const NOTICEABLE = 2000;

declare module "axios" {
  interface AxiosRequestConfig {
    repeatable?: boolean;
    /** When the first attempt started, by `performance.now()`. */
    started?: number;
    named?: string;
  }
}

/** Creates a client with keep-alive connections, a time limit, and retries where they are safe. Sends nothing yet. */
export async function createClient(options: ClientOptions): Promise<Client> {
  const { url, agents } = { url: options.url.replace(/\/+$/, ""), agents: await agentsOf(options) };
  const { timeout = TIMEOUT, patience = PATIENCE, retryDelay = RETRY_DELAY, onRequest, onWait } = options;
  const { redactor = createRedactor() } = options;
  for (const credential of credentialsOf(options)) redactor.add(credential, { credential: true });
  const redact = (text: string) => redactor.redacted(text);
  /** Also redacts the credentials in a request's body, such as a webhook's URL, which an error may quote. */
  const redactorOf = (body: unknown) => {
    const mask = body === undefined ? undefined : maskOf(toJson(body));
    return (text: string) => redact(mask ? mask.text(text) : text);
  };
  const http = axios.create({
    baseURL: url,
    timeout,
    maxRedirects: 0,
    maxBodyLength: Infinity,
    maxContentLength: Infinity,
    proxy: false,
    httpAgent: agents.http,
    httpsAgent: agents.https,
    headers: headersOf(options),
    // Parsed below: axios would return an HTML page as a string.
    responseType: "text",
    transformResponse: [],
    validateStatus: (status) => status < 300,
  });
  let closed = false;
  let refused: NotAuthenticated | undefined;
  // Before the retries, so that a truncated response is retried.
  http.interceptors.response.use((response) => parsed(response, url));
  addRetries(http, {
    patience,
    retryDelay,
    mayRetry: () => !closed,
    refusedByProxy: agents.refusedByProxy,
    ...(onRequest ? { onRequest } : {}),
    ...(onWait ? { onWait: ({ milliseconds, why }) => onWait({ milliseconds, why: redact(why) }) } : {}),
  });

  return {
    url,
    async send(request) {
      // Not sent again: Grafana locks a user after five wrong passwords.
      if (refused) throw refused;
      const named = nameOf(request);
      // Limits responses that arrive slowly, which the timeout does not. `AbortSignal.timeout` would keep the process alive.
      const abort = new AbortController();
      const deadline = setTimeout(() => abort.abort(), patience + timeout);
      const config: AxiosRequestConfig = {
        method: request.method,
        url: request.path,
        named,
        repeatable: request.repeatable ?? request.method === "GET",
        headers: { ...(request.body === undefined ? {} : { "Content-Type": "application/json" }), ...request.headers },
        started: performance.now(),
        signal: abort.signal,
        ...(request.retries === undefined ? {} : { "axios-retry": { retries: request.retries } }),
      };
      if (request.body !== undefined) config.data = JSON.stringify(request.body);
      onRequest?.({ method: request.method, path: request.path, retry: 0 });
      try {
        const response = await http.request<unknown>(config);
        return response.data;
      } catch (error) {
        const redact = redactorOf(request.body);
        const failure = failureOf(error, {
          url,
          named,
          write: request.method !== "GET",
          proxy: options.proxy,
          byProxy: error instanceof AxiosError && agents.refusedByProxy(error),
          patience,
          redact,
        });
        failure.message = redact(failure.message);
        if (failure.stack !== undefined) failure.stack = redact(failure.stack);
        if (failure instanceof NotAuthenticated) refused = failure;
        throw failure;
      } finally {
        clearTimeout(deadline);
      }
    },
    close() {
      closed = true;
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

/** `POST /api/datasources`. Without the query, which could contain a secret. */
export function nameOf({ method, path }: Pick<Request, "method" | "path">): string {
  return `${method} ${path.replace(/\?.*$/, "")}`;
}

function parsed(response: AxiosResponse<string>, url: string): AxiosResponse<unknown> {
  const { data: text, status, config, request } = response;
  const write = config.method !== "get";
  if (status === 204) return { ...response, data: undefined };
  if (!text) throw emptyAnswer(url, config.named ?? "", write);
  try {
    return { ...response, data: JSON.parse(text) as unknown };
  } catch {
    if (isHtml(text)) throw htmlPage(url, config.named ?? "", write);
    throw new AxiosError("the response is not complete JSON", INCOMPLETE, config, request);
  }
}

interface Retries {
  readonly patience: number;
  readonly retryDelay: number;
  readonly mayRetry: () => boolean;
  readonly refusedByProxy: (error: AxiosError) => boolean;
  readonly onRequest?: NonNullable<ClientOptions["onRequest"]>;
  readonly onWait?: NonNullable<ClientOptions["onWait"]>;
}

function addRetries(http: AxiosInstance, retries: Retries): void {
  const { patience, retryDelay, mayRetry, refusedByProxy, onRequest, onWait } = retries;
  let waitingUntil = 0;
  const report = (milliseconds: number, error: AxiosError): void => {
    const until = performance.now() + milliseconds;
    // Reported once for all requests that wait at the same time.
    if ((milliseconds < NOTICEABLE && !isTimeout(error)) || until < waitingUntil + NOTICEABLE) return;
    waitingUntil = until;
    onWait?.({ milliseconds, why: whyWaiting(error) });
  };
  axiosRetry(http, {
    retries: RETRIES,
    shouldResetTimeout: true,
    retryDelay(count, error) {
      // `exponentialDelay` also respects `Retry-After`, in seconds or as a date.
      const milliseconds = exponentialDelay(count, error, retryDelay / 2);
      report(milliseconds, error);
      return milliseconds;
    },
    retryCondition(error) {
      // Closing the client breaks the requests in flight.
      if (!mayRetry()) return false;
      const passed = performance.now() - (error.config?.started ?? 0);
      if (passed + retryAfter(error) > patience) return false;
      const status = error.response?.status;
      if (status === 429 || isNotSent(error)) return true;
      const repeatable = error.config?.repeatable === true;
      // If a proxy refused CONNECT, the request was not sent, so it is safe to retry.
      if (status !== undefined && status >= 300) return isTemporary(error) && (repeatable || refusedByProxy(error));
      return repeatable && !isFinal(error);
    },
    onRetry: (count, _error, config) =>
      onRequest?.({ method: (config.method ?? "get").toUpperCase(), path: config.url ?? "", retry: count }),
  });
}

/** Whether the same request may succeed later. */
function isTemporary(error: AxiosError): boolean {
  const status = error.response?.status ?? 0;
  return [502, 503, 504].includes(status) || (status === 500 && (isLocked(error) || retryAfter(error) > 0));
}

/** With SQLite, Grafana fails a write that waits for another one. */
function isLocked({ response }: AxiosError): boolean {
  return typeof response?.data === "string" && response.data.includes("database is locked");
}

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

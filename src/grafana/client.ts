import axios, {
  AxiosError,
  type AxiosAdapter,
  type AxiosRequestConfig,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from "axios";
import { retryAfter } from "axios-retry";
import { setTimeout as sleep } from "node:timers/promises";
import { toJson } from "../util/json.ts";
import { maskOf } from "../secrets/mask.ts";
import { createRedactor } from "../secrets/redact.ts";
import { agentsOf, headersOf } from "./agents.ts";
import type { ClientOptions } from "./client-options.ts";
import { credentialsOf } from "./credentials.ts";
import { GrafanaError, isHtml, NotAuthenticated } from "./errors.ts";
import { emptyAnswer, failureOf, htmlPage, INCOMPLETE } from "./failure.ts";
import { createPace } from "./pace.ts";
import { addRetries } from "./retries.ts";

export type { ClientOptions } from "./client-options.ts";

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
  /** Whether Grafana passes the request on to another server. A 401 is then that server's, and other requests are still sent. */
  readonly passedOn?: boolean;
  /** Whether the request is sent again after a timeout. Default: true. */
  readonly retryTimeouts?: boolean;
  /** Sends the request again while its error says that Grafana is not ready for it, for at most `patience`. */
  readonly until?: { readonly ready: (error: GrafanaError) => boolean; readonly why: string };
}

/** Sends requests to one Grafana. Throws only the errors of `errors.ts`. */
export interface Client {
  readonly url: string;
  /** The organization in the configuration; undefined if the credentials determine it. */
  readonly orgId?: number;
  send(request: Request): Promise<unknown>;
  close(): void;
}

const TIMEOUT = 30_000;
const RETRY_DELAY = 400;
const PATIENCE = 120_000;
const CONCURRENCY = 8;

declare module "axios" {
  interface AxiosRequestConfig {
    repeatable?: boolean;
    retryTimeouts?: boolean;
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
  const pace = createPace({
    maximum: options.concurrency ?? CONCURRENCY,
    limited(error) {
      if (!(error instanceof AxiosError) || error.response?.status !== 429) return undefined;
      const wait = retryAfter(error);
      // This request fails, because it is not retried after so long. The others must not wait either.
      return wait > patience ? 0 : wait;
    },
  });
  const attempt = axios.getAdapter("http");
  const http = axios.create({
    baseURL: url,
    adapter: (config) => pace.run(() => withDeadline(config, attempt, patience + timeout)),
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

  const send = async (request: Request): Promise<unknown> => {
    // Not sent again: Grafana locks a user after five wrong passwords.
    if (refused) throw refused;
    const named = nameOf(request);
    const config: AxiosRequestConfig = {
      method: request.method,
      url: request.path,
      named,
      repeatable: request.repeatable ?? request.method === "GET",
      headers: { ...(request.body === undefined ? {} : { "Content-Type": "application/json" }), ...request.headers },
      retryTimeouts: request.retryTimeouts ?? true,
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
      if (failure instanceof NotAuthenticated && request.passedOn !== true) refused = failure;
      throw failure;
    }
  };

  return {
    url,
    ...(options.orgId === undefined ? {} : { orgId: options.orgId }),
    async send({ until, ...request }) {
      const start = performance.now();
      for (let attempt = 0; ; attempt++) {
        try {
          return await send(request);
        } catch (error) {
          const ready = !until || !(error instanceof GrafanaError) || until.ready(error);
          if (closed || ready || performance.now() - start > patience) throw error;
          if (attempt === 0) onWait?.({ milliseconds: patience, why: until.why, atMost: true });
          await sleep(retryDelay * 5);
        }
      }
    },
    close() {
      closed = true;
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

/** Limits responses that arrive slowly, which the timeout does not. The time in the queue of the other requests doesn't count. */
async function withDeadline(
  config: InternalAxiosRequestConfig,
  attempt: AxiosAdapter,
  milliseconds: number,
): Promise<AxiosResponse> {
  config.started ??= performance.now();
  // `AbortSignal.timeout` would keep the process alive.
  const abort = new AbortController();
  const deadline = setTimeout(() => abort.abort(), config.started + milliseconds - performance.now());
  try {
    return await attempt({ ...config, signal: abort.signal });
  } finally {
    clearTimeout(deadline);
  }
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

import { EXIT, ProvisionError } from "../../util/errors.ts";
import { createClient, type Request } from "../../grafana/client.ts";
import { durationText, GrafanaError, NotGrafana, Unreachable } from "../../grafana/errors.ts";
import { outgoing } from "../../secrets/outgoing.ts";
import { proxyOf } from "../../grafana/proxy.ts";

/** Sends requests to the API of a forge. Every failure is a `ForgeError`. */
export interface CodeHostClient {
  send(request: Request): Promise<unknown>;
  /** All pages of a list: until one has less than it may. */
  pages(path: string): AsyncGenerator<unknown, void>;
}

export interface CodeHostOptions {
  /** `GitHub`, for people. */
  readonly name: string;
  /** Of its API: `https://api.github.com`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** What to do where the token may not. */
  readonly forbidden: string;
  /** What to look at where nothing is found. */
  readonly notFound: string;
  /** Milliseconds, of tests. */
  readonly retryDelay?: number;
}

/** What a request to a forge ended in. Carries no headers: no token is printed. */
export class CodeHostError extends ProvisionError {
  override name = "ForgeError";
  readonly status: number | undefined;

  constructor(message: string, hint: string, { status, exitCode }: Pick<GrafanaError, "status" | "exitCode">) {
    super(message, { exitCode, hint });
    this.status = status;
  }
}

const PAGE = 100;
/** A list that never ends is not one. */
const PAGES = 100;

/** Makes a client with the retries, time limits and proxies of the one for Grafana. Sends nothing yet. */
export async function codeHostClient(options: CodeHostOptions): Promise<CodeHostClient> {
  const { url, headers, variables, retryDelay } = options;
  const proxy = proxyOf(url, variables);
  const client = await createClient({
    url,
    credentials: { type: "none" },
    headers,
    concurrency: 1,
    redactor: outgoing,
    ...(proxy === undefined ? {} : { proxy }),
    ...(retryDelay === undefined ? {} : { retryDelay }),
  });
  const send = (request: Request) =>
    client.send(request).catch((error: unknown) => Promise.reject(told(error, options)));
  return {
    send,
    async *pages(path) {
      for (let page = 1; page <= PAGES; page++) {
        const sign = path.includes("?") ? "&" : "?";
        const items = await send({ method: "GET", path: `${path}${sign}per_page=${PAGE}&page=${page}` });
        if (!Array.isArray(items)) throw unexpected(options.name, path);
        yield* items;
        if (items.length < PAGE) return;
      }
    },
  };
}

/** An answer of another shape than documented. */
export function unexpected(name: string, path: string): ProvisionError {
  return new ProvisionError(`${name} answers ${path.replace(/\?.*$/, "")} with something else than expected`, {
    exitCode: EXIT.failure,
    hint: "Is the URL of its API right, and is there a proxy before it?",
  });
}

function told(error: unknown, { name, url, forbidden, notFound }: CodeHostOptions): unknown {
  if (!(error instanceof GrafanaError)) return error;
  const { status, request, said, retryAfter } = error;
  const asked = `${request ?? "a request"} was answered ${status ?? "nothing"}${said ? ` "${said}"` : ""}`;
  const limited = status === 429 || (status === 403 && /rate limit/i.test(said ?? ""));
  if (limited) {
    const when = retryAfter > 0 ? `after ${durationText(retryAfter)}` : "later";
    return new CodeHostError(`${name} takes no more requests for now: ${asked}`, `Run it again ${when}.`, error);
  }
  if (error instanceof Unreachable) {
    return new CodeHostError(error.message, `Can ${url} be reached from here (proxy, firewall)?`, error);
  }
  if (error instanceof NotGrafana || status === undefined) {
    const message = error.message.replaceAll("Grafana's API", `${name}'s API`);
    return new CodeHostError(message, `Is ${url} the URL of ${name}'s API?`, error);
  }
  if (status === 401)
    return new CodeHostError(`${name} doesn't accept this token: ${asked}`, "Is it whole, and still valid?", error);
  if (status === 403) return new CodeHostError(`${name} doesn't let this token do that: ${asked}`, forbidden, error);
  if (status === 404)
    return new CodeHostError(`${name} has no such thing, or not for this token: ${asked}`, notFound, error);
  if (status === 422 || status === 400) {
    return new CodeHostError(`${name} refuses this: ${asked}`, "Its own message says why.", error);
  }
  return new CodeHostError(`${name} could not do that now: ${asked}`, "Run it again.", error);
}

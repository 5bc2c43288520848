import { EXIT, ProvisionError } from "../../util/errors.ts";
import { createClient, type Request } from "../../grafana/client.ts";
import { durationText, GrafanaError, NotGrafana, Unreachable } from "../../grafana/errors.ts";
import type { ErrorCode } from "../../util/error-codes.ts";
import { outgoing } from "../../secrets/outgoing.ts";
import { proxyOf } from "../../grafana/proxy.ts";

/** Sends requests to the API of a code host. Throws only `CodeHostError`. */
export interface CodeHostClient {
  send(request: Request): Promise<unknown>;
  /** All items of a list, page by page. */
  pages(path: string): AsyncGenerator<unknown, void>;
}

export interface CodeHostOptions {
  /** The display name: `GitHub`. */
  readonly name: string;
  /** The URL of the API: `https://api.github.com`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** The hint for a missing permission. */
  readonly forbidden: string;
  /** The hint for a missing repository, pull request or issue. */
  readonly notFound: string;
  /** Milliseconds before the first retry; tests shorten it. */
  readonly retryDelay?: number;
}

/** A failed request to a code host. Contains no headers, so that no token is printed. */
export class CodeHostError extends ProvisionError {
  override name = "CodeHostError";
  readonly status: number | undefined;

  constructor(
    message: string,
    { code, hint, status, exitCode }: { code: ErrorCode; hint: string } & Pick<GrafanaError, "status" | "exitCode">,
  ) {
    super(message, { exitCode, code, hint });
    this.status = status;
  }
}

const PAGE = 100;
/** The maximum number of pages that are read. */
const PAGES = 100;

/** Creates a client with the same retries, time limits and proxies as the client for Grafana. Sends nothing yet. */
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
    client.send(request).catch((error: unknown) => Promise.reject(toCodeHostError(error, options)));
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

/** The error for a response whose shape is not as documented. */
export function unexpected(name: string, path: string): ProvisionError {
  return new ProvisionError(`${name} returned an unexpected response to ${path.replace(/\?.*$/, "")}`, {
    exitCode: EXIT.failure,
    code: "code-host-response-invalid",
    hint: "Check the URL of its API, and any proxy in front of it.",
  });
}

function toCodeHostError(error: unknown, { name, url, forbidden, notFound }: CodeHostOptions): unknown {
  if (!(error instanceof GrafanaError)) return error;
  const { status, request, said, retryAfter, exitCode } = error;
  const failure = (code: ErrorCode, message: string, hint: string) =>
    new CodeHostError(message, { code, hint, status, exitCode });
  if (error instanceof Unreachable) {
    const hint = `Check whether ${url} is reachable from this machine (proxy, firewall).`;
    return failure("code-host-unreachable", error.message, hint);
  }
  if (error instanceof NotGrafana || status === undefined) {
    const message = error.message.replaceAll("Grafana's API", `${name}'s API`);
    return failure("code-host-response-invalid", message, `Check whether ${url} is the URL of ${name}'s API.`);
  }
  const answer = `${request ?? "a request"} returned ${status}${said ? ` "${said}"` : ""}`;
  if (status === 429 || (status === 403 && /rate limit/i.test(said ?? ""))) {
    const when = retryAfter > 0 ? `after ${durationText(retryAfter)}` : "later";
    const message = `The rate limit of ${name} is exceeded: ${answer}`;
    return failure("code-host-rate-limited", message, `Run the command again ${when}.`);
  }
  switch (status) {
    case 401:
      return failure(
        "code-host-token-rejected",
        `${name} rejected the token: ${answer}`,
        "Check that the token is complete and has not expired.",
      );
    case 403:
      return failure("code-host-permission-missing", `The token lacks a permission on ${name}: ${answer}`, forbidden);
    case 404:
      return failure(
        "code-host-object-missing",
        `Not found on ${name}, or not visible to the token: ${answer}`,
        notFound,
      );
    default:
      if (status < 500)
        return failure(
          "code-host-request-rejected",
          `${name} rejected the request: ${answer}`,
          "See the message for the reason.",
        );
      return failure(
        "code-host-unavailable",
        `${name} is temporarily unavailable: ${answer}`,
        "Run the command again.",
      );
  }
}

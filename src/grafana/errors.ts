import { stripVTControlCharacters } from "node:util";
import { EXIT, ProvisionError, type ExitCode } from "../errors.ts";

interface Details {
  readonly exitCode: ExitCode;
  readonly hint?: string;
  readonly status?: number;
  /** `POST /api/datasources`: never with a query's values, which could hold a secret. */
  readonly request?: string;
  /** The request was a write and may have been carried out all the same: look before doing it again. */
  readonly outcomeUnknown?: boolean;
}

/** Base of everything that a request can end in. Carries no request headers and no axios error, so that no token is printed. */
export class GrafanaError extends ProvisionError {
  override name = "GrafanaError";
  readonly status: number | undefined;
  readonly request: string | undefined;
  readonly outcomeUnknown: boolean;

  constructor(message: string, details: Details) {
    super(message, { exitCode: details.exitCode, ...(details.hint === undefined ? {} : { hint: details.hint }) });
    this.status = details.status;
    this.request = details.request;
    this.outcomeUnknown = details.outcomeUnknown ?? false;
  }
}

export class NotAuthenticated extends GrafanaError {
  override name = "NotAuthenticated";
}
export class Forbidden extends GrafanaError {
  override name = "Forbidden";
}
export class NotFound extends GrafanaError {
  override name = "NotFound";
}
/** Somebody else was there first: the version is another, or the name is taken. */
export class Conflict extends GrafanaError {
  override name = "Conflict";
}
/** Grafana understood the request and refuses its content. */
export class Rejected extends GrafanaError {
  override name = "Rejected";
}
/** Grafana, or a proxy before it, could not answer now: 429 and 5xx after all retries, a time-out, a broken connection. */
export class Unavailable extends GrafanaError {
  override name = "Unavailable";
}
/** No connection at all: nothing was sent. */
export class Unreachable extends GrafanaError {
  override name = "Unreachable";
}
/** A write of several requests failed after the first ones had been carried out: what is there is half of ours. */
export class HalfDone extends GrafanaError {
  override name = "HalfDone";
}
/** Something answered, and it isn't Grafana. */
export class NotGrafana extends GrafanaError {
  override name = "NotGrafana";
}
export class UnsupportedGrafana extends GrafanaError {
  override name = "UnsupportedGrafana";
}

interface Failure {
  readonly status: number;
  readonly body: unknown;
  /** As in `Details.request`. */
  readonly request: string;
  readonly write: boolean;
}

/**
 * Turns an answer with a status of 400 and more into a typed error that keeps Grafana's own message. Error bodies come as
 * `{message}`, `{statusCode, messageId, message}`, `{status, message}`, a Kubernetes `Status`, plain text, or not at all.
 */
export function errorOf({ status, body, request, write }: Failure): GrafanaError {
  const said = messageOf(body);
  const inUse = status === 409 && /\.(referenced|used)$/.test(messageIdOf(body));
  const about = { status, request };
  const text = (what: string) =>
    `${what}: ${request} was answered ${status}${said ? ` "${said}"` : " without a message"}`;

  switch (true) {
    case status === 401:
      return new NotAuthenticated(text("Grafana doesn't accept these credentials"), {
        ...about,
        exitCode: EXIT.notAuthorised,
        hint: "Set GRAFANA_TOKEN to a service account's token (Administration > Service accounts), or GRAFANA_USER and GRAFANA_PASSWORD. Grafana locks a user for five minutes after five wrong passwords.",
      });
    case status === 403:
      return new Forbidden(text("These credentials may not do that"), {
        ...about,
        exitCode: EXIT.notAuthorised,
        hint: "Give the service account a role that may (Editor for folders and dashboards, Admin for datasources), or the permission that the message names.",
      });
    case status === 407:
      return new Unavailable(text("The proxy asks for credentials"), {
        ...about,
        exitCode: EXIT.failure,
        hint: "Put them into HTTPS_PROXY as http://user:password@host:port.",
      });
    case status === 404:
      return new NotFound(text("There is no such thing in Grafana"), { ...about, exitCode: EXIT.failure });
    case inUse:
      return new Rejected(text("Something in Grafana still uses it"), { ...about, exitCode: EXIT.failure });
    case status === 409 || status === 412:
      return new Conflict(text("It was changed or created by somebody else meanwhile"), {
        ...about,
        exitCode: EXIT.conflict,
        hint: "Run `plan` again to see how it looks now.",
      });
    case status === 413:
      return new Rejected(text("The body is too large for Grafana (16 MiB) or for a proxy before it"), {
        ...about,
        exitCode: EXIT.failure,
      });
    case status === 429 || status >= 500:
      return new Unavailable(text("Grafana could not do that now"), {
        ...about,
        exitCode: EXIT.failure,
        outcomeUnknown: write && status >= 500,
        hint: "Run the command again: it goes on where it stopped.",
      });
    default:
      return new Rejected(text("Grafana refuses this"), { ...about, exitCode: EXIT.failure });
  }
}

function messageIdOf(body: unknown): string {
  const id = typeof body === "object" && body !== null && "messageId" in body ? body.messageId : undefined;
  return typeof id === "string" ? id : "";
}

function messageOf(body: unknown): string {
  if (typeof body === "string") return isHtml(body) ? "an HTML page" : shorten(body.trim());
  if (typeof body !== "object" || body === null) return "";
  const message = "message" in body ? body.message : undefined;
  return typeof message === "string" ? shorten(message) : "";
}

export function isHtml(text: string): boolean {
  return /^\s*<(!doctype|html|\?xml)/i.test(text);
}

/** It is printed: what would control a terminal goes, too. */
function shorten(text: string): string {
  const line = stripVTControlCharacters(text).replace(/\p{Cc}+/gu, " ");
  return line.length > 500 ? `${line.slice(0, 499)}…` : line;
}

/** The conflict that was found by a look just before a write; `what` with its article. */
export function changedSince(what: string): Conflict {
  return new Conflict(`${what} was changed by somebody else meanwhile`, {
    exitCode: EXIT.conflict,
    hint: "Run `plan` again to see how it looks now.",
  });
}

/** The answer, or undefined where there is no such thing: what a deletion wants, and a look-up. */
export async function unlessNotFound<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof NotFound) return undefined;
    throw error;
  }
}

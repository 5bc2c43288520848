import { stripVTControlCharacters } from "node:util";
import { EXIT, ProvisionError, type ExitCode } from "../util/errors.ts";

interface Details {
  readonly exitCode: ExitCode;
  readonly hint?: string;
  readonly status?: number;
  /** `POST /api/datasources`: never with a query's values, which could hold a secret. */
  readonly request?: string;
  /** The request was a write and may have been carried out all the same: look before doing it again. */
  readonly outcomeUnknown?: boolean;
  /** Milliseconds that the answer asks to wait. */
  readonly retryAfter?: number;
  /** The answer's own words. */
  readonly said?: string;
}

/** Base of everything that a request can end in. Carries no request headers and no axios error, so that no token is printed. */
export class GrafanaError extends ProvisionError {
  override name = "GrafanaError";
  readonly status: number | undefined;
  readonly request: string | undefined;
  readonly outcomeUnknown: boolean;
  readonly retryAfter: number;
  readonly said: string | undefined;

  constructor(message: string, details: Details) {
    super(message, { exitCode: details.exitCode, ...(details.hint === undefined ? {} : { hint: details.hint }) });
    this.status = details.status;
    this.request = details.request;
    this.outcomeUnknown = details.outcomeUnknown ?? false;
    this.retryAfter = details.retryAfter ?? 0;
    this.said = details.said;
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
  /** Grafana itself says that the object isn't there; false where nobody knows who says what isn't there. */
  readonly absent: boolean;

  constructor(message: string, { absent = true, ...details }: Details & { readonly absent?: boolean }) {
    super(message, details);
    this.absent = absent;
  }
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
/** A page of a list that was already returned: the list would never end, and objects may be missing from it. */
export function repeatedPage({ method, path }: { readonly method: string; readonly path: string }): NotGrafana {
  const request = `${method} ${path.replace(/\?.*/s, "")}`;
  return new NotGrafana(`${request} returned the same page of the list twice. Nothing was written`, {
    exitCode: EXIT.failure,
    request,
    hint: "Check the proxy or cache between here and Grafana: it must not ignore the query of a URL.",
  });
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
  /** Milliseconds that the answer asks to wait, and those that a request is repeated for at most. */
  readonly retryAfter?: number;
  readonly patience?: number;
  /** Redacts the response's message, which may quote the request, before it is shortened. */
  readonly redact?: (text: string) => string;
}

const GOES_ON = "Run the command again: it goes on where it stopped.";
const NOT_GRAFANAS =
  "A page of HTML is not Grafana's answer: a proxy or a login page stands before it. GRAFANA_HTTP_HEADERS can carry what it asks for.";

/**
 * Turns an answer with a status of 400 and more into a typed error that keeps Grafana's own message. Error bodies come as
 * `{message}`, `{statusCode, messageId, message}`, `{status, message}`, a Kubernetes `Status`, plain text, or not at all.
 */
export function errorOf({
  status,
  body,
  request,
  write,
  retryAfter = 0,
  patience = 0,
  redact = (text) => text,
}: Failure): GrafanaError {
  const said = shorten(redact(messageOf(body)));
  const page = typeof body === "string" && isHtml(body);
  const inUse = status === 409 && /\.(referenced|used)$/.test(messageIdOf(body));
  const about = { status, request, ...(said ? { said } : {}) };
  const text = (what: string) =>
    `${what}: ${request} was answered ${status}${said ? ` "${said}"` : " without a message"}`;

  switch (true) {
    case status === 401:
      return new NotAuthenticated(text("Grafana doesn't accept these credentials"), {
        ...about,
        exitCode: EXIT.notAuthorised,
        hint: page
          ? NOT_GRAFANAS
          : "Set GRAFANA_TOKEN to a service account's token (Administration > Service accounts), or GRAFANA_USER and GRAFANA_PASSWORD. Grafana locks a user for five minutes after five wrong passwords.",
      });
    case status === 403 && page:
      return new NotGrafana(text("These credentials may not do that"), {
        ...about,
        exitCode: EXIT.notAuthorised,
        hint: NOT_GRAFANAS,
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
    case status === 404 && isAbsence(body):
      return new NotFound(text("There is no such thing in Grafana"), { ...about, exitCode: EXIT.failure });
    case status === 404:
      return new NotFound(text("Nothing is served there"), {
        ...about,
        exitCode: EXIT.failure,
        absent: false,
        hint: "These are not Grafana's words for something that it doesn't have: check GRAFANA_URL, with its sub-path if it has one, and the proxy before it.",
      });
    case inUse:
      return new Rejected(text("Something in Grafana still uses it"), { ...about, exitCode: EXIT.failure });
    case status === 409 || status === 412:
      return new Conflict(text("Another user or run changed or created it"), {
        ...about,
        exitCode: EXIT.conflict,
        hint: "Run `plan` again to see how it looks now.",
      });
    case status === 413:
      return new Rejected(text("The body is too large for Grafana (16 MiB) or for a proxy before it"), {
        ...about,
        exitCode: EXIT.failure,
        hint: "Raise the limit of the proxy (nginx: client_max_body_size), or make two of it.",
      });
    case status === 429 || status >= 500:
      return new Unavailable(text("Grafana could not do that now"), {
        ...about,
        exitCode: EXIT.failure,
        // A `Retry-After` proves nothing: Grafana sets one, too, where a write ran out of time.
        outcomeUnknown: write && status >= 500,
        retryAfter,
        hint:
          retryAfter > patience
            ? `It asks to come back after ${durationText(retryAfter)}, which is longer than this command waits.`
            : GOES_ON,
      });
    default:
      return new Rejected(text("Grafana refuses this"), { ...about, exitCode: EXIT.failure });
  }
}

/**
 * Whether a 404 is Grafana's word that this object isn't there: a Kubernetes `Status`, an answer with a `messageId`, or a
 * message such as "Data source not found". Its "Not found" alone is that of a path which it doesn't serve, and what stands
 * before it answers with pages, other words, or nothing.
 */
function isAbsence(body: unknown): boolean {
  if (typeof body !== "object" || body === null) return false;
  // It says the same of a version of its API that it doesn't serve.
  if ("kind" in body && body.kind === "Status") return !/requested resource/.test(messageOf(body));
  return messageIdOf(body) !== "" || /\S (not|could not be) found$/i.test(messageOf(body));
}

/** `90 seconds`, `2 hours`: as people say it. */
export function durationText(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000);
  const [number, unit] =
    seconds < 120
      ? [seconds, "second"]
      : seconds < 7200
        ? [Math.round(seconds / 60), "minute"]
        : seconds < 172_800
          ? [Math.round(seconds / 3600), "hour"]
          : [Math.round(seconds / 86_400), "day"];
  return `${number} ${unit}${number === 1 ? "" : "s"}`;
}

function messageIdOf(body: unknown): string {
  const id = typeof body === "object" && body !== null && "messageId" in body ? body.messageId : undefined;
  return typeof id === "string" ? id : "";
}

function messageOf(body: unknown): string {
  if (typeof body === "string") return isHtml(body) ? "an HTML page" : body.trim();
  if (typeof body !== "object" || body === null) return "";
  const message = "message" in body ? body.message : undefined;
  return typeof message === "string" ? message : "";
}

export function isHtml(text: string): boolean {
  return /^\s*<[!?a-z]/i.test(text);
}

/** It is printed: what would control a terminal goes, too. */
function shorten(text: string): string {
  const line = stripVTControlCharacters(text).replace(/\p{Cc}+/gu, " ");
  return line.length > 500 ? `${line.slice(0, 499)}…` : line;
}

/** A conflict that a check just before a write found; `what` with its article. */
export function changedSince(what: string): Conflict {
  return new Conflict(`${what} was changed by another user or run`, {
    exitCode: EXIT.conflict,
    hint: "Run `plan` again to see how it looks now.",
  });
}

/** The answer, or undefined where Grafana has no such thing: what a deletion wants, and a look-up. */
export async function unlessNotFound<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof NotFound && error.absent) return undefined;
    throw error;
  }
}

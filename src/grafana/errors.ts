import { stripVTControlCharacters } from "node:util";
import type { ErrorCode } from "../util/error-codes.ts";
import { EXIT, ProvisionError, type ExitCode } from "../util/errors.ts";
import { commandHere } from "../util/command-line.ts";
import { isHtml, messageIdOf, messageOf, ofDatasource, type OfDatasource } from "./said.ts";

export { isHtml } from "./said.ts";

interface Details {
  readonly exitCode: ExitCode;
  /** Default: the code of the class. */
  readonly code?: ErrorCode;
  readonly hint?: string;
  readonly status?: number;
  /** `POST /api/datasources`. Without the query, which could contain a secret. */
  readonly request?: string;
  /** Whether the request was a write that may have succeeded: check before sending it again. */
  readonly outcomeUnknown?: boolean;
  /** `Retry-After` in milliseconds. */
  readonly retryAfter?: number;
  /** The message in the response. */
  readonly said?: string;
  readonly ofDatasource?: OfDatasource;
  readonly broken?: Broken;
  /** The permission that the credentials lack, if Grafana needs another one than for the object itself. */
  readonly missing?: string;
}

/** How a connection ended without a whole response. */
type Broken = "timeout" | "incomplete";

/** Base class of all errors of requests. Contains neither headers nor the axios error, so that no token is printed. */
export class GrafanaError extends ProvisionError {
  override name = "GrafanaError";
  static readonly code: ErrorCode = "grafana-request-failed";
  readonly status: number | undefined;
  readonly request: string | undefined;
  readonly outcomeUnknown: boolean;
  readonly retryAfter: number;
  readonly said: string | undefined;
  readonly ofDatasource: OfDatasource;
  readonly broken: Broken | undefined;
  readonly missing: string | undefined;

  constructor(message: string, details: Details) {
    const { exitCode, code = new.target.code, hint } = details;
    super(message, { exitCode, code, ...(hint === undefined ? {} : { hint }) });
    this.status = details.status;
    this.request = details.request;
    this.outcomeUnknown = details.outcomeUnknown ?? false;
    this.retryAfter = details.retryAfter ?? 0;
    this.said = details.said;
    this.ofDatasource = details.ofDatasource ?? {};
    this.broken = details.broken;
    this.missing = details.missing;
  }
}

export class NotAuthenticated extends GrafanaError {
  override name = "NotAuthenticated";
  static override readonly code: ErrorCode = "grafana-credentials-rejected";
}
export class Forbidden extends GrafanaError {
  override name = "Forbidden";
  static override readonly code: ErrorCode = "grafana-permission-missing";
}
export class NotFound extends GrafanaError {
  override name = "NotFound";
  static override readonly code: ErrorCode = "grafana-object-missing";
  /** Whether Grafana reports that the object does not exist; false if the 404 may come from a proxy or a wrong path. */
  readonly absent: boolean;

  constructor(message: string, { absent = true, ...details }: Details & { readonly absent?: boolean }) {
    super(message, details);
    this.absent = absent;
  }
}
/** The object has changed since it was read, or the name is taken. */
export class Conflict extends GrafanaError {
  override name = "Conflict";
  static override readonly code: ErrorCode = "grafana-object-conflict";
}
/** Grafana rejects the content of the request. */
export class Rejected extends GrafanaError {
  override name = "Rejected";
  static override readonly code: ErrorCode = "grafana-request-rejected";
}
/** A temporary failure after all retries: 429, 5xx, a timeout or a broken connection. */
export class Unavailable extends GrafanaError {
  override name = "Unavailable";
  static override readonly code: ErrorCode = "grafana-unavailable";
}
/** No connection: nothing was sent. */
export class Unreachable extends GrafanaError {
  override name = "Unreachable";
  static override readonly code: ErrorCode = "grafana-unreachable";
}
/** A write that consists of several requests failed after the first ones had succeeded. */
export class HalfDone extends GrafanaError {
  override name = "HalfDone";
  static override readonly code: ErrorCode = "grafana-write-incomplete";
}
/** The response does not come from Grafana. */
export class NotGrafana extends GrafanaError {
  override name = "NotGrafana";
  static override readonly code: ErrorCode = "grafana-response-invalid";
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
  static override readonly code: ErrorCode = "grafana-version-unsupported";
}

interface Failure {
  readonly status: number;
  readonly body: unknown;
  /** As in `Details.request`. */
  readonly request: string;
  readonly write: boolean;
  /** `Retry-After` in milliseconds. */
  readonly retryAfter?: number;
  /** Milliseconds after which a request is not retried. */
  readonly patience?: number;
  /** Redacts the response's message, which may quote the request, before it is shortened. */
  readonly redact?: (text: string) => string;
}

const RUN_AGAIN = "Run the command again to continue.";
const HTML_PAGE =
  "The response is an HTML page, probably from a proxy or login page in front of Grafana. If it requires headers, set GRAFANA_HTTP_HEADERS.";

/**
 * Converts a response with a status of 400 or above to a typed error that contains Grafana's message. The body is
 * `{message}`, `{statusCode, messageId, message}`, `{status, message}`, a Kubernetes `Status`, plain text, or empty.
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
  const about = { status, request, ofDatasource: ofDatasource(body), ...(said ? { said } : {}) };
  const text = (what: string) => `${what}: ${request} returned ${status}${said ? ` "${said}"` : " without a message"}`;

  switch (true) {
    case status === 401:
      return new NotAuthenticated(text("Grafana rejected the credentials"), {
        ...about,
        exitCode: EXIT.notAuthorised,
        hint: page
          ? HTML_PAGE
          : "Set GRAFANA_TOKEN to a service account token (Administration > Service accounts), or GRAFANA_USER and GRAFANA_PASSWORD. Grafana locks a user for five minutes after five wrong passwords.",
      });
    case status === 403 && page:
      return new NotGrafana(text("The credentials lack a permission"), {
        ...about,
        exitCode: EXIT.notAuthorised,
        hint: HTML_PAGE,
      });
    case status === 403:
      return new Forbidden(text("The credentials lack a permission"), {
        ...about,
        exitCode: EXIT.notAuthorised,
        hint: "Give the service account the permission that the message names, or a role that has it (Editor for folders and dashboards, Admin for datasources).",
      });
    case status === 407:
      return new Unavailable(text("The proxy requires credentials"), {
        ...about,
        code: "grafana-proxy-credentials-missing",
        exitCode: EXIT.failure,
        hint: "Add them to HTTPS_PROXY: http://user:password@host:port.",
      });
    case status === 404 && isAbsence(body):
      return new NotFound(text("The object does not exist in Grafana"), { ...about, exitCode: EXIT.failure });
    case status === 404:
      return new NotFound(text("The path does not exist"), {
        ...about,
        code: "grafana-path-missing",
        exitCode: EXIT.failure,
        absent: false,
        hint: "The response may not come from Grafana. Check GRAFANA_URL, including the sub-path, and any proxy in front of Grafana.",
      });
    case inUse:
      return new Rejected(text("The object is still in use"), {
        ...about,
        code: "grafana-object-in-use",
        exitCode: EXIT.failure,
      });
    case status === 409 || status === 412:
      return new Conflict(text("The object was changed or created by another user or run"), {
        ...about,
        exitCode: EXIT.conflict,
        hint: `Run \`${commandHere("plan")}\` again to see its current state.`,
      });
    case status === 413:
      return new Rejected(text("The request is too large for Grafana (16 MiB) or for a proxy in front of it"), {
        ...about,
        code: "grafana-request-too-large",
        exitCode: EXIT.failure,
        hint: "Increase the limit of the proxy (nginx: client_max_body_size), or split the object.",
      });
    case status === 429 || status >= 500:
      return new Unavailable(text("Grafana is temporarily unavailable"), {
        ...about,
        exitCode: EXIT.failure,
        // Even with `Retry-After`: Grafana also sends it for a write that timed out.
        outcomeUnknown: write && status >= 500,
        retryAfter,
        hint:
          retryAfter > patience
            ? `Run the command again after ${durationText(retryAfter)}, as Grafana requests.`
            : RUN_AGAIN,
      });
    default:
      return new Rejected(text("Grafana rejected the request"), { ...about, exitCode: EXIT.failure });
  }
}

/**
 * Whether a 404 means that the object does not exist: a Kubernetes `Status`, a `messageId`, or a message such as "Data source
 * not found". Grafana's plain "Not found" means an unknown path, and anything else comes from a proxy.
 */
function isAbsence(body: unknown): boolean {
  if (typeof body !== "object" || body === null) return false;
  // "the server could not find the requested resource": an API version that is not served.
  if ("kind" in body && body.kind === "Status") return !/requested resource/.test(messageOf(body));
  return messageIdOf(body) !== "" || /\S (not|could not be) found$/i.test(messageOf(body));
}

/** `90 seconds`, `2 hours` */
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

/** Shortens a message and removes control characters. */
function shorten(text: string): string {
  const line = stripVTControlCharacters(text).replace(/\p{Cc}+/gu, " ");
  return line.length > 500 ? `${line.slice(0, 499)}…` : line;
}

/** The conflict that a check just before a write found. `what`: "the folder home". */
export function changedSince(what: string): Conflict {
  return new Conflict(`${what} was changed by another user or run`, {
    exitCode: EXIT.conflict,
    hint: `Run \`${commandHere("plan")}\` again to see its current state.`,
  });
}

/** The response, or undefined if Grafana reports that the object does not exist. */
export async function unlessNotFound<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof NotFound && error.absent) return undefined;
    throw error;
  }
}

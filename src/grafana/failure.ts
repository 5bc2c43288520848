import { AxiosError } from "axios";
import { retryAfter } from "axios-retry";
import { EXIT } from "../util/errors.ts";
import { errorOf, GrafanaError, NotGrafana, Unavailable, Unreachable } from "./errors.ts";

/** Our own code of an answer of which a part is missing. */
export const INCOMPLETE = "ERR_INCOMPLETE";
/** The connection was never made: nothing was sent, so that a repeat is safe. */
const NOT_CONNECTED = new Set(["ECONNREFUSED", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);
/** Nothing was sent either, and waiting doesn't help. */
const NEVER_CONNECTED = new Set(["ENOTFOUND", "ERR_INVALID_URL", "ERR_BAD_OPTION_VALUE", "EPROTO"]);

/** Whether another attempt may well reach what this one did not. */
export function isNotSent(error: AxiosError): boolean {
  return NOT_CONNECTED.has(error.code ?? "") || isConnectTimeout(error);
}

/** No retry can mend a name that doesn't resolve or a certificate that isn't trusted; and time that is up is up. */
export function isFinal({ code = "" }: AxiosError): boolean {
  return NEVER_CONNECTED.has(code) || code === "ERR_CANCELED" || isTlsCode(code);
}

function isConnectTimeout({ code, cause }: AxiosError): boolean {
  return code === "ETIMEDOUT" && cause !== undefined && "syscall" in cause && cause.syscall === "connect";
}

function isTlsCode(code: string): boolean {
  return /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO/.test(code);
}

/** Nothing came until the time was up. */
export function isTimeout({ code = "" }: AxiosError): boolean {
  return code === "ECONNABORTED" || code === "ETIMEDOUT";
}

/** Why a request is sent again, for the person who waits for it. */
export function whyWaiting(error: AxiosError): string {
  const named = error.config?.named ?? "the last request";
  // With a lower one it is a success whose body was cut short.
  const status = (error.response?.status ?? 0) >= 300 ? error.response?.status : undefined;
  if (status !== undefined && retryAfter(error) > 0) return `the answer ${status} to ${named} asks`;
  if (status !== undefined) return `${named} was answered ${status}`;
  return `${named} failed: ${reasonOf(error.code ?? "", error.message)}`;
}

interface Asked {
  readonly url: string;
  readonly named: string;
  readonly write: boolean;
  readonly proxy: string | undefined;
  /** The answer is a proxy's, which made no connection. */
  readonly byProxy: boolean;
  readonly patience: number;
  /** Redacts a text before it is shortened. */
  readonly redact: (text: string) => string;
}

/** What a request ended in, as one of the errors of `errors.ts`; what is no error of a request stays as it is. */
export function failureOf(error: unknown, asked: Asked): GrafanaError {
  if (error instanceof GrafanaError) return error;
  if (!(error instanceof AxiosError)) throw error;
  const { url, named, write } = asked;
  const { response, code = "" } = error;
  if (response && response.status >= 300 && response.status < 400) {
    const location = String(response.headers["location"] ?? "another address");
    return new NotGrafana(`${url} redirects ${named} to ${location.replace(/\?.*$/, "")}`, {
      exitCode: EXIT.failure,
      status: response.status,
      request: named,
      hint: "Use the address it redirects to. A redirect to a login page means that a proxy stands before Grafana.",
    });
  }
  if (response && asked.byProxy && response.status !== 407) {
    return new Unreachable(
      `The proxy ${proxyName(asked.proxy)} makes no connection to ${url}: it answers ${response.status}`,
      {
        exitCode: EXIT.failure,
        status: response.status,
        request: named,
        hint: "Check HTTPS_PROXY; NO_PROXY names hosts that are reached without it.",
      },
    );
  }
  if (response && response.status >= 400) {
    const wait = retryAfter(error);
    return errorOf({
      status: response.status,
      body: bodyOf(response.data),
      request: named,
      write,
      ...(wait > 0 ? { retryAfter: wait } : {}),
      patience: asked.patience,
      redact: asked.redact,
    });
  }
  if (isNotSent(error) || NEVER_CONNECTED.has(code) || isTlsCode(code)) {
    const throughProxy = asked.proxy !== undefined && !isTlsCode(code) && code !== "EPROTO";
    const whom = throughProxy ? `the proxy ${proxyName(asked.proxy)}` : url;
    return new Unreachable(`Can't connect to ${whom}: ${reasonOf(code, error.message)}`, {
      exitCode: EXIT.failure,
      request: named,
      hint: throughProxy
        ? "Check HTTPS_PROXY; NO_PROXY names hosts that are reached without it."
        : hintOf(code, error.message),
    });
  }
  const message =
    code === INCOMPLETE
      ? `The answer to ${named} is not whole JSON`
      : `The connection to ${url} failed during ${named}: ${reasonOf(code, error.message)}`;
  return new Unavailable(message, {
    exitCode: EXIT.failure,
    request: named,
    outcomeUnknown: write,
    hint: !write && code === "ECONNRESET" && url.startsWith("http:") ? MAYBE_TLS : GOES_ON,
  });
}

const GOES_ON = "Run the command again: it goes on where it stopped.";
const MAYBE_TLS = "Should the URL begin with https://? Otherwise run the command again.";

/** A page where an answer should be. */
export function htmlPage(url: string, named: string, write: boolean): NotGrafana {
  return new NotGrafana(`${url} answers with an HTML page where Grafana's API should be (${named})`, {
    exitCode: EXIT.failure,
    request: named,
    outcomeUnknown: write,
    hint: "Is the URL right, with its sub-path if it has one? A proxy or a login page may stand before Grafana: GRAFANA_HTTP_HEADERS can carry what it asks for.",
  });
}

/** Grafana says that it has nothing to say with a 204. */
export function emptyAnswer(url: string, named: string, write: boolean): NotGrafana {
  return new NotGrafana(`${url} gives an empty answer where Grafana's API should be (${named})`, {
    exitCode: EXIT.failure,
    request: named,
    outcomeUnknown: write,
    hint: "Check GRAFANA_URL, with its sub-path if it has one, and the proxy before it.",
  });
}

/** Without the password that it may hold. */
function proxyName(proxy: string | undefined): string {
  return proxy === undefined ? "" : new URL(proxy).origin;
}

function bodyOf(text: unknown): unknown {
  if (typeof text !== "string") return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "the host name doesn't resolve",
  EAI_AGAIN: "the host name doesn't resolve",
  EHOSTUNREACH: "there is no way to that host",
  ENETUNREACH: "there is no way to that network",
  ECONNABORTED: "no answer in time",
  ETIMEDOUT: "no answer in time",
  ERR_CANCELED: "no answer in time",
  ECONNRESET: "the connection was reset",
  ERR_BAD_RESPONSE: "the answer was cut short",
  DEPTH_ZERO_SELF_SIGNED_CERT: "self-signed certificate",
  SELF_SIGNED_CERT_IN_CHAIN: "self-signed certificate",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate is of a CA that is not known here",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is of a CA that is not known here",
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is of another name",
};

function reasonOf(code: string, message: string): string {
  const reason = isPlainHttp(message)
    ? "it doesn't speak TLS"
    : wantsCertificate(code)
      ? "it wants a certificate of the client"
      : REASONS[code];
  if (reason !== undefined) return `${reason} (${code})`;
  return code ? `${message} (${code})` : message;
}

/** OpenSSL took HTTP for TLS. */
function isPlainHttp(message: string): boolean {
  return /wrong version number|packet length too long/i.test(message);
}

function wantsCertificate(code: string): boolean {
  return /ALERT_(CERTIFICATE_REQUIRED|BAD_CERTIFICATE|HANDSHAKE_FAILURE|UNKNOWN_CA)/.test(code);
}

function hintOf(code: string, message: string): string {
  if (isPlainHttp(message)) return "Does the URL begin with http:// rather than https://?";
  if (wantsCertificate(code))
    return "Name the files of your certificate and its key in GRAFANA_TLS_CERT and GRAFANA_TLS_KEY.";
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID")
    return "Renew it there, or is the clock here wrong? GRAFANA_INSECURE_SKIP_VERIFY=true turns the check off, for a test only.";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID")
    return "Use a name that its certificate has in the URL. GRAFANA_INSECURE_SKIP_VERIFY=true turns the check off, for a test only.";
  if (isTlsCode(code))
    return "Its certificate isn't trusted here: name your CA's file in GRAFANA_CA_CERT. GRAFANA_INSECURE_SKIP_VERIFY=true turns the check off, for a test only.";
  return "Check GRAFANA_URL, and that Grafana is running and can be reached from here (VPN, firewall, HTTPS_PROXY).";
}

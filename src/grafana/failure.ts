import { AxiosError } from "axios";
import { retryAfter } from "axios-retry";
import { EXIT } from "../util/errors.ts";
import { errorOf, GrafanaError, NotGrafana, Unavailable, Unreachable } from "./errors.ts";

/** The error code for a truncated response. */
export const INCOMPLETE = "ERR_INCOMPLETE";
/** There was no connection and nothing was sent, so a retry is safe. */
const NOT_CONNECTED = new Set(["ECONNREFUSED", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);
/** Nothing was sent, and a retry would not help. */
const NEVER_CONNECTED = new Set(["ENOTFOUND", "ERR_INVALID_URL", "ERR_BAD_OPTION_VALUE", "EPROTO"]);

/** Whether nothing was sent, and a retry may help. */
export function isNotSent(error: AxiosError): boolean {
  return NOT_CONNECTED.has(error.code ?? "") || isConnectTimeout(error);
}

/** Whether a retry can't help: unknown host, untrusted certificate, or deadline exceeded. */
export function isFinal({ code = "" }: AxiosError): boolean {
  return NEVER_CONNECTED.has(code) || code === "ERR_CANCELED" || isTlsCode(code);
}

function isConnectTimeout({ code, cause }: AxiosError): boolean {
  return code === "ETIMEDOUT" && cause !== undefined && "syscall" in cause && cause.syscall === "connect";
}

function isTlsCode(code: string): boolean {
  return /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO/.test(code);
}

export function isTimeout({ code = "" }: AxiosError): boolean {
  return code === "ECONNABORTED" || code === "ETIMEDOUT";
}

/** Why a request is retried: the end of "Waiting 30 seconds: …". */
export function whyWaiting(error: AxiosError): string {
  const named = error.config?.named ?? "the last request";
  // Below 300, the response was truncated.
  const status = (error.response?.status ?? 0) >= 300 ? error.response?.status : undefined;
  if (status !== undefined && retryAfter(error) > 0) return `${named} returned ${status} with Retry-After`;
  if (status !== undefined) return `${named} returned ${status}`;
  return `${named} failed: ${reasonOf(error.code ?? "", error.message)}`;
}

interface Asked {
  readonly url: string;
  readonly named: string;
  readonly write: boolean;
  readonly proxy: string | undefined;
  /** Whether the response comes from a proxy that refused to connect. */
  readonly byProxy: boolean;
  readonly patience: number;
  /** Applied before a text is shortened. */
  readonly redact: (text: string) => string;
}

/** Converts an error of a request to one of the errors of `errors.ts`. Rethrows any other error. */
export function failureOf(error: unknown, asked: Asked): GrafanaError {
  if (error instanceof GrafanaError) return error;
  if (!(error instanceof AxiosError)) throw error;
  const { url, named, write } = asked;
  const { response, code = "" } = error;
  if (response && response.status >= 300 && response.status < 400) {
    const location = String(response.headers["location"] ?? "another address");
    return new NotGrafana(`${url} redirected ${named} to ${location.replace(/\?.*$/, "")}`, {
      exitCode: EXIT.failure,
      code: "grafana-url-redirected",
      status: response.status,
      request: named,
      hint: "Set GRAFANA_URL to the address it redirects to. A redirect to a login page comes from a proxy in front of Grafana.",
    });
  }
  if (response && asked.byProxy && response.status !== 407) {
    return new Unreachable(
      `The proxy ${proxyName(asked.proxy)} refused to connect to ${url}: it returned ${response.status}`,
      {
        exitCode: EXIT.failure,
        code: "grafana-proxy-refused",
        status: response.status,
        request: named,
        hint: "Check HTTPS_PROXY. To connect to a host without the proxy, add it to NO_PROXY.",
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
        ? "Check HTTPS_PROXY. To connect to a host without the proxy, add it to NO_PROXY."
        : hintOf(code, error.message),
    });
  }
  const message =
    code === INCOMPLETE
      ? `The response to ${named} is not complete JSON`
      : `The connection to ${url} failed during ${named}: ${reasonOf(code, error.message)}`;
  return new Unavailable(message, {
    exitCode: EXIT.failure,
    request: named,
    outcomeUnknown: write,
    broken: isTimeout(error) || code === "ERR_CANCELED" ? "timeout" : "incomplete",
    hint: !write && code === "ECONNRESET" && url.startsWith("http:") ? MAYBE_TLS : RUN_AGAIN,
  });
}

const RUN_AGAIN = "Run the command again to continue.";
const MAYBE_TLS = "Check whether the URL must begin with https://. Otherwise run the command again.";

/** The error for an HTML page in place of a JSON response. */
export function htmlPage(url: string, named: string, write: boolean): NotGrafana {
  return new NotGrafana(`${url} returned an HTML page instead of a response of Grafana's API (${named})`, {
    exitCode: EXIT.failure,
    request: named,
    outcomeUnknown: write,
    hint: "Check GRAFANA_URL, including the sub-path. If a proxy or login page in front of Grafana requires headers, set GRAFANA_HTTP_HEADERS.",
  });
}

/** The error for an empty body. Grafana uses status 204 for a response without a body. */
export function emptyAnswer(url: string, named: string, write: boolean): NotGrafana {
  return new NotGrafana(`${url} returned an empty response instead of a response of Grafana's API (${named})`, {
    exitCode: EXIT.failure,
    request: named,
    outcomeUnknown: write,
    hint: "Check GRAFANA_URL, including the sub-path, and any proxy in front of Grafana.",
  });
}

/** The origin of a proxy, without its password. */
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
  ECONNREFUSED: "connection refused",
  ENOTFOUND: "the host name doesn't resolve",
  EAI_AGAIN: "the host name doesn't resolve",
  EHOSTUNREACH: "the host is unreachable",
  ENETUNREACH: "the network is unreachable",
  ECONNABORTED: "timeout",
  ETIMEDOUT: "timeout",
  ERR_CANCELED: "timeout",
  ECONNRESET: "the connection was reset",
  ERR_BAD_RESPONSE: "the response was truncated",
  DEPTH_ZERO_SELF_SIGNED_CERT: "self-signed certificate",
  SELF_SIGNED_CERT_IN_CHAIN: "self-signed certificate",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate is signed by an unknown CA",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is signed by an unknown CA",
  CERT_HAS_EXPIRED: "its certificate has expired",
  CERT_NOT_YET_VALID: "its certificate is not valid yet",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another host name",
};

function reasonOf(code: string, message: string): string {
  const reason = isPlainHttp(message)
    ? "it doesn't use TLS"
    : wantsCertificate(code)
      ? "it requires a client certificate"
      : REASONS[code];
  if (reason !== undefined) return `${reason} (${code})`;
  return code ? `${message} (${code})` : message;
}

/** Whether OpenSSL received plain HTTP. */
function isPlainHttp(message: string): boolean {
  return /wrong version number|packet length too long/i.test(message);
}

function wantsCertificate(code: string): boolean {
  return /ALERT_(CERTIFICATE_REQUIRED|BAD_CERTIFICATE|HANDSHAKE_FAILURE|UNKNOWN_CA)/.test(code);
}

function hintOf(code: string, message: string): string {
  if (isPlainHttp(message)) return "Check whether the URL must begin with http:// instead of https://.";
  if (wantsCertificate(code))
    return "Set GRAFANA_TLS_CERT and GRAFANA_TLS_KEY to the files of your client certificate and its key.";
  if (code === "CERT_HAS_EXPIRED" || code === "CERT_NOT_YET_VALID")
    return "Renew the certificate, or correct the clock of this machine. For tests only: GRAFANA_INSECURE_SKIP_VERIFY=true skips the check.";
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID")
    return "Use a host name that the certificate contains. For tests only: GRAFANA_INSECURE_SKIP_VERIFY=true skips the check.";
  if (isTlsCode(code))
    return "Set GRAFANA_CA_CERT to the certificate file of your CA. For tests only: GRAFANA_INSECURE_SKIP_VERIFY=true skips the check.";
  return "Check GRAFANA_URL, and whether Grafana is running and reachable from this machine (VPN, firewall, HTTPS_PROXY).";
}

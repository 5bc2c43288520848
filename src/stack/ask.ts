import axios from "axios";
import type { HostClient } from "./host-client.ts";

/** The response of a server, or the reason why there is none. */
export type Answer = { readonly status: number; readonly body: string } | NoAnswer;

export interface NoAnswer {
  /** `"connection refused"` */
  readonly problem: string;
  readonly code: string | undefined;
}

/** TLS settings of a request, and its credentials and headers, if any. */
export type AskOptions = Pick<HostClient, "agent"> & {
  readonly auth?: HostClient["auth"];
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: "GET" | "POST";
};

/** Sends one request, by default a GET, without a proxy and without following redirects. Never throws. `timeout` in milliseconds. */
export async function ask(
  url: string,
  timeout: number,
  { agent, auth, headers, method = "GET" }: Partial<AskOptions> = {},
): Promise<Answer> {
  try {
    const { status, data } = await axios.request<string>({
      url,
      method,
      signal: AbortSignal.timeout(timeout),
      proxy: false,
      ...(agent === undefined ? {} : { httpsAgent: agent }),
      ...(auth === undefined ? {} : { auth }),
      ...(headers === undefined ? {} : { headers }),
      responseType: "text",
      transformResponse: (body: string) => body,
      maxContentLength: 64 * 1024 * 1024,
      maxRedirects: 0,
      validateStatus: () => true,
    });
    return { status, body: data };
  } catch (error) {
    return noAnswer(error, timeout);
  }
}

/** Describes a failed request. */
export function noAnswer(error: unknown, timeout: number): NoAnswer {
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  return { problem: problemOf(error, code, timeout), code };
}

function problemOf(error: unknown, code: string | undefined, timeout: number): string {
  // Codes of Node's HTTP parser.
  if (code?.startsWith("HPE_")) return "the response is not HTTP";
  switch (code) {
    case "ECONNREFUSED":
      return "connection refused";
    case "ECONNRESET":
    case "EPIPE":
      return "connection closed without a response";
    case "ETIMEDOUT":
    case "ERR_CANCELED":
      return timeoutProblem(timeout);
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return "no route to host";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "this machine cannot resolve the host name";
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

/** `"no response within 5 s"` */
export function timeoutProblem(timeout: number): string {
  return `no response within ${timeout / 1000} s`;
}

/** A colon and the beginning of a response, such as Loki's reason why it isn't ready. Empty for HTML. */
export function excerpt(body: string): string {
  const text = body.trim();
  // Join JSON that is spread over several lines.
  const line = (/^[[{]/.test(text) ? text.replaceAll(/\s+/g, " ") : text.split("\n")[0]?.trim()) ?? "";
  return line === "" || line.startsWith("<") ? "" : `: ${line.length > 120 ? `${line.slice(0, 119)}…` : line}`;
}

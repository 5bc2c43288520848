import axios from "axios";

/** What a server answered, or why there is no answer. */
export type Answer = { readonly status: number; readonly body: string } | NoAnswer;

export interface NoAnswer {
  /** As the end of a sentence: `"nothing listens there"`. */
  readonly problem: string;
  readonly code: string | undefined;
}

/** Asks for a page once, without a proxy, and follows no redirection. Never throws. `timeout` in milliseconds, in all. */
export async function ask(url: string, timeout: number): Promise<Answer> {
  try {
    const { status, data } = await axios.get<string>(url, {
      signal: AbortSignal.timeout(timeout),
      proxy: false,
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

/** Why nothing came back, for the person who reads it. */
export function noAnswer(error: unknown, timeout: number): NoAnswer {
  const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
  return { problem: problemOf(error, code, timeout), code };
}

function problemOf(error: unknown, code: string | undefined, timeout: number): string {
  // The parser's codes have a name for each thing that it did not expect.
  if (code?.startsWith("HPE_")) return "answers, but not in HTTP";
  switch (code) {
    case "ECONNREFUSED":
      return "nothing listens there";
    case "ECONNRESET":
    case "EPIPE":
      return "closed the connection without an answer";
    case "ETIMEDOUT":
    case "ERR_CANCELED":
      return late(timeout);
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return "no route leads there";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "its name is not known on this machine";
    default:
      return error instanceof Error ? error.message : String(error);
  }
}

/** `"no answer in 5 s"` */
export function late(timeout: number): string {
  return `no answer in ${timeout / 1000} s`;
}

/** The beginning of what was answered, after a colon: Loki says why it isn't ready. Of a page, nothing. */
export function beginning(body: string): string {
  const text = body.trim();
  // JSON is often written on several lines.
  const line = (/^[[{]/.test(text) ? text.replaceAll(/\s+/g, " ") : text.split("\n")[0]?.trim()) ?? "";
  return line === "" || line.startsWith("<") ? "" : `: ${line.length > 120 ? `${line.slice(0, 119)}…` : line}`;
}

import type { Datasource } from "../datasources.ts";

/** Milliseconds until a datasource must have answered. */
const TIMEOUT = 30_000;

/** What a datasource answered, or why it did not. */
export type UpstreamAnswer =
  | { readonly type: "answer"; readonly status: number; readonly text: string; readonly contentType: string }
  | { readonly type: "failed"; readonly message: string };

/** Sends a request to a datasource. The message of a failure is the one of Grafana's server. */
export async function askUpstream({ url }: Datasource, path: string, method: "GET" | "POST"): Promise<UpstreamAnswer> {
  const whole = (/^\w+:\/\//.test(url) ? url : `http://${url}`).replace(/\/+$/, "") + path;
  const { address: safe, authorization } = credentialsIn(whole);
  // Grafana sends the parameters of a POST in its body.
  const [address = "", parameters = ""] = method === "POST" ? safe.split("?") : [safe];
  try {
    const response = await fetch(address, {
      method,
      signal: AbortSignal.timeout(TIMEOUT),
      headers: {
        ...(authorization === undefined ? {} : { authorization }),
        ...(method === "POST" ? { "content-type": "application/x-www-form-urlencoded" } : {}),
      },
      ...(method === "POST" ? { body: parameters } : {}),
    });
    const contentType = response.headers.get("content-type") ?? "";
    return { type: "answer", status: response.status, text: await response.text(), contentType };
  } catch (error) {
    return {
      type: "failed",
      message: `${method === "POST" ? "Post" : "Get"} "${address}": ${reasonOf(error, address)}`,
    };
  }
}

/** The credentials in a URL, which `fetch` rejects. */
function credentialsIn(address: string): { readonly address: string; readonly authorization?: string } {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || (url.username === "" && url.password === "")) return { address };
  const [user, password] = [url.username, url.password].map(decodeURIComponent);
  url.username = "";
  url.password = "";
  const encoded = Buffer.from(`${user ?? ""}:${password ?? ""}`).toString("base64");
  return { address: url.href, authorization: `Basic ${encoded}` };
}

function reasonOf(error: unknown, address: string): string {
  if (error instanceof Error && error.name === "TimeoutError") return "context deadline exceeded";
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  const { hostname, host } = new URL(address);
  if (code === "ECONNREFUSED") return `dial tcp ${host}: connect: connection refused`;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return `dial tcp: lookup ${hostname}: no such host`;
  return /terminated|socket|ECONNRESET/i.test(`${String(error)} ${code}`) ? "unexpected EOF" : String(error);
}

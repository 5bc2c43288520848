import axios from "axios";
import { agentsOf, headersOf } from "./agents.ts";
import type { ClientOptions } from "./client-options.ts";

interface PageRequest {
  readonly method: string;
  /** Absolute. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer | undefined;
}

export interface PageAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

/** Sends the requests of a Grafana page the way the tool sends its own, and returns the responses unchanged. */
export interface PageRequests {
  /** The path relative to Grafana's URL, `/api/ds/query`; undefined for another server. */
  pathOf(url: string): string | undefined;
  /** Sends the credentials only to this Grafana. Does not follow redirects or retry. Throws if there is no response. */
  send(request: PageRequest): Promise<PageAnswer>;
  close(): void;
}

/** Request headers of the browser that apply to its own connection, or that the tool sets. */
const NOT_SENT =
  /^(:|host$|connection$|cookie$|origin$|referer$|authorization$|content-length$|accept-encoding$|proxy-|sec-)/i;
/** Response headers that apply to the connection or the encoded body. Cookies are dropped. */
const NOT_GIVEN = new Set([
  "content-length",
  "content-encoding",
  "transfer-encoding",
  "connection",
  "keep-alive",
  "set-cookie",
]);

/** Uses the credentials, the proxy and the certificates of these options. */
export async function pageRequests(options: ClientOptions): Promise<PageRequests> {
  const { ca } = options.tls ?? {};
  const own = { agents: await agentsOf(options), headers: headersOf(options) };
  // Other servers get no client certificate, and their certificates are always verified.
  const others = await agentsOf({ ...options, tls: ca === undefined ? {} : { ca } });
  const base = new URL(`${options.url.replace(/\/+$/, "")}/`);
  const pathOf = (text: string): string | undefined => {
    const url = URL.parse(text);
    const isOwn = url?.origin === base.origin && `${url.pathname}/`.startsWith(base.pathname);
    return isOwn ? `/${url.pathname.slice(base.pathname.length)}` : undefined;
  };
  return {
    pathOf,
    async send({ method, url, headers, body }) {
      const isOwn = pathOf(url) !== undefined;
      const agents = isOwn ? own.agents : others;
      const kept = Object.entries(headers).filter(([name]) => !NOT_SENT.test(name));
      const { Accept: _accept, ...added } = isOwn ? own.headers : {};
      const response = await axios.request<ArrayBuffer>({
        method,
        url,
        headers: { ...Object.fromEntries(kept), ...added },
        ...(body ? { data: body } : {}),
        responseType: "arraybuffer",
        maxRedirects: 0,
        proxy: false,
        timeout: options.timeout ?? 30_000,
        httpAgent: agents.http,
        httpsAgent: agents.https,
        validateStatus: () => true,
      });
      const given = Object.entries(response.headers as Record<string, unknown>).flatMap(([name, value]) =>
        typeof value === "string" && !NOT_GIVEN.has(name.toLowerCase()) ? [[name, value] as const] : [],
      );
      return { status: response.status, headers: Object.fromEntries(given), body: Buffer.from(response.data) };
    },
    close() {
      for (const { http, https } of [own.agents, others]) {
        http.destroy();
        https.destroy();
      }
    },
  };
}

import axios from "axios";
import { agentsOf, headersOf, type ClientOptions } from "./client.ts";

interface PageRequest {
  readonly method: string;
  /** Whole. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer | undefined;
}

interface PageAnswer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

/** What a page of Grafana's asks for: sent as the tool's own requests are, and answered as it was answered. */
export interface PageRequests {
  /** The path below Grafana's own, `/api/ds/query`; undefined where somebody else is asked, who is sent no credentials. */
  pathOf(url: string): string | undefined;
  /** With the credentials for this Grafana, and with none for anybody else. Follows no redirect and repeats nothing. Throws where nobody answers. */
  send(request: PageRequest): Promise<PageAnswer>;
  close(): void;
}

/** The browser's own: what stands in them is for its connection, or is ours to say. */
const NOT_SENT =
  /^(:|host$|connection$|cookie$|origin$|referer$|authorization$|content-length$|accept-encoding$|proxy-|sec-)/i;
/** Of the connection, or of a form that the body no longer has; and no cookie is kept. */
const NOT_GIVEN = new Set([
  "content-length",
  "content-encoding",
  "transfer-encoding",
  "connection",
  "keep-alive",
  "set-cookie",
]);

/** Sends what a page asks for with the credentials, the proxy and the certificates of these options. */
export async function pageRequests(options: ClientOptions): Promise<PageRequests> {
  const { ca } = options.tls ?? {};
  const own = { agents: await agentsOf(options), headers: headersOf(options) };
  // A client's certificate is a credential, too; and whose certificate may be wrong is this Grafana alone.
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

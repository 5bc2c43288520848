import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { once } from "node:events";
import { onTestFinished } from "vitest";
import type { CliResult } from "../helpers/cli.ts";

/** A request that a server received: `GET /api/health`, with its headers. */
interface Seen {
  readonly request: string;
  readonly headers: IncomingMessage["headers"];
}

export interface LocalServer {
  readonly url: string;
  readonly seen: Seen[];
}

/** A local server that is closed when the test ends. */
export async function localServer(
  answer: RequestListener,
  tls?: { readonly key: Buffer; readonly cert: Buffer },
): Promise<LocalServer> {
  const seen: Seen[] = [];
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    seen.push({ request: `${request.method} ${request.url}`, headers: request.headers });
    answer(request, response);
  };
  const server: Server = tls ? createTlsServer(tls, listener) : createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("a TCP port was expected");
  return { url: `${tls ? "https" : "http"}://127.0.0.1:${address.port}`, seen };
}

/** A Grafana that fails every request, for tests that must send none. */
export async function untouchable(): Promise<LocalServer> {
  return localServer((_request, response) => {
    response.writeHead(500).end();
  });
}

/** A fault in the output, with its hint. */
export interface ReportedFault {
  readonly level: string;
  /** File, export and property path, as printed. */
  readonly place: string;
  readonly message: string;
  readonly hint: string;
}

export function faultsIn({ stderr }: Pick<CliResult, "stderr">): ReportedFault[] {
  const found: ReportedFault[] = [];
  for (const line of stderr.split("\n")) {
    const [, level = "", place = "", message = ""] = /^(error|warning) (.+?): (.*)$/.exec(line) ?? [];
    const last = found.at(-1);
    if (level) found.push({ level, place, message, hint: "" });
    else if (last && /^ {8}\S/.test(line)) found[found.length - 1] = { ...last, hint: last.hint + line.trim() };
  }
  return found;
}

/** A resource file that imports the public API. */
export function api(text: string): string {
  return `import { dashboard, dashboards, datasource, existing, folder } from "grafana-provision";\n${text}\n`;
}

import { createAdaptorServer } from "@hono/node-server";
import { mkdir } from "node:fs/promises";
import { Server } from "node:http";
import { resolve } from "node:path";
import type { Permissions } from "./access/basic-roles.ts";
import { createApp, type RequestListener } from "./app.ts";
import { credentials } from "./auth.ts";
import { SandboxContext } from "./context.ts";
import { lockDirectory } from "./directory-lock.ts";
import { openKinds } from "./kinds.ts";
import type { Mode } from "./mode.ts";

const host = "127.0.0.1";

/** How long a request may still run when the sandbox closes. */
const grace = 5000;

export interface SandboxOptions {
  /** Where everything is kept; made if missing. */
  readonly dataDirectory: string;
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** Which Grafana it answers as; `unified` unless it says otherwise. */
  readonly mode?: Mode;
  readonly onRequest?: RequestListener;
}

/** A running sandbox. */
export interface Sandbox {
  readonly url: string;
  readonly port: number;
  readonly user: "admin";
  readonly password: "admin";
  readonly dataDirectory: string;
  readonly mode: Mode;
  /**
   * Makes a token that may do exactly this, scopes by action, for as long as the sandbox runs. A real Grafana takes
   * custom roles for it, which its Enterprise edition has; `""` is the scope of an action that has none.
   */
  token(rights: { permissions: Permissions }): string;
  /** Lets requests in flight end, drops all connections, and frees the data directory. */
  close(): Promise<void>;
}

/**
 * Starts a server on this machine alone that answers as Grafana does. It stores and validates, and evaluates
 * nothing. Fails with a `SandboxBusyError` while another process uses the data directory.
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const dataDirectory = resolve(options.dataDirectory);
  await mkdir(dataDirectory, { recursive: true });
  const lock = await lockDirectory(dataDirectory);
  try {
    const mode = options.mode ?? "unified";
    const context = new SandboxContext(dataDirectory, mode);
    const { accounts } = context;
    await accounts.load();
    const routes = await openKinds(context);
    const app = createApp(routes, { mode, accounts, onRequest: options.onRequest, writable: () => lock.held() });
    const server = createAdaptorServer({ fetch: app.fetch });
    if (!(server instanceof Server)) throw new TypeError("an HTTP/1 server was expected");
    const port = await listen(server, options.port ?? 0);
    let closing: Promise<void> | undefined;
    return {
      url: `http://${host}:${port}`,
      port,
      ...credentials,
      dataDirectory,
      mode,
      token: ({ permissions }) => accounts.addCustomToken(permissions),
      async close() {
        closing ??= shutDown(server).then(async () => lock.release());
        await closing;
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function listen(server: Server, port: number): Promise<number> {
  const { promise, resolve: listening, reject } = Promise.withResolvers<void>();
  server.once("error", reject);
  server.listen(port, host, listening);
  await promise;
  server.off("error", reject);
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("a TCP port was expected");
  return address.port;
}

async function shutDown(server: Server): Promise<void> {
  const { promise, resolve: closed } = Promise.withResolvers<void>();
  server.close(() => closed());
  // A connection that is kept alive becomes idle when its request ends, and would hold the server for seconds more.
  const sweep = setInterval(() => server.closeIdleConnections(), 10);
  const limit = setTimeout(() => server.closeAllConnections(), grace);
  server.closeIdleConnections();
  await promise;
  clearInterval(sweep);
  clearTimeout(limit);
}

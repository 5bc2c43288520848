import { createAdaptorServer } from "@hono/node-server";
import { Server } from "node:http";
import { resolve } from "node:path";
import { makeDirectory } from "../util/make-directory.ts";
import type { Permissions } from "./access/basic-roles.ts";
import { createApp, type RequestListener } from "./app.ts";
import { credentials } from "./auth.ts";
import { SandboxContext } from "./context.ts";
import { lockDirectory } from "./directory-lock.ts";
import { openKinds } from "./kinds.ts";
import type { Mode, Toggle } from "./mode.ts";

const host = "127.0.0.1";

/** Milliseconds for running requests to finish when the sandbox closes. */
const grace = 5000;

export interface SandboxOptions {
  /** Created if it does not exist. */
  readonly dataDirectory: string;
  /** Default: 0, any free port. */
  readonly port?: number;
  /** Default: `unified`. */
  readonly mode?: Mode;
  /** The feature toggles to turn on. Default: none, as in Grafana. */
  readonly toggles?: readonly Toggle[];
  readonly onRequest?: RequestListener;
}

export interface Sandbox {
  readonly url: string;
  readonly port: number;
  readonly user: "admin";
  readonly password: "admin";
  readonly dataDirectory: string;
  readonly mode: Mode;
  /**
   * Creates a token with exactly these permissions, which is valid until the sandbox stops. In a real Grafana this needs a
   * custom role (Enterprise). `""` is the scope of an action without scopes.
   */
  token(rights: { permissions: Permissions }): string;
  /** Waits for running requests, closes all connections and unlocks the data directory. */
  close(): Promise<void>;
}

/**
 * Starts a server on the loopback address that answers like Grafana. It stores and validates objects, but evaluates no
 * queries or rules, and rejects requests of web pages. Throws a `SandboxBusyError` if another process uses the data directory.
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const dataDirectory = resolve(options.dataDirectory);
  await makeDirectory(dataDirectory);
  const lock = await lockDirectory(dataDirectory);
  try {
    const mode = options.mode ?? "unified";
    const context = new SandboxContext(dataDirectory, mode, options.toggles);
    const { accounts, users, teams } = context;
    await users.load();
    await accounts.load();
    await teams.load();
    const routes = await openKinds(context);
    const app = createApp(routes, { mode, accounts, users, onRequest: options.onRequest, writable: () => lock.held() });
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
  // Keep-alive connections become idle after their request and would delay the close by seconds.
  const sweep = setInterval(() => server.closeIdleConnections(), 10);
  const limit = setTimeout(() => server.closeAllConnections(), grace);
  server.closeIdleConnections();
  await promise;
  clearInterval(sweep);
  clearTimeout(limit);
}

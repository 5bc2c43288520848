import { Hono } from "hono";
import type { ServiceAccounts } from "./access/service-accounts.ts";
import type { Users } from "./access/users.ts";
import { authenticate } from "./auth.ts";
import type { Routes } from "./context.ts";
import { isKnownGroup } from "./discovery.ts";
import { ApiError } from "./errors.ts";
import { reply } from "./http.ts";
import { failure } from "./k8s/status.ts";
import type { Mode } from "./mode.ts";
import { healthPath } from "./organization.ts";
import { onlyJson, onlyLocal } from "./origin.ts";

/** Called after each response. */
export type RequestListener = (request: { method: string; path: string; status: number }) => void;

/** Creates the HTTP application of all kinds, with authentication and error handling. */
export function createApp(
  routes: readonly Routes[],
  options: {
    mode: Mode;
    accounts: ServiceAccounts;
    users: Users;
    onRequest: RequestListener | undefined;
    writable: () => boolean;
  },
): Hono {
  const app = new Hono({ strict: false });
  const { onRequest } = options;
  if (onRequest !== undefined) {
    app.use(async (c, next) => {
      await next();
      onRequest({ method: c.req.method, path: c.req.path, status: c.res.status });
    });
  }
  app.use(onlyLocal);
  app.use("/api/*", authenticate(options, [healthPath]));
  app.use("/apis", authenticate(options, []));
  app.use("/apis/*", authenticate(options, []));
  app.use(onlyJson);
  app.use(async (c, next) => {
    const reads = c.req.method === "GET" || c.req.method === "HEAD";
    if (!reads && !options.writable()) {
      throw failure(503, "another process took over the sandbox's data directory", "ServiceUnavailable");
    }
    await next();
  });
  for (const add of routes) add(app);
  app.notFound((c) => {
    if (c.req.path.startsWith("/apis")) {
      if (!isKnownGroup(c.req.path.split("/")[2] ?? "", options.mode)) return c.text("404 page not found\n", 404);
      return reply(404, failure(404, "the server could not find the requested resource", "NotFound", {}).body);
    }
    if (c.req.path.startsWith("/api")) return reply(404, { message: "Not found" });
    return c.text("This is the sandbox of grafana-provision: Grafana's HTTP API without its pages.\n", 404);
  });
  app.onError((error, c) => {
    if (error instanceof ApiError) return reply(error.status, error.body);
    const { body } = failure(500, `Internal error occurred: ${error.message}`, "InternalError");
    return reply(500, c.req.path.startsWith("/apis") ? body : { message: `Internal Server Error: ${error.message}` });
  });
  return app;
}

import type { MiddlewareHandler } from "hono";
import { legacyError } from "./errors.ts";
import { failure } from "./k8s/status.ts";

/** The names of this machine. Any other name in `Host` means that a web page's own domain resolves to this address. */
const local = new Set(["127.0.0.1", "localhost", "[::1]"]);

/**
 * Rejects requests of web pages, which could send the sandbox's well-known password: with a foreign host name (DNS rebinding), or
 * from another origin.
 */
export const onlyLocal: MiddlewareHandler = async (c, next) => {
  const host = c.req.header("host") ?? "";
  const origin = c.req.header("origin");
  if (!local.has(hostname(host))) throw legacyError(403, "host not allowed: the sandbox answers only to localhost");
  if (origin !== undefined && origin !== `http://${host}`) throw legacyError(403, "origin not allowed");
  await next();
};

/** Rejects bodies that are not declared as JSON, as Grafana does. A form of a web page can't declare JSON. */
export const onlyJson: MiddlewareHandler = async (c, next) => {
  const { method, path } = c.req;
  const type = mediaType(c.req.header("content-type"));
  const hasBody = c.req.header("transfer-encoding") !== undefined || Number(c.req.header("content-length") ?? 0) > 0;
  // A patch has types of its own, which its route checks.
  if (hasBody && (method === "POST" || method === "PUT") && type !== "application/json") {
    if (!path.startsWith("/apis")) throw legacyError(400, "bad request data");
    if (type !== "") throw failure(415, UNKNOWN_FORMAT, "UnsupportedMediaType");
  }
  await next();
};

const UNKNOWN_FORMAT = "the body of the request was in an unknown format - the sandbox accepts application/json";

function mediaType(header = ""): string {
  return header.split(";")[0]?.trim().toLowerCase() ?? "";
}

function hostname(host: string): string {
  const url = `http://${host}`;
  return URL.canParse(url) ? new URL(url).hostname : "";
}

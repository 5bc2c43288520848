import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import { text } from "node:stream/consumers";
import { legacyError, type ApiError } from "./errors.ts";
import { parseObject, type JsonObject } from "./json.ts";
import { failure } from "./k8s/status.ts";

const bodyLimit = 16 * 1024 * 1024;

/** A response with JSON text. */
export function jsonReply(status: number, body: string): Response {
  return new Response(body, { status, headers: { "content-type": "application/json" } });
}

/** A response with a value as JSON. */
export function reply(status: number, body: unknown): Response {
  return jsonReply(status, JSON.stringify(body));
}

/** Reads the request's body. Throws if it exceeds Grafana's limit. */
export async function readBody(c: Context): Promise<string> {
  // Reads from Node's request: a web `Request` needs more memory for many requests.
  const { incoming } = c.env as HttpBindings;
  const tooLarge = limitOf(c.req.path);
  if (!tooLarge) return text(incoming);
  const chunks: Buffer[] = [];
  let size = 0;
  // The rest is read without keeping it, so that the client gets the response.
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= bodyLimit) chunks.push(chunk);
  }
  if (size > bodyLimit) throw tooLarge();
  return Buffer.concat(chunks).toString();
}

/** The error for a body over the limit. Grafana limits only dashboards and folders, and what is stored like them. */
function limitOf(path: string): (() => ApiError) | undefined {
  const message = `Request entity too large: limit is ${bodyLimit}`;
  if (path.startsWith("/apis/")) return () => failure(413, message, "RequestEntityTooLarge");
  if (path.startsWith("/api/dashboards/")) return () => legacyError(413, "Dashboard is too large, max is 16 MB");
  return path.startsWith("/api/folders") ? () => legacyError(413, message) : undefined;
}

/** Reads the JSON object in the body of a request under `/api`. */
export async function readObject(c: Context): Promise<JsonObject> {
  const body = parseObject(await readBody(c));
  if (body === undefined) throw legacyError(400, "bad request data");
  return body;
}

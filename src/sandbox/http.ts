import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import { text } from "node:stream/consumers";
import { legacyError } from "./errors.ts";
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
  const source = await text(incoming);
  if (source.length > bodyLimit || Buffer.byteLength(source) > bodyLimit) {
    throw failure(413, `Request entity too large: limit is ${bodyLimit}`, "RequestEntityTooLarge");
  }
  return source;
}

/** Reads the JSON object in the body of a request under `/api`. */
export async function readObject(c: Context): Promise<JsonObject> {
  const body = parseObject(await readBody(c));
  if (body === undefined) throw legacyError(400, "bad request data");
  return body;
}

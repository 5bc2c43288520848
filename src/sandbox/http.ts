import type { HttpBindings } from "@hono/node-server";
import type { Context } from "hono";
import { text } from "node:stream/consumers";
import { legacyError } from "./errors.ts";
import { parseObject, type JsonObject } from "./json.ts";
import { failure } from "./k8s/status.ts";

const bodyLimit = 16 * 1024 * 1024;

/** An answer whose body is JSON text already. */
export function jsonReply(status: number, body: string): Response {
  return new Response(body, { status, headers: { "content-type": "application/json" } });
}

/** An answer whose body still is a value. */
export function reply(status: number, body: unknown): Response {
  return jsonReply(status, JSON.stringify(body));
}

/** The request's body; one over Grafana's limit is refused. */
export async function readBody(c: Context): Promise<string> {
  // Straight from Node: a `Request` of the web is made of a dozen objects, which are collected late.
  const { incoming } = c.env as HttpBindings;
  const source = await text(incoming);
  if (source.length > bodyLimit || Buffer.byteLength(source) > bodyLimit) {
    throw failure(413, `Request entity too large: limit is ${bodyLimit}`, "RequestEntityTooLarge");
  }
  return source;
}

/** The JSON object in the body of a request to an API under `/api`. */
export async function readObject(c: Context): Promise<JsonObject> {
  const body = parseObject(await readBody(c));
  if (body === undefined) throw legacyError(400, "bad request data");
  return body;
}

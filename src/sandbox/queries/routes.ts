import type { Context } from "hono";
import { denied, type AccessControl } from "../access/access-control.ts";
import { callerOf } from "../access/caller.ts";
import { datasourceScope, permission } from "../access/evaluator.ts";
import type { Routes } from "../context.ts";
import type { Datasource, Datasources } from "../datasources.ts";
import { ApiError, legacyError } from "../errors.ts";
import { readObject, reply } from "../http.ts";
import { isObject, listOf, parseObject, text, type JsonObject } from "../json.ts";
import { lokiMetricFrames, logFrames, prometheusFrames, type QueryFacts } from "./frames.ts";
import { askUpstream, type UpstreamAnswer } from "./upstream.ts";

interface Times {
  readonly from: number;
  readonly to: number;
}

/** Queries of Prometheus and Loki, which are sent to the URLs of the datasources, and their resources and proxies. */
export function queryRoutes(datasources: Datasources, access: AccessControl): Routes {
  const allowed = (c: Context, uid: string): void => {
    const needed = permission("datasources:query", datasourceScope(uid));
    if (!access.can(callerOf(c), "datasources:query", datasourceScope(uid))) throw denied(needed);
  };
  return (app) => {
    app.post("/api/ds/query", async (c) => {
      const body = await readObject(c);
      const queries = listOf(body["queries"]).filter(isObject);
      if (queries.length === 0) throw apiError(400, "No queries found", "query.noQueries");
      const now = Date.now();
      const times = { from: timeOf(body["from"], now), to: timeOf(body["to"], now) };
      const found = queries.map((query) => [query, sourceOf(query, datasources)] as const);
      for (const [, { uid }] of found) allowed(c, uid);
      const results = await Promise.all(
        found.map(async ([query, source]) => [refIdOf(query), await resultOf(query, source, times)]),
      );
      const failed = results.some(([, result]) => isObject(result) && "error" in result);
      return reply(failed ? 400 : 200, { results: Object.fromEntries(results) as JsonObject });
    });
    app.get("/api/datasources/uid/:uid/resources/:path{.+}", async (c) => {
      const uid = c.req.param("uid");
      if (!datasources.has(uid)) throw legacyError(500, "Unable to load datasource meta data", { traceID: "" });
      allowed(c, uid);
      const source = datasources.get(uid);
      const path = source.type === "loki" ? `/loki/api/v1/${c.req.param("path")}` : `/${c.req.param("path")}`;
      const answer = await askUpstream(source, path + new URL(c.req.url).search, "GET");
      if (answer.type === "failed")
        throw apiError(500, "An error occurred within the plugin", "plugin.requestFailureError");
      return passedOn(answer);
    });
    app.all("/api/datasources/proxy/uid/:uid/:path{.+}", async (c) => {
      const uid = c.req.param("uid");
      if (!datasources.has(uid)) throw legacyError(404, "Unable to find datasource", { traceID: "" });
      allowed(c, uid);
      if (c.req.method !== "GET")
        throw legacyError(403, "non allow-listed POSTs not allowed on proxied Prometheus datasource");
      const path = `/${c.req.param("path")}${new URL(c.req.url).search}`;
      const answer = await askUpstream(datasources.get(uid), path, "GET");
      return answer.type === "failed" ? new Response("", { status: 502 }) : passedOn(answer);
    });
  };
}

function apiError(status: number, message: string, messageId: string): ApiError {
  return new ApiError(status, { statusCode: status, messageId, message }, message);
}

function passedOn({ status, text: body, contentType }: Extract<UpstreamAnswer, { type: "answer" }>): Response {
  return new Response(body, { status, headers: { "content-type": contentType } });
}

function refIdOf(query: JsonObject): string {
  return text(query["refId"]) || "A";
}

function sourceOf(query: JsonObject, datasources: Datasources): Datasource {
  const given = isObject(query["datasource"]) ? query["datasource"] : {};
  const uid = text(given["uid"]);
  if (uid === "__expr__" || text(given["type"]) === "__expr__")
    throw apiError(
      400,
      `failed to parse expression [${refIdOf(query)}]: the sandbox evaluates no expressions`,
      "sse.parseError",
    );
  if (!datasources.has(uid)) throw legacyError(404, "Data source not found");
  const source = datasources.get(uid);
  if (source.type === "prometheus" || source.type === "loki") return source;
  throw apiError(404, "Plugin not registered", "plugin.notRegistered");
}

/** Milliseconds of a time: absolute, or `now-1h`. */
function timeOf(value: unknown, now: number): number {
  const given = text(value);
  const [, count = "0", unit = ""] = /^now(?:-(\d+)([smhd]))?$/.exec(given) ?? [];
  if (!given.startsWith("now")) return Number(given);
  const size = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit] ?? 0;
  return now - Number(count) * size;
}

async function resultOf(query: JsonObject, source: Datasource, times: Times): Promise<JsonObject> {
  return source.type === "loki" ? lokiResult(query, source, times) : prometheusResult(query, source, times);
}

function stepOf(query: JsonObject, { from, to }: Times): number {
  const least = Math.ceil((to - from) / 11_000 / 1000) * 1000;
  return Math.max(Number(query["intervalMs"] ?? 0) || 15_000, least);
}

async function prometheusResult(query: JsonObject, source: Datasource, times: Times): Promise<JsonObject> {
  const expression = text(query["expr"]);
  const stepMs = stepOf(query, times);
  const facts: QueryFacts = { refId: refIdOf(query), query: expression, stepMs };
  const isInstant = query["instant"] === true && query["range"] !== true;
  const step = stepMs / 1000;
  const aligned = (time: number) => Math.floor(time / stepMs) * step;
  const parameters = new URLSearchParams(
    isInstant
      ? { query: expression, time: `${times.to / 1000}` }
      : { query: expression, start: `${aligned(times.from)}`, end: `${aligned(times.to)}`, step: `${step}` },
  );
  const path = `/api/v1/${isInstant ? "query" : "query_range"}?${parameters.toString()}`;
  const answer = await askUpstream(source, path, source.jsonData["httpMethod"] === "GET" ? "GET" : "POST");
  if (answer.type === "failed") return { error: answer.message, errorSource: "downstream", status: 502, frames: [] };
  // Grafana parses only the responses with a status that Prometheus' API returns.
  if (answer.status >= 400 && ![400, 422, 503].includes(answer.status)) {
    const error = `unexpected response with status code ${answer.status}: ${answer.text.slice(0, 1024)}`;
    return { error, errorSource: "downstream", status: 500, frames: [] };
  }
  const body = parseObject(answer.text);
  const data = isObject(body?.["data"]) ? body["data"] : {};
  const frames = prometheusFrames(data, facts);
  if (body === undefined)
    return { error: "unexpected end of JSON input", errorSource: "downstream", status: 500, frames };
  if (body["status"] === "success") return { status: 200, frames };
  return {
    error: `${text(body["errorType"])}: ${text(body["error"])}`,
    errorSource: "downstream",
    status: answer.status,
    frames,
  };
}

async function lokiResult(query: JsonObject, source: Datasource, times: Times): Promise<JsonObject> {
  const expression = text(query["expr"]);
  const stepMs = stepOf(query, times);
  const facts: QueryFacts = { refId: refIdOf(query), query: expression, stepMs };
  const isInstant = query["queryType"] === "instant";
  const limit = Number(query["maxLines"] ?? 0);
  const parameters = new URLSearchParams({
    direction: "backward",
    ...(isInstant ? { time: `${times.to}000000` } : { end: `${times.to}000000` }),
    ...(limit > 0 ? { limit: `${limit}` } : {}),
    query: expression,
    ...(isInstant ? {} : { start: `${times.from}000000`, step: `${stepMs}ms` }),
  });
  const path = `/loki/api/v1/${isInstant ? "query" : "query_range"}?${parameters.toString()}`;
  const answer = await askUpstream(source, path, "GET");
  if (answer.type === "failed") return { error: answer.message, errorSource: "downstream", status: 502 };
  const body = parseObject(answer.text);
  if (answer.status >= 400) {
    const message = text(body?.["message"]) || answer.text.trim();
    return { error: message, errorSource: "downstream", status: answer.status };
  }
  if (body === undefined) return { error: "unexpected end of JSON input", errorSource: "downstream", status: 500 };
  const data = isObject(body["data"]) ? body["data"] : {};
  if (data["resultType"] === "streams") return { status: 200, frames: logFrames(data, facts) };
  const frames = lokiMetricFrames(data, facts, isInstant);
  return { status: 200, ...(frames.length > 0 ? { frames } : {}) };
}

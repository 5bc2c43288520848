import { z } from "zod";
import { ask } from "../grafana/ask.ts";
import type { Client } from "../grafana/client.ts";
import { textOf } from "../util/json.ts";
import { messageError, passedOnError, queryError } from "./classify.ts";
import { answerOf, QueryResponse } from "./frames.ts";
import type { Answer, Backend, KnownSource, Query, QueryError } from "./model.ts";
import { tempoSearch } from "./tempo.ts";

const Settings = z.looseObject({
  defaultDatasource: z.string(),
  datasources: z.record(
    z.string(),
    z.looseObject({
      uid: z.string().optional(),
      name: z.string().optional(),
      type: z.string().optional(),
      jsonData: z.looseObject({ timeInterval: z.string().optional() }).nullish(),
    }),
  ),
});

/** A query of TraceQL whose results are metrics, which Grafana's server runs. */
const IS_TRACE_METRICS = /\|\s*\w+_over_time\s*\(|\|\s*rate\s*\(/;

/** What a server can't run, in words; undefined if it runs the query. */
export type Skips = Backend["skips"];

/** The sandbox has no plugins except these. */
export const sandboxSkips: Skips = (source) => {
  if (!source) return "the sandbox evaluates no expressions";
  const isSupported = source.type === "prometheus" || source.type === "loki";
  return isSupported ? undefined : `the sandbox runs no queries of datasources of the type ${source.type}`;
};

/** Runs queries through Grafana, with the datasources that the credentials can query. */
export async function grafanaBackend(client: Client, skips: Skips = () => undefined): Promise<Backend> {
  const settings = await ask(client, { method: "GET", path: "/api/frontend/settings" }, Settings);
  const sources = Object.entries(settings.datasources).flatMap(([key, source]): KnownSource[] => {
    const { uid, type, name = key, jsonData } = source;
    // Grafana's own ones have no uid.
    if (!uid || !type || key.startsWith("-- ")) return [];
    const scrape = jsonData?.timeInterval ?? "";
    const isDefault = key === settings.defaultDatasource;
    return [{ uid, name, type, isDefault, ...(scrape === "" ? {} : { scrape }) }];
  });
  return {
    sources,
    assumed: () => undefined,
    skips,
    async run(queries) {
      const [only] = queries;
      if (only?.source?.type === "tempo" && !IS_TRACE_METRICS.test(textOf(only.model["query"])))
        return new Map([[only.refId, await tempoSearch(client, only)]]);
      return run(client, queries);
    },
    async read(source, path, parameters) {
      const uid = encodeURIComponent(source.uid);
      const query = new URLSearchParams(parameters).toString();
      // Grafana's plugin for Loki adds the beginning of the path.
      const resource = path.replace(/^\/loki\/api\/v1\//, "").replace(/^\//, "");
      try {
        return await client.send({
          method: "GET",
          path: `/api/datasources/uid/${uid}/resources/${resource}?${query}`,
          retries: 1,
          retryTimeouts: false,
          passedOn: true,
        });
      } catch (error) {
        throw passedOnError(error);
      }
    },
  };
}

async function run(client: Client, queries: readonly Query[]): Promise<ReadonlyMap<string, Answer | QueryError>> {
  // Expressions have the range of all.
  const ranges = queries.flatMap(({ source, range }) => (source ? [range] : []));
  const from = Math.min(...ranges.map((one) => one.from));
  const to = Math.max(...ranges.map((one) => one.to));
  // With this header, Grafana uses the range of each query.
  const hasOwn = ranges.some((one) => one.from !== from || one.to !== to);
  const body = {
    from: `${from}`,
    to: `${to}`,
    queries: queries.map(({ refId, source, model, range, intervalMs, maxDataPoints }) => {
      const { hide: _hide, exemplar: _exemplar, ...rest } = model;
      const datasource = source ? { type: source.type, uid: source.uid } : { type: "__expr__", uid: "__expr__" };
      const timeRange = hasOwn && source ? { timeRange: { from: `${range.from}`, to: `${range.to}` } } : {};
      return { ...rest, refId, datasource, intervalMs, maxDataPoints, ...timeRange };
    }),
  };
  try {
    const { results } = await ask(
      client,
      {
        method: "POST",
        path: "/api/ds/query",
        body,
        repeatable: false,
        retryTimeouts: false,
        ...(hasOwn ? { headers: { "X-Query-V2": "true" } } : {}),
      },
      QueryResponse,
    );
    return new Map(
      queries.map(({ refId }): [string, Answer | QueryError] => {
        const { error, frames, status } = results[refId] ?? {};
        if (error === undefined || error === "") return [refId, answerOf(frames ?? [])];
        return [refId, messageError(error, status === undefined ? {} : { status })];
      }),
    );
  } catch (error) {
    throw queryError(error);
  }
}

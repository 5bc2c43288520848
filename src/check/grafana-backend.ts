import { z } from "zod";
import { ask } from "../grafana/ask.ts";
import type { Client } from "../grafana/client.ts";
import { textOf } from "../util/json.ts";
import { messageError, queryError } from "./classify.ts";
import { answerOf, QueryResponse } from "./frames.ts";
import type { Answer, Backend, KnownSource, Query, QueryError, Range } from "./model.ts";
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
    async run(queries, range) {
      const [only] = queries;
      if (only?.source?.type === "tempo" && textOf(only.model["queryType"]) !== "traceId")
        return new Map([[only.refId, await tempoSearch(client, only, range)]]);
      return run(client, queries, range);
    },
    read: (source, path, parameters) => {
      const uid = encodeURIComponent(source.uid);
      const query = new URLSearchParams(parameters).toString();
      // Grafana's plugin for Loki adds the beginning of the path.
      const resource = path.replace(/^\/loki\/api\/v1\//, "").replace(/^\//, "");
      return client.send({
        method: "GET",
        path: `/api/datasources/uid/${uid}/resources/${resource}?${query}`,
        retries: 1,
      });
    },
  };
}

async function run(
  client: Client,
  queries: readonly Query[],
  range: Range,
): Promise<ReadonlyMap<string, Answer | QueryError>> {
  const body = {
    from: `${range.from}`,
    to: `${range.to}`,
    queries: queries.map(({ refId, source, model, intervalMs, maxDataPoints }) => {
      const { hide: _hide, exemplar: _exemplar, ...rest } = model;
      const datasource = source ? { type: source.type, uid: source.uid } : { type: "__expr__", uid: "__expr__" };
      return { ...rest, refId, datasource, intervalMs, maxDataPoints };
    }),
  };
  try {
    const { results } = await ask(
      client,
      { method: "POST", path: "/api/ds/query", body, repeatable: false },
      QueryResponse,
    );
    return new Map(
      queries.map(({ refId }) => {
        const { error, frames } = results[refId] ?? {};
        return [refId, error === undefined || error === "" ? answerOf(frames ?? []) : messageError(error)];
      }),
    );
  } catch (error) {
    throw queryError(error);
  }
}

import { z } from "zod";
import type { Client } from "../grafana/client.ts";
import { textOf } from "../util/json.ts";
import { queryError } from "./classify.ts";
import { languageOf } from "../lint/read-queries.ts";
import { QueryError, type Answer, type Backend, type KnownSource, type Query } from "./model.ts";

const Result = z.looseObject({
  data: z.looseObject({
    resultType: z.string(),
    result: z.union([z.array(z.unknown()), z.tuple([z.number(), z.string()])]),
  }),
});

export interface DirectClients {
  readonly prometheus?: Client;
  readonly loki?: Client;
}

/**
 * Runs queries of Prometheus and Loki at their own URLs. `sources`: those of the code. `existing`: the uids of those that the
 * code expects in Grafana.
 */
export function directBackend(
  clients: DirectClients,
  sources: readonly KnownSource[],
  existing: ReadonlySet<string>,
): Backend {
  const clientOf = (source: KnownSource | undefined) => {
    const language = languageOf(source?.type);
    return language === "promql" ? clients.prometheus : language === "logql" ? clients.loki : undefined;
  };
  return {
    sources,
    assumed: (uid, type) =>
      type !== "" && (existing.has(uid) || sources.length === 0)
        ? { uid, name: uid, type, isDefault: false }
        : undefined,
    skips: (source) => {
      if (!source) return "expressions are only evaluated through Grafana";
      return clientOf(source) ? undefined : `no URL is given for datasources of the type ${source.type}`;
    },
    async run(queries) {
      const answers = queries.map(async (query) => {
        const client = clientOf(query.source);
        if (!client) throw new Error(`no URL for ${query.source?.type ?? "expressions"}`);
        return [query.refId, await answerTo(client, query)] as const;
      });
      return new Map(await Promise.all(answers));
    },
    read: (source, path, parameters) => {
      const client = clientOf(source);
      if (!client) throw new Error(`no URL for ${source.type}`);
      return client.send({
        method: "GET",
        path: `${path}?${new URLSearchParams(parameters).toString()}`,
        retries: 1,
        retryTimeouts: false,
      });
    },
  };
}

async function answerTo(client: Client, query: Query): Promise<Answer | QueryError> {
  try {
    const answer = await client.send({ method: "GET", path: pathOf(query), retries: 1, retryTimeouts: false });
    const { data, error } = Result.safeParse(answer);
    if (error) return new QueryError("response-invalid", "the response has no result of a query");
    return counted(data.data);
  } catch (error) {
    return queryError(error);
  }
}

function pathOf({ source, model, intervalMs, range: { from, to } }: Query): string {
  const isLoki = languageOf(source?.type) === "logql";
  const base = isLoki ? "/loki/api/v1" : "/api/v1";
  const query = textOf(model["expr"]);
  const limit: Record<string, string> = isLoki ? { limit: "100" } : {};
  if (isInstant(model, isLoki)) {
    const time = isLoki ? `${to * 1e6}` : `${to / 1000}`;
    return `${base}/query?${new URLSearchParams({ query, time, ...limit }).toString()}`;
  }
  const [start, end] = isLoki ? [from * 1e6, to * 1e6] : [from / 1000, to / 1000];
  const range = { query, start: `${start}`, end: `${end}`, step: `${intervalMs / 1000}`, ...limit };
  return `${base}/query_range?${new URLSearchParams(range).toString()}`;
}

/** Whether only the end of the range is evaluated. Without a type, a query is one of a range. */
export function isInstant(model: Query["model"], isLoki: boolean): boolean {
  if (isLoki) return model["queryType"] === "instant";
  return model["instant"] === true && model["range"] !== true;
}

function counted({ resultType, result }: z.infer<typeof Result>["data"]): Answer {
  if (resultType === "scalar" || resultType === "string") return { series: 1, rows: 1 };
  const values = result.flatMap(valuesIn);
  const onlyNaN = values.length > 0 && values.every((value) => Array.isArray(value) && value[1] === "NaN");
  return { series: result.length, rows: values.length, onlyNaN };
}

/** The values of a series, or the lines of a stream. */
function valuesIn(one: unknown): readonly unknown[] {
  if (typeof one !== "object" || one === null) return [one];
  if ("values" in one && Array.isArray(one.values)) return one.values;
  return ["value" in one ? one.value : one];
}

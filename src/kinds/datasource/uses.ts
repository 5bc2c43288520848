import { z } from "zod";
import type { DeletionFacet } from "../../engine/facets.ts";
import { address, type Use } from "../../engine/model.ts";
import { ask } from "../../grafana/ask.ts";
import type { Client } from "../../grafana/client.ts";
import { unlessNotFound } from "../../grafana/errors.ts";
import type { Datasource } from "./builder.ts";
import type { LiveDatasource } from "./live.ts";
import { lossOf } from "./losses.ts";

/** Settings with the uid or the name of another datasource: `datasourceUid`, `tracingDatasourceUid`, `alertmanagerUid`. */
export const SETTING = /(?:datasource(?:uid|name)|alertmanageruid)$/i;

export const deletion: DeletionFacet<LiveDatasource, Datasource> = {
  loss: lossOf,
  uses: ({ body }) => usesIn(body.jsonData),
  usesAfter: ({ resource }) => usesIn(resource.jsonData),
  links: ({ grafana }) => correlationUses(grafana.client),
};

function usesIn(settings: unknown): string[] {
  if (typeof settings !== "object" || settings === null) return [];
  return Object.entries(settings).flatMap(([key, value]: [string, unknown]) =>
    typeof value === "string" ? (SETTING.test(key) && value !== "" ? [named(value)] : []) : usesIn(value),
  );
}

function named(id: string): string {
  return address({ kind: "datasource", id });
}

const Page = z.looseObject({
  correlations: z.array(
    z.looseObject({
      sourceUID: z.string(),
      /** Null for a link to a URL. */
      targetUID: z.string().nullish(),
      label: z.string().default(""),
    }),
  ),
});

const PATH = "/api/datasources/correlations";
/** Grafana's default is 100. */
const LIMIT = 1000;

/** Grafana deletes a correlation together with its target. */
async function correlationUses(client: Client): Promise<Use[]> {
  const uses: Use[] = [];
  for (let page = 1; ; page++) {
    const path = `${PATH}?limit=${LIMIT}&page=${page}`;
    // Older versions have no correlations.
    const answer = await unlessNotFound(ask(client, { method: "GET", path }, Page));
    const found = answer?.correlations ?? [];
    for (const { sourceUID, targetUID, label } of found)
      if (targetUID) uses.push({ user: named(sourceUID), named: named(targetUID), link: `correlation "${label}"` });
    if (found.length < LIMIT) return uses;
  }
}

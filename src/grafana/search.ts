import { z } from "zod";
import { ask } from "./ask.ts";
import type { Client } from "./client.ts";
import { repeatedPage, unlessNotFound } from "./errors.ts";

const Hit = z.looseObject({
  uid: z.string(),
  tags: z.array(z.string()).nullish(),
  folderUid: z.string().nullish(),
});

type Hit = z.infer<typeof Hit>;

/** More to a page is refused. */
const PAGE = 5000;

const Tagged = z.looseObject({ dashboard: z.looseObject({ tags: z.array(z.string()).nullish() }) });

/**
 * Some databases take "Team" and "team" for the same, and Grafana 12.4 on legacy storage leaves out the tag of the only
 * dashboard that it finds: then the dashboard itself tells.
 */
async function hasTag(client: Client, { uid, tags }: Hit, tag: string): Promise<boolean> {
  if (tags?.length) return tags.includes(tag);
  const path = `/api/dashboards/uid/${uid}`;
  const answer = await unlessNotFound(ask(client, { method: "GET", path }, Tagged));
  return answer?.dashboard.tags?.includes(tag) === true;
}

/** Every dashboard that the credentials may read, to the last page; with `tag`, those that have it. */
export async function searchDashboards(client: Client, tag?: string): Promise<Hit[]> {
  const tagged = tag === undefined ? "" : `&tag=${encodeURIComponent(tag)}`;
  const found = new Map<string, Hit>();
  const firsts = new Set<string>();
  for (let page = 1, last = false; !last; page++) {
    const path = `/api/search?type=dash-db&limit=${PAGE}&page=${page}${tagged}`;
    const hits = await ask(client, { method: "GET", path }, z.array(Hit));
    const first = hits[0]?.uid;
    if (first !== undefined && firsts.has(first)) throw repeatedPage({ method: "GET", path });
    if (first !== undefined) firsts.add(first);
    for (const hit of hits) if (tag === undefined || (await hasTag(client, hit, tag))) found.set(hit.uid, hit);
    last = hits.length < PAGE;
  }
  return [...found.values()];
}

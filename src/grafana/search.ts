import { z } from "zod";
import { ask } from "./ask.ts";
import type { Client } from "./client.ts";
import { unlessNotFound } from "./errors.ts";
import { distinctPages } from "./distinct-pages.ts";

const Hit = z.looseObject({
  uid: z.string(),
  title: z.string().nullish(),
  tags: z.array(z.string()).nullish(),
  folderUid: z.string().nullish(),
});

type Hit = z.infer<typeof Hit>;

/** The maximum page size. */
const PAGE = 5000;

const Tagged = z.looseObject({ dashboard: z.looseObject({ tags: z.array(z.string()).nullish() }) });

/**
 * Checks the tag, since some databases ignore case. With legacy storage, Grafana 12.4 omits the tags if it finds only one
 * dashboard, so they are read from the dashboard.
 */
async function hasTag(client: Client, { uid, tags }: Hit, tag: string): Promise<boolean> {
  if (tags?.length) return tags.includes(tag);
  const path = `/api/dashboards/uid/${uid}`;
  const answer = await unlessNotFound(ask(client, { method: "GET", path }, Tagged));
  return answer?.dashboard.tags?.includes(tag) === true;
}

/** All dashboards that the credentials can read; with `tag`, only those with this tag. */
export async function searchDashboards(client: Client, tag?: string): Promise<Hit[]> {
  const tagged = tag === undefined ? "" : `&tag=${encodeURIComponent(tag)}`;
  const found = new Map<string, Hit>();
  const checkPage = distinctPages({ method: "GET", path: "/api/search" });
  for (let page = 1, last = false; !last; page++) {
    const path = `/api/search?type=dash-db&limit=${PAGE}&page=${page}${tagged}`;
    const hits = await ask(client, { method: "GET", path }, z.array(Hit));
    checkPage(hits[0]?.uid);
    for (const hit of hits) if (tag === undefined || (await hasTag(client, hit, tag))) found.set(hit.uid, hit);
    last = hits.length < PAGE;
  }
  return [...found.values()];
}

/** The number of uids in one request, which are part of its URL. */
const UIDS = 50;

/** The titles of these dashboards, by uid. Omits those that are not in Grafana's search index. */
export async function dashboardTitles(client: Client, uids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const titles = new Map<string, string>();
  for (let start = 0; start < uids.length; start += UIDS) {
    const asked = uids.slice(start, start + UIDS).map((uid) => `&dashboardUIDs=${encodeURIComponent(uid)}`);
    const path = `/api/search?type=dash-db&limit=${UIDS}${asked.join("")}`;
    const hits = await ask(client, { method: "GET", path }, z.array(Hit));
    for (const { uid, title } of hits) if (title) titles.set(uid, title);
  }
  return titles;
}

import { z } from "zod";
import { ask } from "./ask.ts";
import type { Client } from "./client.ts";

const Hit = z.looseObject({
  uid: z.string(),
  tags: z.array(z.string()).nullish(),
  folderUid: z.string().nullish(),
});

type Hit = z.infer<typeof Hit>;

/** More to a page is refused. */
const PAGE = 5000;

/** Every dashboard that the credentials may read, to the last page; with `tag`, those that have it. */
export async function searchDashboards(client: Client, tag?: string): Promise<Hit[]> {
  const tagged = tag === undefined ? "" : `&tag=${encodeURIComponent(tag)}`;
  const found = new Map<string, Hit>();
  for (let page = 1, last = false; !last; page++) {
    const path = `/api/search?type=dash-db&limit=${PAGE}&page=${page}${tagged}`;
    const hits = await ask(client, { method: "GET", path }, z.array(Hit));
    // Some databases take "Team" and "team" for the same.
    for (const hit of hits) if (tag === undefined || hit.tags?.includes(tag)) found.set(hit.uid, hit);
    last = hits.length < PAGE;
  }
  return [...found.values()];
}

import { z } from "zod";
import { ask } from "./ask.ts";
import type { Client } from "./client.ts";
import { Managers } from "./managers.ts";
import { Forbidden, NotFound, Rejected, Unavailable } from "./errors.ts";
import { distinctPages } from "./distinct-pages.ts";

/** One version of a folder or a dashboard. */
export interface ObjectVersion {
  /** Not unique: a write that changes only annotations of a folder keeps the generation. */
  readonly generation: number;
  /** The author, as in Grafana's metadata: `user:UID`, `service-account:UID`. */
  readonly by?: string;
  /** `2026-11-25T23:34:02Z` */
  readonly at?: string;
  /** The message that the author entered. */
  readonly message?: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** The `metadata.uid` of the object. */
  readonly uid?: string;
  readonly managedFields?: z.infer<typeof Managers>;
  readonly spec: Readonly<Record<string, unknown>>;
}

const Version = z.object({
  metadata: z.object({
    name: z.string(),
    uid: z.string().optional(),
    generation: z.number().default(0),
    managedFields: Managers,
    creationTimestamp: z.string().optional(),
    annotations: z.record(z.string(), z.string()).nullish(),
  }),
  // Null if Grafana can't convert a version to the requested schema.
  spec: z
    .record(z.string(), z.unknown())
    .nullish()
    .transform((spec) => spec ?? {}),
});

const Page = z.looseObject({
  metadata: z.looseObject({ continue: z.string().optional() }),
  items: z.array(Version).nullable(),
});

/** Grafana keeps 20 versions, but the first few are usually enough. */
const PAGE = 5;

/**
 * The versions of an object, newest first, including the current one. `until`: reads no further than the page that contains
 * this generation or an older one. Grafana keeps about 20 versions, and none from before a deletion.
 *
 * `path`: of the collection. Undefined if Grafana keeps no versions of this kind, the object does not exist, or the
 * credentials can't read it; Grafana's response to the last two is the same empty list.
 */
export async function historyOf(
  client: Client,
  path: string,
  name: string,
  until?: number,
): Promise<ObjectVersion[] | undefined> {
  const versions: ObjectVersion[] = [];
  const selectors = new URLSearchParams({
    labelSelector: "grafana.app/get-history=true",
    fieldSelector: `metadata.name=${name}`,
    limit: String(PAGE),
  });
  const checkPage = distinctPages({ method: "GET", path });
  let next: string | undefined;
  do {
    if (next !== undefined) selectors.set("continue", next);
    const page = await unlessUnsupported(ask(client, { method: "GET", path: `${path}?${selectors.toString()}` }, Page));
    const found = page?.items ?? [];
    // If folders have no history, Grafana ignores the selectors and lists all folders.
    if (!page || found.some(({ metadata }) => metadata.name !== name)) return undefined;
    versions.push(...found.map(versionOf));
    next = page.metadata.continue || undefined;
    checkPage(next);
  } while (next !== undefined && !versions.some(({ generation }) => generation <= (until ?? -1)));
  return versions.length > 0 ? versions : undefined;
}

function versionOf({ metadata, spec }: z.infer<typeof Version>): ObjectVersion {
  const { generation, creationTimestamp, annotations, uid, managedFields } = metadata;
  const of = (name: string) => annotations?.[`grafana.app/${name}`];
  const [by, at, message] = [
    of("updatedBy") ?? of("createdBy"),
    of("updatedTimestamp") ?? creationTimestamp,
    of("message"),
  ];
  return {
    generation,
    ...(by ? { by } : {}),
    ...(at ? { at } : {}),
    ...(message ? { message } : {}),
    ...(uid === undefined ? {} : { uid }),
    ...(managedFields ? { managedFields } : {}),
    annotations: annotations ?? {},
    spec,
  };
}

/** The response, or undefined if Grafana permanently rejects the request. */
async function unlessUnsupported<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    // The response of legacy storage to unknown labels.
    const unknown = error instanceof Unavailable && error.message.includes("labels not yet supported");
    if (unknown || error instanceof Forbidden || error instanceof NotFound || error instanceof Rejected)
      return undefined;
    throw error;
  }
}

import { z } from "zod";
import { ask } from "./ask.ts";
import type { Client } from "./client.ts";
import { Managers } from "./managers.ts";
import { Forbidden, NotFound, Rejected, Unavailable, repeatedPage } from "./errors.ts";

/** What a folder or a dashboard was after one write. */
export interface ObjectVersion {
  /** Two versions have the same one where a write changed annotations of a folder alone. */
  readonly generation: number;
  /** Who wrote it, as Grafana names them in metadata: `user:UID`, `service-account:UID`. */
  readonly by?: string;
  /** When, as `2026-11-25T23:34:02Z`. */
  readonly at?: string;
  /** What whoever saved it said of it. */
  readonly message?: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** Grafana's uid of the object. */
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

/** Grafana keeps 20 versions; what somebody wants to know is in the newest few. */
const PAGE = 5;

/**
 * The versions of one object, newest first, the current one among them; `until`: to the page that has this generation, or
 * an older one. Those before a deletion aren't among them, nor those older than the last 20 or so.
 *
 * `path` is that of the collection. Undefined where Grafana keeps none of this kind, where the object isn't there, and
 * where the credentials may not read it: Grafana answers the last two with the same empty list.
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
  const tokens = new Set<string>();
  let next: string | undefined;
  do {
    if (next !== undefined) selectors.set("continue", next);
    const page = await unlessNone(ask(client, { method: "GET", path: `${path}?${selectors.toString()}` }, Page));
    const found = page?.items ?? [];
    // Where folders have no history, Grafana lists them all, whatever it was asked.
    if (!page || found.some(({ metadata }) => metadata.name !== name)) return undefined;
    versions.push(...found.map(versionOf));
    next = page.metadata.continue || undefined;
    if (next !== undefined && tokens.has(next)) throw repeatedPage({ method: "GET", path });
    if (next !== undefined) tokens.add(next);
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

/** Undefined where Grafana refuses the request for what it asks, now and at any other time. */
async function unlessNone<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    // What legacy storage says to labels that it doesn't know.
    const unknown = error instanceof Unavailable && error.message.includes("labels not yet supported");
    if (unknown || error instanceof Forbidden || error instanceof NotFound || error instanceof Rejected)
      return undefined;
    throw error;
  }
}

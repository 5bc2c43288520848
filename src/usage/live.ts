import { readLive } from "../engine/live.ts";
import type { Emit } from "../engine/events.ts";
import type { KindContext } from "../engine/kind-context.ts";
import { address, type LiveObject } from "../engine/model.ts";
import type { Kinds, ResourceKind } from "../engine/resource.ts";
import type { Subject } from "../lint/model.ts";

export interface LiveSubjects {
  readonly subjects: readonly Subject[];
  /** Kinds that the credentials can't read, with the missing permission. */
  readonly unreadable: ReadonlyMap<string, string>;
}

/** Reads all objects with queries of a Grafana, except those that the code has. Writes nothing. */
export async function liveSubjects(
  context: KindContext,
  all: Kinds,
  emit: Emit,
  isInCode: (address: string) => boolean,
): Promise<LiveSubjects> {
  const kinds = [...all.values()].filter(({ lint }) => lint?.live !== undefined);
  const unreadable = new Map<string, string>();
  const live = await readLive(context, kinds, emit, { unseen: unreadable });
  const subjects: Subject[] = [];
  for (const kind of kinds) {
    const listed = live.get(kind.name) ?? [];
    if (listed.length === 0) continue;
    for await (const page of pagesOf(kind, listed, context))
      for (const object of page) {
        const { id, title } = object;
        if (isInCode(address({ kind: kind.name, id }))) continue;
        const linted = kind.lint?.live?.(object);
        if (!linted) continue;
        subjects.push({
          desired: { kind: kind.name, id, title, source: { file: "", export: "" }, references: [] },
          linted,
        });
      }
  }
  return { subjects, unreadable };
}

/** Complete objects: a list may have only metadata. */
async function* pagesOf(
  kind: ResourceKind,
  listed: readonly LiveObject[],
  context: KindContext,
): AsyncIterable<readonly LiveObject[]> {
  if (kind.source?.stream) yield* kind.source.stream(context);
  else yield listed;
}

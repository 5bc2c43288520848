import pLimit from "p-limit";
import type { Live } from "../engine/comparison.ts";
import type { KindContext } from "../engine/kind-context.ts";
import { address, type LiveObject } from "../engine/model.ts";
import { inWords, listsAll } from "../engine/permissions.ts";
import type { Kinds } from "../engine/resource.ts";
import { Forbidden } from "../grafana/errors.ts";
import type { RecordedChange } from "./recorded-change.ts";

/** The maximum number of objects that are read at once. */
const READS = 8;

/** The lists with the objects of these changes that the lists omit, and the changes whose objects can't be read. */
export async function readNamed(
  context: KindContext,
  kinds: Kinds,
  changes: readonly RecordedChange[],
  live: Live,
): Promise<{ readonly live: Live; readonly changes: readonly RecordedChange[] }> {
  const limit = pLimit(READS);
  const found: { readonly kind: string; readonly object: LiveObject }[] = [];
  const hidden = new Map<string, string>();
  const read = async ({ kind, id }: RecordedChange) => {
    const own = kinds.get(kind);
    const listed = live.get(kind);
    if (!own?.reading?.listsNamed || !listed || listed.some((object) => object.id === id)) return;
    const isAbsent = own.reading.wouldBeListed?.(id, live) === true;
    if (isAbsent && listsAll(context.grafana.permissions, own.access.readsAll)) return;
    try {
      const object = await own.find(context, id);
      if (object) found.push({ kind, object });
    } catch (error) {
      if (!(error instanceof Forbidden)) throw error;
      hidden.set(address({ kind, id }), inWords(own.access.read));
    }
  };
  await Promise.all(changes.map((change) => limit(() => read(change))));
  const more = Map.groupBy(found, ({ kind }) => kind);
  return {
    live: new Map(
      [...live].map(([kind, objects]) => [kind, [...objects, ...(more.get(kind) ?? []).map(({ object }) => object)]]),
    ),
    changes: changes.map((change) => {
      const missing = hidden.get(address(change));
      return missing === undefined ? change : { ...change, hidden: missing };
    }),
  };
}

import { countOf } from "../util/plural.ts";
import type { Live } from "./comparison.ts";
import type { KindContext } from "./kind-context.ts";
import { address, parseAddress } from "./model.ts";
import type { Kinds } from "./resource.ts";

/** Owned objects that may exist although this Grafana does not list their type, by address, with the type. */
export type Unserved = ReadonlyMap<string, string>;

/** The unserved objects of the kinds that were read. */
export async function unservedIn(context: KindContext, kinds: Kinds, live: Live): Promise<Unserved> {
  const all = [...live.keys()].map(async (kind) => {
    const found = await kinds.get(kind)?.reading?.unserved?.(context);
    return [...(found ?? [])].map(([id, type]) => [address({ kind, id }), type] as const);
  });
  return new Map((await Promise.all(all)).flat());
}

/** One note for each type. */
export function unservedNotes(
  unserved: Unserved | undefined,
  selected: (object: { readonly kind: string; readonly id: string }) => boolean,
): string[] {
  const named = [...(unserved ?? [])].filter(([name]) => selected(parseAddress(name)));
  return [...Map.groupBy(named, ([, type]) => type)].map(([type, { length }]) => {
    const [are, stay] = length === 1 ? ["is", "stays"] : ["are", "stay"];
    return `Grafana does not serve ${type} to these credentials: ${countOf(length, "object")} of this project ${are} neither compared nor deleted, and ${stay} owned.`;
  });
}

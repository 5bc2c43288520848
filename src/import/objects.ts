import { containerKind, containersAround } from "../engine/container.ts";
import { readLive } from "../engine/live.ts";
import { listsAll } from "../engine/permissions.ts";
import type { Live } from "../engine/comparison.ts";
import type { Emit } from "../engine/events.ts";
import type { Mapping } from "../engine/mapping.ts";
import type { KindContext } from "../engine/kind-context.ts";
import { createLookUps } from "../engine/look-ups.ts";
import { parseAddress, type LiveObject } from "../engine/model.ts";
import type { Kinds, ResourceKind } from "../engine/resource.ts";
import type { SourceFacet } from "../engine/source.ts";
import { codeIds, SAME_IDS, type CodeIds } from "./code-ids.ts";

/** A kind that has code. */
export type SourceKind = ResourceKind & { readonly source: SourceFacet };

/** What an import reads before it writes. */
export interface Objects {
  /** The kinds with code, each after the kinds that it refers to. */
  readonly kinds: readonly SourceKind[];
  readonly live: Live;
  /** The ids of the code. Objects from `live` have those of Grafana, and all others have these. */
  readonly ids: CodeIds;
  /** Kinds that the credentials can't read, with the missing permission. */
  readonly unreadable: ReadonlyMap<string, string>;
  /** Kinds whose lists can lack objects that the credentials can't read. */
  readonly partial: readonly string[];
  readonly find: (kind: string, id: string) => LiveObject | undefined;
  /** The containers that an object is in, the outermost first. */
  readonly containersOf: (object: Pick<LiveObject, "parent">) => readonly LiveObject[];
}

/** What decides which objects an import reads. */
export interface Selected {
  readonly kinds: Kinds;
  /** The names in `--only`. Default: none. */
  readonly only?: readonly string[] | undefined;
  /** Whether `--only` selects an object. */
  readonly selected: (object: { readonly kind: string; readonly id: string }) => boolean;
  /** The mappings of the environment: the code gets the ids from which they lead to those in Grafana. */
  readonly mapping?: Mapping | undefined;
}

/**
 * Reads the lists. Kinds that most credentials can't read, and those whose objects only the code names, are read only if `--only`
 * names them.
 */
export async function readObjects(
  context: KindContext,
  { kinds: all, only = [], selected, mapping }: Selected,
  emit: Emit,
): Promise<Objects> {
  const unreadable = new Map<string, string>();
  const inOnly = Map.groupBy(only.map(parseAddress), ({ kind }) => kind);
  const isRead = ({ name, reading }: ResourceKind) =>
    (reading?.onDemand !== true && reading?.listsNamed !== true) || inOnly.has(name);
  const kinds = inOrder([...all.values()].filter(hasSource).filter(isRead));
  const lists = kinds.map((kind) => {
    const { name, source } = kind;
    const names = (inOnly.get(name) ?? []).map(({ id }) => id);
    const wanted = { names, has: (id: string) => selected({ kind: name, id }) };
    return source.list ? { ...kind, list: (own: KindContext) => source.list?.(own, wanted) ?? kind.list(own) } : kind;
  });
  const live = await readLive({ ...context, lookUps: createLookUps() }, lists, emit, { unseen: unreadable });
  const ids = mapping ? codeIds(mapping, live, all) : SAME_IDS;
  const named = [...live].map(([name, objects]) => {
    const kind = all.get(name);
    return [name, kind ? objects.flatMap((one) => ids.back(kind, one) ?? []) : objects] as const;
  });
  const byId = new Map(
    named.map(([kind, objects]) => [kind, new Map(objects.map((one) => [one.id, one] as const))] as const),
  );
  const byAlias = new Map(
    named.map(([kind, objects]) => {
      const aliases = all.get(kind)?.aliases;
      const own = objects.flatMap((one) => (aliases?.(one) ?? []).map((alias) => [alias, one] as const));
      return [kind, new Map(own)] as const;
    }),
  );
  const find = (kind: string, id: string) => byId.get(kind)?.get(id) ?? byAlias.get(kind)?.get(id);
  const container = containerKind(all).name;
  const containersOf = ({ parent }: Pick<LiveObject, "parent">) =>
    containersAround(parent, (id) => find(container, id));
  const { permissions } = context.grafana;
  const partial = kinds.filter(({ name, access }) => live.has(name) && !listsAll(permissions, access.readsAll));
  return { kinds, live, ids, unreadable, partial: partial.map(({ name }) => name), find, containersOf };
}

function hasSource(kind: ResourceKind): kind is SourceKind {
  return kind.source !== undefined;
}

/** Every kind after the kinds that it depends on. */
function inOrder(kinds: readonly SourceKind[]): SourceKind[] {
  const ordered: SourceKind[] = [];
  const add = (kind: SourceKind) => {
    if (ordered.includes(kind)) return;
    for (const one of kinds) if (kind.dependsOn.includes(one.name)) add(one);
    ordered.push(kind);
  };
  for (const kind of kinds) add(kind);
  return ordered;
}

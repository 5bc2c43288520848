import { areIn, containerKind } from "../engine/container.ts";
import { address, type LiveObject } from "../engine/model.ts";
import type { Objects, Selected, SourceKind } from "./objects.ts";
import type { Known } from "./references.ts";

/** What an import reads and writes. */
export interface Selection extends Selected {
  /** The title, the uid or the path of a folder, such as `Team A/Shop`. Absent: all folders. */
  readonly folder?: string | undefined;
  readonly tag?: string | undefined;
  /** The objects that the project's code already has, by address. */
  readonly known: ReadonlyMap<string, Known>;
  /** The addresses of objects to write even if they are known. */
  readonly rewritten?: ReadonlySet<string>;
}

/** Which objects get code. Objects have the ids of the code. */
export interface Choice {
  /** Whether the options can select objects of a kind. */
  mayHave(kind: SourceKind): boolean;
  /** Whether an object gets code, as far as its metadata shows. */
  readonly mayWrite: (kind: SourceKind, object: LiveObject) => boolean;
  /** True: the object gets code. A string: why not. Undefined: it is not selected. `id`: in Grafana. */
  verdict(kind: SourceKind, object: LiveObject, id: string): true | string | undefined;
}

export function choice(
  { kinds, selected, folder: given, tag, known, rewritten, mapping }: Selection,
  { containersOf, ids }: Objects,
): Choice {
  const folder = given === undefined ? undefined : ids.idOf(containerKind(kinds).name, given);
  const isIn = (kind: SourceKind, object: LiveObject) => {
    if (folder === undefined) return true;
    const folders = [...containersOf(object), ...(kind.container ? [object] : [])];
    return areIn(
      folders.map(({ id, title }) => ({ id, title: ids.titleOf(id) ?? title })),
      folder,
    );
  };
  const isSelected = (kind: SourceKind, object: LiveObject, id: string) =>
    selected({ kind: kind.name, id }) && (folder === undefined || canBeIn(kind)) && isIn(kind, object);
  return {
    mayHave: (kind) => (tag === undefined || kind.source.tags !== undefined) && (folder === undefined || canBeIn(kind)),
    mayWrite: (kind, object) =>
      isSelected(kind, object, object.id) &&
      object.ownership.state !== "locked" &&
      (tag === undefined || kind.source.tags !== undefined) &&
      !(kind.mappable && mapping?.has(kind.name, object.id)),
    verdict(kind, object, id) {
      if (!isSelected(kind, object, id)) return undefined;
      if (tag !== undefined && !(kind.source.tags?.(object) ?? []).includes(tag)) return undefined;
      const name = address({ kind: kind.name, id });
      const there = known.get(name);
      if (there && !rewritten?.has(name)) return `it is already in ${there.source}`;
      return object.ownership.state === "locked" ? object.ownership.why : true;
    },
  };
}

/** Whether objects of a kind can be in a folder, or are parts of one. */
function canBeIn({ placement, container, deletion }: SourceKind): boolean {
  return placement !== undefined || container !== undefined || deletion?.partOf !== undefined;
}

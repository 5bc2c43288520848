import { areIn, containerKind, containersAround } from "../engine/container.ts";
import { parseAddress, type LiveObject } from "../engine/model.ts";
import type { Kinds } from "../engine/resource.ts";
import type { StoredBackup, StoredObject } from "./directory.ts";

interface Selecting {
  readonly backup: StoredBackup;
  readonly selected: (object: { readonly kind: string; readonly id: string }) => boolean;
  /** The title, the uid or the path of a folder. Absent: all. */
  readonly folder?: string | undefined;
}

/** The objects of a backup that the options select. With a folder: it, its content, and the permissions of both. */
export function selectedIn(
  { backup: { objects }, selected, folder }: Selecting,
  kinds: Kinds,
): readonly StoredObject[] {
  const own = objects.filter(selected);
  if (folder === undefined) return own;
  const container = containerKind(kinds).name;
  const containers = new Map(
    objects.flatMap(({ kind, id, title, folder: parent }) =>
      kind === container ? [[id, { id, title, parent }] as const] : [],
    ),
  );
  const isIn = (id: string | undefined) =>
    areIn(
      containersAround(id, (one) => containers.get(one)),
      folder,
    );
  return own.filter((one) => isIn(one.kind === container || isOf(one, container, kinds) ? one.id : one.folder));
}

/** Whether an object is a part of the container with the same id: its permissions. */
function isOf({ kind, id }: StoredObject, container: string, kinds: Kinds): boolean {
  const whole = kinds.get(kind)?.deletion?.partOf?.({ id } as LiveObject);
  return whole !== undefined && parseAddress(whole).kind === container;
}

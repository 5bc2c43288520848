import { equal, hash, type Json, type JsonObject } from "../util/json.ts";
import type { LedgerEntry } from "./ledger-entry.ts";
import { FORM, type AppliedMarker, type PartHashes, type Transition } from "./marker.ts";
import { statedPlace } from "../engine/container.ts";
import type { Desired, LiveObject, Past } from "../engine/model.ts";
import type { ResourceKind } from "../engine/resource.ts";

/** Whether an object was changed in Grafana since the last apply; `unknown` if there is nothing to compare it with. */
export type Edited = "no" | "yes" | "unknown";

/** Whether this version can compare the hashes of a mark. */
export function isComparable(kind: Pick<ResourceKind, "comparison">, { form }: AppliedMarker): boolean {
  return form >= (kind.comparison?.since ?? 1) && form <= FORM;
}

/**
 * Whether the object was changed in Grafana. `form`: its canonical form, with secrets hidden where its mark has them.
 * `past`: the content that the last apply left, if the mark's hashes are not comparable.
 */
export function editedOf(kind: ResourceKind, object: LiveObject, form: JsonObject, past?: Past): Edited {
  const { applied, touched } = object;
  if (!applied) return "unknown";
  if (!touched) return "no";
  const content = contentIn(kind, form);
  if (!isComparable(kind, applied)) {
    if (!past) return "unknown";
    return equal(contentIn(kind, past.applied), content) ? "no" : "yes";
  }
  if (hasHash(kind, content, applied.contentHash)) return "no";
  // Older versions recorded neither the places of secrets nor the replaced content.
  if (kind.secrets?.hide && !applied.places) return "unknown";
  if (!applied.pending) return "yes";
  if (!applied.transition) return "unknown";
  return isWithin(kind, content, applied.transition) ? "no" : "yes";
}

/** The part of a canonical form that a write determines. `desired`: the code of the write, which may leave the place of the object open. */
export function contentIn(kind: ResourceKind, form: JsonObject, desired?: Desired): JsonObject {
  const content = kind.comparison?.content?.(form) ?? form;
  const { placement } = kind;
  const isOpen = desired && placement && statedPlace(desired, placement.property) === undefined;
  return isOpen ? withoutPlace(kind, content) : content;
}

/** What an entry records of the code, so that the content can be compared without it. */
export function recordedOf(kind: ResourceKind, { resource }: Desired): Pick<LedgerEntry, "ignored" | "apiVersion"> {
  const ignored = kind.comparison?.ignored?.(resource) ?? [];
  const apiVersion = kind.comparison?.apiVersion?.(resource);
  return { ...(ignored.length > 0 ? { ignored } : {}), ...(apiVersion === undefined ? {} : { apiVersion }) };
}

/** Whether a recorded hash is the one of this content, with its place or, if the code stated none, without it. */
export function hasHash(kind: Pick<ResourceKind, "placement">, content: JsonObject, recorded: string): boolean {
  return hash(content) === recorded || (kind.placement !== undefined && hash(withoutPlace(kind, content)) === recorded);
}

function withoutPlace({ placement }: Pick<ResourceKind, "placement">, content: JsonObject): JsonObject {
  const { [placement?.property ?? ""]: _, ...rest } = content;
  return rest;
}

/** Short hashes of the parts of a form, to save space in the ledger; undefined if the kind has no parts. */
export function shortParts(kind: ResourceKind, form: JsonObject): PartHashes | undefined {
  const parts = kind.writing?.parts?.(form);
  return parts && Object.fromEntries(Object.entries(parts).map(([name, part]) => [short(name, 8), short(part, 12)]));
}

function short(value: Json, digits: number): string {
  return hash(value).slice(0, digits);
}

/** Whether a content is the one that an interrupted write replaces, or a mixture of that and of the new one. */
function isWithin(kind: ResourceKind, content: JsonObject, { former, parts, renamed = [] }: Transition): boolean {
  // Reverts renames that Grafana has already made in this object.
  const before =
    renamed.length > 0 && kind.comparison?.renamed ? kind.comparison?.renamed(content, new Map(renamed)) : content;
  if (former && [content, before].some((one) => hasHash(kind, one, former.contentHash))) return true;
  if (!parts) return false;
  const was = former?.parts ?? {};
  const [now, then] = [shortParts(kind, content) ?? {}, shortParts(kind, before) ?? {}];
  return (
    Object.entries(now).every(([name, part]) =>
      [was, parts].some((known) => name in known && (known[name] === part || known[name] === then[name])),
    ) && Object.keys(was).every((name) => !(name in parts) || name in now)
  );
}

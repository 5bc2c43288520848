import { causeOf, type Change, type Left } from "./change.ts";
import type { Live } from "./comparison.ts";
import type { Deletion } from "./executable-plan.ts";
import { address, type LiveObject } from "./model.ts";
import type { Kinds } from "./resource.ts";

// Kinds whose titles are unique: an object can take the title of another one only if the same run renames or deletes that one.

interface Surroundings {
  readonly kinds: Kinds;
  readonly live: Live;
}

/** A plan in the making. */
interface Draft {
  /** Creations and updates, including skipped ones. */
  readonly upserts: readonly Change[];
  /** Their titles after the plan, by address. */
  readonly titles: ReadonlyMap<string, string>;
  readonly deletions: readonly Change[];
}

/** Why a title can't be taken from an object that the plan doesn't contain: the end of a sentence, and the fix. */
export type Explain = (holder: LiveObject, name: string) => { readonly why: string; readonly hint: string };

/**
 * Repeats a draft until no change takes a title that another object keeps. `skipped`: the changes and deletions to skip. A skipped
 * change can cause others: its object keeps its title, and objects that it should no longer use are not deleted.
 *
 * `holders`: by the address of a change, the object that has its title now.
 */
export function withUniqueTitles<Made extends Draft>(
  draft: (skipped: ReadonlyMap<string, Left>) => Made,
  surroundings: Surroundings,
  explain: Explain,
): { readonly made: Made; readonly holders: ReadonlyMap<string, LiveObject> } {
  const skipped = new Map<string, Left>();
  for (;;) {
    const made = draft(skipped);
    const takeovers = takeoversIn(made, surroundings);
    const blocked = takeovers.filter(({ isFree }) => !isFree);
    if (blocked.length === 0) return { made, holders: new Map(takeovers.map(({ taker, holder }) => [taker, holder])) };
    for (const one of blocked) skipped.set(one.taker, keptTitle(one, made, explain));
    // The first reason is the cause; later ones can be its consequences.
    for (const change of made.deletions)
      if (change.left && !skipped.has(address(change))) skipped.set(address(change), change.left);
  }
}

interface Takeover {
  /** The address of the change. */
  readonly taker: string;
  readonly holder: LiveObject;
  readonly holderName: string;
  /** Whether the plan renames or deletes the holder. */
  readonly isFree: boolean;
}

function takeoversIn({ upserts, titles, deletions }: Draft, { kinds, live }: Surroundings): Takeover[] {
  const written = new Set(upserts.filter(({ left }) => !left).map(address));
  const deleted = new Set(deletions.filter(({ left }) => !left).map(address));
  return upserts.flatMap(({ kind, id, left }): Takeover[] => {
    if (left || !kinds.get(kind)?.writing?.uniqueTitles) return [];
    const taker = address({ kind, id });
    const title = titles.get(taker);
    const holder = live.get(kind)?.find((one) => one.title === title && one.id !== id);
    if (!holder) return [];
    const holderName = address({ kind, id: holder.id });
    const isFree = deleted.has(holderName) || (written.has(holderName) && titles.get(holderName) !== title);
    return [{ taker, holder, holderName, isFree }];
  });
}

function keptTitle({ holder, holderName }: Takeover, { upserts, deletions }: Draft, explain: Explain): Left {
  const left = [...upserts, ...deletions].find((change) => address(change) === holderName)?.left;
  const used = `the name "${holder.title}" is used by ${holderName}`;
  if (left) return { ...waitsFor(left), message: `${used}, which is skipped`, hint: `see ${holderName}` };
  const { why, hint } = explain(holder, holderName);
  return { reason: "obstacle", message: `${used}, ${why}`, hint };
}

/** Why an object is not deleted: a skipped change would take its title. */
export function leftForTitle(
  { kind, object }: Deletion,
  { upserts, titles }: Pick<Draft, "upserts" | "titles">,
  { kinds }: Surroundings,
): Left | undefined {
  if (!kinds.get(kind)?.writing?.uniqueTitles) return undefined;
  const taker = upserts.find((change) => change.kind === kind && titles.get(address(change)) === object.title);
  if (!taker?.left) return undefined;
  const name = address(taker);
  return {
    ...waitsFor(taker.left),
    message: `is not deleted: ${name} takes its name and is skipped`,
    hint: `see ${name}`,
  };
}

function waitsFor(left: Left): Pick<Left, "reason" | "cause"> {
  return { reason: "dependency", ...(causeOf(left) === "drift" ? { cause: "drift" } : {}) };
}

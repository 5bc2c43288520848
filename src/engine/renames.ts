import { isDerivedUid } from "../util/derived-uid.ts";
import type { Change } from "./change.ts";
import { containerKind, parentIn, placeOf } from "./container.ts";
import type { Deletion, PlanInput } from "./executable-plan.ts";
import { address, type Desired } from "./model.ts";

/**
 * Adds a hint to each new object that looks like a renamed or moved object that the code no longer has: a derived uid changes
 * with the title and the folder.
 */
export function withRenameHints(
  changes: readonly Change[],
  orphans: readonly Deletion[],
  { comparisons, kinds }: Pick<PlanInput, "comparisons" | "kinds">,
): Change[] {
  const former = orphans.filter(({ kind, object }) => {
    return kinds.get(kind)?.idIs === "uid" && isDerivedUid(object.id, object.title);
  });
  if (former.length === 0) return [...changes];
  const desired = new Map(comparisons.map((one) => [address(one.desired), one.desired]));
  const container = containerKind(kinds).name;
  const parentOf = (one: Desired) => {
    const property = kinds.get(one.kind)?.placement?.property;
    return (one.kind === container ? parentIn(one) : property && placeOf(one, property, undefined)) || undefined;
  };
  const made = changes.flatMap((change) => {
    const one = desired.get(address(change));
    return one && change.action === "create" && isDerivedUid(one.id, one.title) ? [one] : [];
  });
  const isPair = (one: Desired, { kind, object }: Deletion) =>
    one.kind === kind && (one.title === object.title) !== (parentOf(one) === object.parent);
  const hints = new Map<string, string>();
  for (const one of made) {
    const [match, ...others] = former.filter((other) => isPair(one, other));
    // Several candidates are ambiguous.
    if (!match || others.length > 0 || made.filter((other) => isPair(other, match)).length > 1) continue;
    // Keeping the folder keeps its content.
    if (former.some(({ kind, object }) => kind === container && object.id === match.object.parent)) continue;
    const what = one.title === match.object.title ? "move" : "rename";
    const name = `${address({ kind: one.kind, id: match.object.id })} "${match.object.title}"`;
    hints.set(address(one), `looks like a ${what} of ${name}; to keep that object, set uid: "${match.object.id}"`);
  }
  return changes.map((change) => {
    const hint = hints.get(address(change));
    if (hint === undefined) return change;
    return { ...change, sideEffect: [change.sideEffect, hint].filter(Boolean).join("; ") };
  });
}

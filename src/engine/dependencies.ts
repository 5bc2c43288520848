import { isAmong } from "./aliases.ts";
import { causeOf, type Change } from "./change.ts";
import type { Comparison } from "./comparison.ts";
import type { PlanInput } from "./executable-plan.ts";
import { address } from "./model.ts";

/** Sets `needs`, and skips changes whose dependencies neither exist nor are created. */
export function withDependencies(
  changes: readonly Change[],
  comparisons: readonly Comparison[],
  { kinds, live, declared, unlisted }: PlanInput,
): Change[] {
  const pending = new Map(changes.map((change) => [address(change), change]));
  const references = new Map(comparisons.map(({ desired }) => [address(desired), desired.references]));
  const present = ({ kind, id }: { readonly kind: string; readonly id: string }) =>
    isAmong(kinds, kind, live.get(kind), id) || unlisted?.has(address({ kind, id })) === true;
  const settled = new Map<string, Change>();

  const settle = (change: Change): Change => {
    const name = address(change);
    const known = settled.get(name);
    if (known) return known;
    const targets = (references.get(name) ?? []).map((reference) => ({ ...reference, name: address(reference) }));
    const needs = [
      ...new Set(targets.map((target) => target.name).filter((target) => pending.has(target) && target !== name)),
    ];
    let result: Change = { ...change, needs };
    for (const target of targets) {
      const needed = pending.get(target.name);
      if (needed === change || result.left) continue;
      const left = needed && settle(needed).left;
      if ((needed && !left) || present(target) || !declared.has(target.name)) continue;
      // The dependency may exist if the credentials can't read its kind.
      if (!live.has(target.kind)) continue;
      const hint = needed ? `see ${target.name}` : `add --only ${target.name}`;
      result = {
        ...result,
        left: {
          reason: "dependency",
          ...(left && causeOf(left) === "drift" ? { cause: "drift" } : {}),
          message: `depends on ${target.name}, which does not exist in Grafana`,
          hint,
        },
      };
    }
    // Skipped changes are not waited for.
    const waited = needs.filter((need) => !settled.get(need)?.left);
    result = { ...result, needs: waited };
    settled.set(name, result);
    return result;
  };
  return changes.map(settle);
}

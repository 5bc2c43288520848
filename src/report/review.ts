import type { Kinds } from "../engine/resource.ts";
import { formOf } from "../rollback/forms.ts";
import type { Comparison } from "../engine/comparison.ts";
import type { Plan } from "../engine/change.ts";
import type { ExecutablePlan } from "../engine/executable-plan.ts";
import { address } from "../engine/model.ts";
import type { PlacedFinding } from "../lint/places.ts";
import type { RuleFirings } from "../testing/changed-firings.ts";
import type { Picture, Sides } from "../engine/view.ts";

/** A plan with both sides of each change, for reviewers. Plain data, without secrets. */
export interface Review {
  readonly plan: Plan;
  /** The target of the plan, for display: `Grafana 12.4.0 at https://…`, or `the code at main (1a2b3c4)`. */
  readonly target: string;
  /** The canonical forms by address, for all changes in the plan. */
  readonly sides: ReadonlyMap<string, Sides>;
  /** Screenshots of panels, by the dashboard's address and the panel's id. Absent if none were requested. */
  readonly pictures?: Pictures;
  /** What `lint` found in the changed resources. */
  readonly findings?: readonly PlacedFinding[];
  /** The changed queries that fail or have no data. */
  readonly queries?: readonly PlacedFinding[];
  /** How often changed rules would have fired. */
  readonly firings?: readonly RuleFirings[];
}

export type Pictures = ReadonlyMap<string, ReadonlyMap<string, Picture>>;

/** Combines both sides of each change. Requires comparisons that were made with `keepForms`. */
export function reviewOf(
  { plan, removals }: Pick<ExecutablePlan, "plan" | "removals">,
  comparisons: readonly Comparison[],
  kinds: Kinds,
  target: string,
): Review {
  const forms = new Map(comparisons.map((one) => [address(one.desired), one.forms]));
  const sides = plan.changes.map((change): [string, Sides] => {
    const name = address(change);
    const removal = removals.get(name);
    if (removal) {
      const kind = kinds.get(change.kind);
      // The code no longer contains the object, so the secrets' places come from the last apply.
      const before = kind && removal.complete ? formOf(kind, removal) : undefined;
      return [name, before ? { before } : {}];
    }
    const { observed, wanted } = forms.get(name) ?? {};
    return [name, { ...(observed ? { before: observed } : {}), ...(wanted ? { after: wanted } : {}) }];
  });
  return { plan, target, sides: new Map(sides) };
}

import type { Kinds } from "../engine/resource.ts";
import { formOf } from "../rollback/forms.ts";
import type { Comparison } from "../engine/comparison.ts";
import type { Plan } from "../engine/change.ts";
import type { ExecutablePlan } from "../engine/executable-plan.ts";
import { address } from "../engine/model.ts";
import type { Picture, Sides } from "../engine/view.ts";

/** A plan with both sides of what it changes: what a reviewer is shown. Plain data, without secrets. */
export interface Review {
  readonly plan: Plan;
  /** What it was planned for, for people: `Grafana 12.4.0 at https://…`, or `the code at main (1a2b3c4)`. */
  readonly target: string;
  /** By address, of every change, what is left included: in canonical form. */
  readonly sides: ReadonlyMap<string, Sides>;
  /** Of panels, as Grafana shows them: by a dashboard's address, and by the panel's id. Absent: none were asked for. */
  readonly pictures?: Pictures;
}

export type Pictures = ReadonlyMap<string, ReadonlyMap<string, Picture>>;

/** Puts both sides together, of comparisons that were made with `keepForms`. */
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
      // The code no longer says where secrets are: what was applied does.
      const before = kind && removal.complete ? formOf(kind, removal) : undefined;
      return [name, before ? { before } : {}];
    }
    const { observed, wanted } = forms.get(name) ?? {};
    return [name, { ...(observed ? { before: observed } : {}), ...(wanted ? { after: wanted } : {}) }];
  });
  return { plan, target, sides: new Map(sides) };
}

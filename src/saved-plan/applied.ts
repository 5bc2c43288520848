import type { Comparison, Live } from "../engine/comparison.ts";
import { address, parseAddress } from "../engine/model.ts";
import type { Goal } from "../engine/pipeline.ts";
import type { PlanEntry } from "./record.ts";

/** A goal, and what its last comparison says about a saved plan. */
export interface GoalOfSaved {
  readonly goal: Goal;
  /** Whether Grafana already has the result of an entry that the current plan no longer has. */
  isApplied(entry: PlanEntry): boolean;
}

/** Notes what the goal reads and compares, so that an interrupted run of a saved plan can be continued. */
export function goalOfSaved(goal: Goal): GoalOfSaved {
  let comparisons: readonly Comparison[] = [];
  let live: Live = new Map();
  return {
    goal: {
      ...goal,
      async compare(state, consent) {
        const compared = await goal.compare(state, consent);
        ({ comparisons } = compared);
        ({ live } = state);
        return compared;
      },
    },
    isApplied({ address: name, action, left, code }) {
      if (left !== null) return false;
      const { kind, id } = parseAddress(name);
      if (action === "delete") return live.get(kind)?.every((object) => object.id !== id) === true;
      // An object that was removed from the code needs no change either.
      return comparisons.some(({ desired }) => address(desired) === name && desired.hash === code);
    },
  };
}

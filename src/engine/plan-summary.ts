import type { Change, Plan } from "./change.ts";

/** The figures of the summary line; what is left is in none of them. */
export function countChanges(plan: Plan): { add: number; change: number; destroy: number; left: number } {
  const done = plan.changes.filter(({ left }) => !left);
  const count = (...actions: Change["action"][]) => done.filter(({ action }) => actions.includes(action)).length;
  return {
    add: count("create"),
    change: count("update", "adopt"),
    destroy: count("delete"),
    left: plan.changes.length - done.length,
  };
}

/** Whether Grafana is as the code says: nothing to do, nothing left, and nothing that could be pruned. */
export function isInSync(plan: Plan): boolean {
  return plan.changes.length === 0 && plan.orphans.length === 0 && plan.unseen.length === 0;
}

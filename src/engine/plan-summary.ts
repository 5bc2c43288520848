import type { Change, Plan } from "./change.ts";

/** The numbers of the summary line. Skipped changes count only as `left`. */
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

/** Whether Grafana matches the code: no changes, no objects to prune, and nothing that could not be compared. */
export function isInSync(plan: Plan): boolean {
  return plan.changes.length === 0 && plan.orphans.length === 0 && plan.unseen.length === 0;
}

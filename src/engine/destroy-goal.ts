import { alwaysRead, withDeletedBodies, withTitles } from "./bodies.ts";
import { mustNameKnown, unseenOf } from "./code-goal.ts";
import { ownedIn } from "./owned.ts";
import { notesOf } from "../ownership/notes.ts";
import type { Goal } from "./pipeline.ts";
import { makePlan } from "./plan.ts";

/**
 * The goal that Grafana has no object of the project, even if the code defines it, except objects that were changed in Grafana
 * since the last apply.
 */
export function destroyGoal(selected: (object: { readonly kind: string; readonly id: string }) => boolean): Goal {
  return {
    reads: alwaysRead,
    readsOwned: () => true,
    mayDelete: selected,
    async compare({ context, kinds, project, live: listed, unreadable, unserved }, consent) {
      const titled = await withTitles(context, kinds, listed, selected);
      const live = await withDeletedBodies(context, kinds, titled, selected);
      const unseen = unseenOf(kinds, unreadable, live, []);
      mustNameKnown(consent.overwriteDrift, new Set(), ownedIn(live));
      return {
        comparisons: [],
        plan: ({ adopt, overwriteDrift }) =>
          makePlan({
            project,
            owner: context.owner,
            ledger: context.ledger,
            notes: notesOf(context),
            kinds,
            comparisons: [],
            live,
            declared: new Set(),
            selected,
            adopt,
            overwriteDrift,
            prune: true,
            permissions: context.grafana.permissions,
            unseen,
            unserved,
          }),
      };
    },
  };
}

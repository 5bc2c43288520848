import type { Change, Prepared } from "../engine/plan.ts";
import type { GrafanaConnection } from "../grafana/connection.ts";
import { namesOf } from "../grafana/users.ts";

/**
 * Plans that say what Grafana calls those who wrote what they show. Asks once, and only where the plan for `first` has
 * somebody to name: not whoever wrote what only the code changes since.
 */
export async function withAuthors<Consent>(
  grafana: GrafanaConnection,
  plan: (consent: Consent) => Prepared,
  first: Consent,
): Promise<(consent: Consent) => Prepared> {
  const authors = plan(first).plan.changes.flatMap((change) => authorOf(change) ?? []);
  if (authors.length === 0) return plan;
  const names = await namesOf(grafana, authors);
  const named = (change: Change): Change => {
    const author = authorOf(change);
    const name = author === undefined ? undefined : names.get(author);
    return name === undefined || name === author ? change : { ...change, updatedByName: name };
  };
  return (consent) => {
    const prepared = plan(consent);
    return { ...prepared, plan: { ...prepared.plan, changes: prepared.plan.changes.map(named) } };
  };
}

function authorOf({ updatedBy, origin }: Change): string | undefined {
  return origin === "code" ? undefined : updatedBy;
}

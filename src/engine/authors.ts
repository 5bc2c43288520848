import type { GrafanaConnection } from "../grafana/connection.ts";
import { namesOf } from "../grafana/users.ts";
import type { Change } from "./change.ts";
import type { ExecutablePlan } from "./executable-plan.ts";

/**
 * Adds the display names of users who changed objects to plans. Requests each name once, and none for changes that only the
 * code made.
 */
export function authorsOf(grafana: GrafanaConnection): (prepared: ExecutablePlan) => Promise<ExecutablePlan> {
  const names = new Map<string, string>();
  const asked = new Set<string>();
  const named = (change: Change): Change => {
    const author = authorOf(change);
    const name = author === undefined ? undefined : names.get(author);
    return name === undefined || name === author ? change : { ...change, updatedByName: name };
  };
  return async (prepared) => {
    const { changes } = prepared.plan;
    const unknown = changes.flatMap((change) => authorOf(change) ?? []).filter((author) => !asked.has(author));
    if (unknown.length > 0) for (const [author, name] of await namesOf(grafana, unknown)) names.set(author, name);
    for (const author of unknown) asked.add(author);
    return names.size === 0 ? prepared : { ...prepared, plan: { ...prepared.plan, changes: changes.map(named) } };
  };
}

function authorOf({ updatedBy, origin }: Change): string | undefined {
  return origin === "code" ? undefined : updatedBy;
}

import type { KindContext } from "../engine/kind-context.ts";
import { tagOf } from "./annotations.ts";

/** Limitations of ownership in this Grafana that affect a plan. */
export function notesOf({ grafana, owner }: KindContext): string[] {
  if (grafana.marks) return [];
  return [
    `This Grafana does not store ownership marks. Dashboards with the tag "${tagOf(owner)}" count as owned, including copies. Other objects except datasources are updated if the code defines them, even if they were changed in Grafana, and are never deleted.`,
  ];
}

/** The same for the plan of a rollback. */
export function rollbackNotesOf({ grafana }: KindContext): string[] {
  if (grafana.marks) return [];
  return [
    "This Grafana does not store ownership marks. Of the objects that the run created, the rollback deletes dashboards with this project's tag, datasources, and other objects that have not changed since the run.",
  ];
}

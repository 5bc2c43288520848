import type { KindContext } from "../engine/kind-context.ts";
import { tagOf } from "./annotations.ts";

/** What people have to know of ownership on this Grafana to read a plan. */
export function notesOf({ grafana, owner }: KindContext): string[] {
  if (grafana.marks) return [];
  return [
    `This Grafana keeps no marks of ownership: dashboards with the tag "${tagOf(owner)}" count as this project's, copies that kept it too; of other objects than datasources those that the code names are updated, whoever changed them, and none is deleted.`,
  ];
}

/** The same for a plan that undoes a run. */
export function rollbackNotesOf({ grafana }: KindContext): string[] {
  if (grafana.marks) return [];
  return [
    "This Grafana keeps no marks of ownership: of what the run made, dashboards with this project's tag and datasources are deleted, and of the rest what is exactly as the run left it.",
  ];
}

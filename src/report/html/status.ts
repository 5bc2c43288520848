import type { Change } from "../../engine/change.ts";

/** What happens to a panel, rule or policy. Used as a CSS class. */
export type Status = "added" | "changed" | "moved" | "removed" | "same";

export const STATUSES: readonly Status[] = ["added", "changed", "removed", "moved", "same"];

export const STATUS_OF_ACTION: Readonly<Record<Change["action"], Status>> = {
  create: "added",
  update: "changed",
  adopt: "changed",
  delete: "removed",
};

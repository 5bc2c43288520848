import type { LiveObject } from "../../engine/model.ts";
import type { JsonObject } from "../../util/json.ts";

/** Grafana's names of the preferences that the code can have, by the name in the code. */
export const NAMES = {
  theme: "theme",
  timezone: "timezone",
  weekStart: "weekStart",
  homeDashboard: "homeDashboardUID",
  language: "language",
} as const;

/** The preferences of the code's names, as texts. A missing one has Grafana's default. */
export type Preferences = Readonly<Partial<Record<keyof typeof NAMES, string>>>;

export interface LivePreferences extends LiveObject {
  readonly preferences: Preferences;
  /** Preferences that the code can't have. A write keeps them. */
  readonly others: JsonObject;
}

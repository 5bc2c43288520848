import { countOf } from "../../../../util/plural.ts";
import type { JsonObject } from "../../../../util/json.ts";

/** Describes a new dashboard in schema v2: `3 panels`. */
export function factsV2({ elements }: JsonObject): string[] {
  return [countOf(Object.keys(elements ?? {}).length, "panel")];
}

import { isObject, type Json, type JsonObject } from "../../../util/json.ts";

/** The panels of a dashboard in document order. Panels in collapsed rows follow their row. */
export function allPanels(model: JsonObject): JsonObject[] {
  return objects(model["panels"]).flatMap((panel) => [panel, ...objects(panel["panels"])]);
}

/** The objects of a list; empty if it is not a list. */
export function objects(list: Json | undefined): JsonObject[] {
  return Array.isArray(list) ? list.filter(isObject) : [];
}

/** Adds `refId` A, B, C… to queries without one, in place, as Grafana's editor does. The SDK's builders omit it. */
export function assignRefIds(model: JsonObject): void {
  for (const panel of allPanels(model)) {
    const targets = objects(panel["targets"]);
    for (const [index, refId] of refIdsOf(targets.map((target) => target["refId"])).entries()) {
      const target = targets[index];
      if (target) target["refId"] = refId;
    }
  }
}

/** The refIds of queries: those that are given, and free letters for the others. */
export function refIdsOf(given: readonly unknown[]): string[] {
  const taken = new Set(given.filter((refId) => typeof refId === "string" && refId));
  let next = 0;
  return given.map((refId) => {
    if (typeof refId === "string" && refId) return refId;
    while (taken.has(letters(next))) next++;
    return letters(next++);
  });
}

/** A to Z, then AA, AB… */
function letters(index: number): string {
  const last = String.fromCodePoint(65 + (index % 26));
  return index < 26 ? last : letters(Math.floor(index / 26) - 1) + last;
}

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
    const taken = new Set(
      targets.map((target) => target["refId"]).filter((refId) => typeof refId === "string" && refId),
    );
    let next = 0;
    for (const target of targets) {
      if (typeof target["refId"] === "string" && target["refId"]) continue;
      while (taken.has(letters(next))) next++;
      target["refId"] = letters(next++);
    }
  }
}

/** A to Z, then AA, AB… */
function letters(index: number): string {
  const last = String.fromCodePoint(65 + (index % 26));
  return index < 26 ? last : letters(Math.floor(index / 26) - 1) + last;
}

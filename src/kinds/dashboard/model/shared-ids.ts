import { allPanels } from "./panels.ts";
import type { JsonObject } from "../../../util/json.ts";

/** A warning if most panels have the same id: Grafana renumbers all but one, so links to these panels break. */
export function sharedIdsIn(model: JsonObject) {
  const ids = allPanels(model).map(({ id }) => id);
  const [[id, same] = [undefined, []]] = [...Map.groupBy(ids, (one) => one)].toSorted(
    ([, a], [, b]) => b.length - a.length,
  );
  if (typeof id !== "number" || id === 0 || same.length < 2 || same.length * 2 <= ids.length) return [];
  return [
    {
      level: "warning",
      path: "panels",
      message: `${same.length} of ${ids.length} panels have the id ${id}; Grafana gives all but the first a new id`,
      hint: "Give each panel an id of its own, or omit the ids.",
    } as const,
  ];
}

import { textOf, type JsonObject } from "../../../../util/json.ts";
import { objects } from "../../model/panels.ts";
import { layoutOf } from "../model/containers.ts";
import { panelOf } from "../model/panel.ts";
import { partOf } from "../model/parts.ts";

const DRAWN = new WeakMap<JsonObject, readonly JsonObject[]>();

/**
 * The panels of a canonical form as classic panels, with their name in schema v2 (`key`) and what their layout says of them.
 * The same objects for the same form.
 */
export function panelsV2(form: JsonObject): readonly JsonObject[] {
  const known = DRAWN.get(form);
  if (known) return known;
  const items = new Map(layoutOf(form).placements.map(({ element, item }) => [element, item]));
  const panels = objects(form["elements"]).map((element) => {
    const key = textOf(element["name"]);
    const { gridPos, repeat, conditions } = items.get(key) ?? {};
    return {
      ...panelOf(element),
      key,
      ...(gridPos === undefined ? {} : { gridPos }),
      ...(repeat === undefined ? {} : { repeat: partOf(repeat)["value"] ?? "" }),
      ...(conditions === undefined ? {} : { conditions }),
    };
  });
  DRAWN.set(form, panels);
  return panels;
}

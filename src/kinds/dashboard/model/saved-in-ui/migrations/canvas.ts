import { isObject, textOf, type Json, type JsonObject } from "../../../../../util/json.ts";
import { objects } from "../../panels.ts";
import { dropEqual } from "../properties.ts";
import type { MigratedPanel } from "./migrated-panel.ts";

/** Added to elements when they are shown. */
const ELEMENT: JsonObject = {
  background: { color: { fixed: "transparent" } },
  border: { color: { fixed: "dark-green" } },
  constraint: { horizontal: "left", vertical: "top" },
  placement: { height: 100, left: 0, rotation: 0, top: 0, width: 100 },
};

export function migrateCanvas({ options }: MigratedPanel, version: number): void {
  if (isObject(options["root"])) migrateElement(options["root"], version);
}

function migrateElement(element: JsonObject, version: number): void {
  if (Number.isNaN(version) && element["type"] === "text-box") element["type"] = "rectangle";
  if (version <= 11.3) for (const action of objects(element["actions"])) renameFetch(action);
  if (version <= 11.6) migrateOneClick(element);
  for (const connection of objects(element["connections"])) {
    connection["direction"] = directionOf(connection["direction"]);
  }
  dropEqual(element, ELEMENT);
  for (const inner of objects(element["elements"])) migrateElement(inner, version);
}

function renameFetch(action: JsonObject): void {
  if (!isObject(action["options"])) return;
  action["fetch"] = action["options"];
  delete action["options"];
}

function migrateOneClick(element: JsonObject): void {
  const { oneClickMode, oneClickLinks } = element;
  const [link] = objects(element["links"]);
  const [action] = objects(element["actions"]);
  if ((oneClickMode === "link" || oneClickLinks === true) && link) link["oneClick"] = true;
  else if (oneClickMode === "action" && action) action["oneClick"] = true;
  delete element["oneClickMode"];
  delete element["oneClickLinks"];
}

/** Before 12.3, a direction is a string. The default is forward. */
function directionOf(direction: Json | undefined): Json {
  return isObject(direction) ? direction : { mode: "fixed", fixed: textOf(direction) || "forward" };
}

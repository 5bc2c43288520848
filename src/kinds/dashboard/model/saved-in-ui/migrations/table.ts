import { isObject, type Json, type JsonObject } from "../../../../../util/json.ts";
import { objects } from "../../panels.ts";
import { objectIn } from "../properties.ts";
import type { MigratedPanel } from "./migrated-panel.ts";

/** 12.2 moved the wrapping of text out of the cell options, hidden fields to `hideFrom`, and the footer to the fields. */
export function migrateTable({ options, fieldConfig }: MigratedPanel): void {
  const fields = objectIn(fieldConfig, "defaults");
  const custom = objectIn(fields, "custom");
  const isWrapped = custom["wrapText"] !== undefined;
  if (!isWrapped) moveWrapping(custom);
  for (const override of objects(fieldConfig["overrides"])) {
    const properties = override["properties"];
    if (!Array.isArray(properties)) continue;
    override["properties"] = properties
      .flatMap((one) => (isWrapped || !isObject(one) ? [one] : withWrapping(one)))
      .map((one) => (isObject(one) && one["id"] === "custom.hidden" ? { ...one, id: "custom.hideFrom.viz" } : one));
  }
  if (isObject(options["footer"])) moveFooter(options["footer"], options, custom, fieldConfig);
  delete options["footer"];
  if (Object.keys(custom).length > 0) fieldConfig["defaults"] = { ...fields, custom };
}

function moveWrapping(custom: JsonObject): void {
  const cell = custom["cellOptions"];
  if (!isObject(cell) || cell["wrapText"] === undefined) return;
  custom["wrapText"] = cell["wrapText"];
  delete cell["wrapText"];
}

function withWrapping(property: JsonObject): JsonObject[] {
  const { id, value } = property;
  if (id !== "custom.cellOptions" || !isObject(value) || value["wrapText"] === undefined) return [property];
  const { wrapText, ...rest } = value;
  return [
    { ...property, value: rest },
    { id: "custom.wrapText", value: wrapText },
  ];
}

function moveFooter(footer: JsonObject, options: JsonObject, custom: JsonObject, fieldConfig: JsonObject): void {
  const { show, reducer = [], countRows, fields, enablePagination } = footer;
  if (enablePagination !== undefined) options["enablePagination"] = enablePagination;
  if (show !== true) return;
  const reducers: Json =
    countRows === true && Array.isArray(reducer) && reducer[0] === "count" ? ["countAll"] : reducer;
  const names = Array.isArray(fields) ? fields : [];
  if (reducers !== reducer || names.length === 0) {
    custom["footer"] = { reducers };
    return;
  }
  delete custom["footer"];
  const matcher: JsonObject =
    names.length === 1
      ? { id: "byName", options: names[0] ?? "" }
      : { id: "byNames", options: { mode: "include", names } };
  const properties = [{ id: "custom.footer.reducers", value: reducers }];
  fieldConfig["overrides"] = [...objects(fieldConfig["overrides"]), { matcher, properties }];
}

import { isObject, textOf, type Json, type JsonObject } from "../../../../../util/json.ts";
import { objects } from "../../panels.ts";
import { objectIn } from "../properties.ts";
import type { MigratedPanel } from "./migrated-panel.ts";

/** Panels that were never saved count as ones of this version. */
const OLDEST = 6.1;

/** Former names of calculations. */
const CALCULATIONS: Readonly<Record<string, string>> = { current: "lastNotNull", avg: "mean", total: "sum" };

/** Version 6.2 moved values to `fieldOptions`, version 7 moved these to the fields, and version 8 removed the implicit limits of percentages. */
export function migrateStat(panel: MigratedPanel, savedBy: number): void {
  const version = Number.isNaN(savedBy) ? OLDEST : savedBy;
  if (version >= 8) return;
  if (version < 6.2 && isObject(panel.options["valueOptions"]))
    moveValueOptions(panel.options, panel.options["valueOptions"]);
  if (version < 7 && isObject(panel.options["fieldOptions"]))
    moveFieldOptions(panel, panel.options["fieldOptions"], version);
  const fields = panel.fieldConfig["defaults"];
  if (!isObject(fields)) return;
  if (version < 7.1 && fields["title"] !== undefined) {
    fields["displayName"] = fields["title"];
    delete fields["title"];
  }
  const max = fields["unit"] === "percent" ? 100 : fields["unit"] === "percentunit" ? 1 : undefined;
  if (max === undefined) return;
  if (typeof fields["min"] !== "number") fields["min"] = 0;
  if (typeof fields["max"] !== "number") fields["max"] = max;
}

function moveValueOptions(options: JsonObject, { unit, decimals, stat }: JsonObject): void {
  const { minValue, maxValue, valueMappings, thresholds } = options;
  for (const key of ["valueOptions", "valueMappings", "thresholds", "minValue", "maxValue"]) delete options[key];
  const fields: JsonObject = {};
  for (const [key, value] of Object.entries({ unit, decimals, min: minValue, max: maxValue })) set(fields, key, value);
  const former: JsonObject = { defaults: fields };
  const calculation = CALCULATIONS[textOf(stat)] ?? textOf(stat);
  set(former, "mappings", valueMappings);
  set(former, "thresholds", thresholds);
  if (calculation !== "") former["calcs"] = [calculation];
  options["fieldOptions"] = former;
}

function moveFieldOptions(panel: MigratedPanel, former: JsonObject, version: number): void {
  const fields = { ...objectIn(former, "defaults") };
  if (version < 6.3) {
    set(fields, "mappings", former["mappings"]);
    set(fields, "thresholds", thresholdsOf(panel.options["thresholds"]) ?? null);
  }
  if (version < 6.6) {
    const thresholds = fields["thresholds"] ?? former["thresholds"];
    set(fields, "thresholds", Array.isArray(thresholds) ? thresholdsOf(thresholds) : thresholds);
    if (typeof fields["color"] === "string") fields["color"] = { mode: "fixed", fixedColor: fields["color"] };
    correct(fields);
  }
  const overrides = version < 6.6 && former["override"] !== undefined ? [] : objects(former["overrides"]);
  const config = panel.fieldConfig;
  config["defaults"] = { ...objectIn(config, "defaults"), ...fields };
  config["overrides"] = [...objects(config["overrides"]), ...overrides];
  const reduce: JsonObject = {};
  for (const key of ["values", "limit", "calcs"]) set(reduce, key, former[key]);
  panel.options["reduceOptions"] = reduce;
  delete panel.options["fieldOptions"];
}

function thresholdsOf(steps: Json | undefined): JsonObject | undefined {
  return Array.isArray(steps) ? { mode: "absolute", steps } : undefined;
}

/** Thresholds determine the color, and the minimum is not above the maximum. */
function correct(fields: JsonObject): void {
  const { color, min, max } = fields;
  if (color === undefined) {
    if (fields["thresholds"] !== undefined) fields["color"] = { mode: "thresholds" };
  } else if (!isObject(color) || color["mode"] === undefined) delete fields["color"];
  if (min !== undefined && max !== undefined && min !== null && max !== null && min > max) {
    fields["min"] = max;
    fields["max"] = min;
  }
}

function set(object: JsonObject, key: string, value: Json | undefined): void {
  if (value === undefined || value === null) delete object[key];
  else object[key] = value;
}

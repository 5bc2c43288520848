import { isObject, textOf, type Json, type JsonObject } from "../../../../../util/json.ts";
import { objectIn } from "../properties.ts";
import type { MigratedPanel } from "./migrated-panel.ts";

/** The color schemes of heatmaps. Grafana takes the first one whose name is part of the former name. */
const SCHEMES = (
  "BrBG PiYG PRGn PuOr RdBu RdGy RdYlBu RdYlGn Spectral Blues Greens Greys Oranges Purples Reds Turbo Cividis Viridis " +
  "Magma Inferno Plasma Warm Cool Cubehelix BuGn BuPu GnBu OrRd PuBuGn PuBu PuRd RdPu YlGnBu YlGn YlOrBr YlOrRd " +
  "Rainbow Sinebow"
).split(" ");

const LAYOUTS: Readonly<Record<string, string>> = { upper: "ge", lower: "le", middle: "unknown" };

/** A panel without options is one from before version 9, whose properties were not in `options`. */
export function migrateHeatmap(panel: MigratedPanel): void {
  if (Object.keys(panel.options).length === 0) {
    panel.options = formerOptions(panel);
    panel.fieldConfig = {};
    return;
  }
  const { tooltip } = panel.options;
  if (!isObject(tooltip) || tooltip["show"] === undefined) return;
  if (typeof tooltip["show"] === "boolean") tooltip["mode"] = tooltip["show"] ? "single" : "none";
  delete tooltip["show"];
}

function formerOptions(panel: JsonObject): JsonObject {
  const axis = objectIn(panel, "yAxis");
  const cards = objectIn(panel, "cards");
  const tooltip = objectIn(panel, "tooltip");
  const calculate = panel["dataFormat"] !== "tsbuckets";
  return defined({
    calculate,
    calculation: calculate ? bucketsOf(panel, axis) : {},
    color: colorOf(objectIn(panel, "color")),
    cellGap: numberOf(cards["cardPadding"], 2) || 1,
    cellRadius: numberOf(cards["cardRound"]),
    yAxis: defined({
      axisPlacement: axis["show"] === false ? "hidden" : "left",
      reverse: Boolean(panel["reverseYBuckets"]),
      axisWidth: numberOf(axis["width"]),
      min: axis["min"],
      max: axis["max"],
      unit: axis["format"],
      decimals: axis["decimals"],
    }),
    cellValues: defined({ decimals: numberOf(panel["tooltipDecimals"]) }),
    rowsFrame: { layout: LAYOUTS[textOf(panel["yBucketBound"])] ?? "auto" },
    legend: { show: Boolean(objectIn(panel, "legend")["show"]) },
    showValue: "never",
    tooltip: { mode: tooltip["show"] ? "single" : "none", yHistogram: Boolean(tooltip["showHistogram"]) },
  });
}

function bucketsOf(panel: JsonObject, axis: JsonObject): JsonObject {
  const scale = typeof axis["logBase"] === "number" ? axis["logBase"] : 1;
  const split = numberOf(axis["splitFactor"]) ?? 0;
  const sized = (side: "x" | "y"): JsonObject | undefined => {
    const [size, count] = [panel[`${side}BucketSize`], panel[`${side}BucketNumber`]];
    if (size) return { mode: "size", value: textOf(size) };
    // The number of horizontal buckets decides for both.
    return panel["xBucketNumber"]
      ? { mode: "count", value: count === undefined ? "undefined" : textOf(count) }
      : undefined;
  };
  const logarithmic = defined({
    mode: "count",
    value: split > 0 ? textOf(axis["splitFactor"]) : undefined,
    scale: { type: "log", log: scale },
  });
  return defined({ xBuckets: sized("x"), yBuckets: scale > 1 ? logarithmic : sized("y") });
}

function colorOf(color: JsonObject): JsonObject {
  const { min, max } = color;
  const isReversed = typeof min === "number" && typeof max === "number" && min > max;
  const scheme = textOf(color["colorScheme"]);
  return defined({
    steps: 128,
    fill: color["cardColor"],
    ...(color["mode"] === "spectrum"
      ? {
          mode: "scheme",
          scheme: SCHEMES.find((name) => name === scheme) ?? SCHEMES.find((name) => scheme.includes(name)) ?? "Oranges",
        }
      : color["mode"] === "opacity"
        ? { mode: "opacity", scale: color["scale"] }
        : {}),
    ...(isReversed ? { min: max, max: min, reverse: true } : { min, max }),
  });
}

function numberOf(value: Json | undefined, otherwise?: number): number | undefined {
  if (value === undefined || value === null || value === "") return otherwise;
  const number = Number(value);
  return Number.isNaN(number) ? otherwise : number;
}

function defined(object: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(
    Object.entries(object).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
  );
}

import { LegendPlacement, type VizLegendOptions } from "@grafana/grafana-foundation-sdk/common";
import * as units from "@grafana/grafana-foundation-sdk/units";
import type { Dashboard, Panel, RowPanel } from "@grafana/grafana-foundation-sdk/dashboard";

/** The columns of a dashboard, and of a graph that has room for a legend with short names to its right. */
const FULL = 24;
const WIDE = 16;

/** Labels with long values. */
const LONG = /\{\{(?:path|span_name|filename|container|gen_ai_agent_name)\}\}/;

/** Columns that have room for two numbers next to a name of more than a word. */
const HALF = 12;

/** Labels with values of more than a word. */
const PHRASES = /\{\{(?:exporter|instance|mountpoint|reason|route|source)\}\}/;

/** Labels with a dozen short values. A legend below a graph shows three of them, and nothing says that there are more. */
const MANY = /^\{\{job\}\}$/;

/** Rows of the grid in which a legend next to a graph shows all of them. */
const TALL = 12;

/** Grafana takes an XY chart without a version for one of before 11.1, and removes its series when it converts them. */
export function stateVersions({ panels = [] }: Dashboard): void {
  for (const panel of panels.flatMap(withNested)) if (panel.type === "xychart") panel.pluginVersion = "12.4.0";
}

/**
 * Sets the least top of each graph's axis: above its limit, and at 1 for counts. Otherwise Grafana scales a graph of zeros to
 * 100, where a limit of 0.01 is a line on the axis, and a graph of small values to their maximum, where it isn't visible.
 */
export function keepLimitsInSight({ panels = [] }: Dashboard): void {
  for (const panel of panels.flatMap(withNested)) {
    if (panel.type !== "timeseries" || !panel.fieldConfig) continue;
    const { defaults } = panel.fieldConfig;
    const limit = defaults.thresholds?.steps.at(-1)?.value ?? undefined;
    const top = limit === undefined ? (defaults.unit === units.Short ? 1 : undefined) : 1.25 * limit;
    if (top === undefined || defaults.max !== undefined) continue;
    defaults.custom = { ...defaults.custom, axisSoftMax: top };
  }
}

/**
 * Puts the legend of a wide graph to its right, where there is room for more series than below it. Two thirds of the
 * dashboard's width are enough only for short names, because a long one would hide the numbers. A legend below a narrow graph
 * has room for long names and one number: the worst value. The same applies to many short names next to a graph.
 */
export function placeLegends({ panels = [] }: Dashboard): void {
  for (const { type, gridPos, options, targets, fieldConfig } of panels.flatMap(withNested)) {
    const { legend } = (options ?? {}) as { legend?: VizLegendOptions };
    if (type !== "timeseries" || !legend) continue;
    const names = (targets ?? []).map((target) => (target as { legendFormat?: string }).legendFormat ?? "");
    const width = names.some((name) => LONG.test(name)) ? FULL : WIDE;
    const isLarge = (gridPos?.w ?? 0) >= HALF && (gridPos?.h ?? 0) >= TALL;
    if (isLarge && names.some((name) => MANY.test(name))) {
      legend.placement = LegendPlacement.Right;
      legend.calcs = ["max"];
    }
    if ((gridPos?.w ?? 0) >= width) legend.placement = LegendPlacement.Right;
    if ((gridPos?.w ?? FULL) < HALF && names.some((name) => PHRASES.test(name))) {
      const isLow = isLowerLimit(fieldConfig);
      legend.calcs = [isLow ? "last" : "max"];
      legend.sortBy = isLow ? "Last" : "Max";
      legend.sortDesc = !isLow;
    }
  }
}

/** A limit is a red line, also if it is the least allowed value: Grafana draws a line in the color of the values above it. */
export function drawLimitsInRed({ panels = [] }: Dashboard): void {
  for (const { type, fieldConfig } of panels.flatMap(withNested)) {
    if (type !== "timeseries" || !isLowerLimit(fieldConfig)) continue;
    const { steps } = fieldConfig?.defaults.thresholds ?? { steps: [] };
    for (const step of steps) step.color = step.value === null ? "green" : "red";
  }
}

/** Grafana shows a list of pages even for one page. The SDK's builder rejects 0. */
export function showAllStates({ panels = [] }: Dashboard): void {
  for (const panel of panels.flatMap(withNested))
    if (panel.type === "state-timeline") panel.options = { ...panel.options, perPage: 0 };
}

function isLowerLimit(fieldConfig: Panel["fieldConfig"]): boolean {
  return fieldConfig?.defaults.thresholds?.steps[0]?.color === "red";
}

function withNested(panel: Panel | RowPanel): readonly Panel[] {
  return "panels" in panel ? panel.panels : [panel];
}

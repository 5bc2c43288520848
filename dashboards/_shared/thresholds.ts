import { StackingMode } from "@grafana/grafana-foundation-sdk/common";
import {
  FieldColorModeId,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type DynamicConfigValue,
} from "@grafana/grafana-foundation-sdk/dashboard";

// Limits of values, and colors of series.

/** For values that are bad if they are high: green, and red from the limit on. Without a limit, they have no color. */
export function redFrom(limit: number | undefined): ThresholdsConfigBuilder {
  if (limit === undefined) return noLimit();
  return absolute({ value: null, color: "green" }, { value: limit, color: "red" });
}

/** For values that are bad if they are low: red, and green from the limit on. */
export function redBelow(limit: number): ThresholdsConfigBuilder {
  return absolute({ value: null, color: "red" }, { value: limit, color: "green" });
}

/**
 * For values without a limit: neither good nor bad, so not green. A panel without thresholds would have Grafana's default: red
 * from 80 on.
 */
export function noLimit(): ThresholdsConfigBuilder {
  return absolute({ value: null, color: "text" });
}

function absolute(...steps: { value: number | null; color: string }[]): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(steps);
}

/**
 * Sets the color of a series.
 *
 * @example timeseries(…).overrideByName("5xx", color("red"))
 */
export function color(fixedColor: string): DynamicConfigValue[] {
  return [{ id: "color", value: { mode: FieldColorModeId.Fixed, fixedColor } }];
}

/** A series that is a limit for the others: a dashed line without an area. */
export function asBound(): DynamicConfigValue[] {
  return [
    ...color("red"),
    { id: "custom.lineStyle", value: { fill: "dash", dash: [10, 10] } },
    { id: "custom.fillOpacity", value: 0 },
    { id: "custom.stacking", value: { mode: StackingMode.None, group: "A" } },
  ];
}

import type { JsonObject } from "../../../../util/json.ts";
import of12x4 from "./plugins/12.4.json" with { type: "json" };

/** What Grafana's UI adds to a panel and removes from it, as the panel's plugin declares it. */
export interface PanelPlugin {
  readonly options?: JsonObject;
  readonly fieldConfig?: { readonly defaults: JsonObject };
  /** The properties of fields that the plugin has. A save removes all others. */
  readonly fields: readonly string[];
}

/** A file for each version of Grafana that changed its panel plugins, oldest first. */
const CATALOGUES: readonly (readonly [version: string, plugins: Readonly<Record<string, PanelPlugin>>])[] = [
  ["12.4", of12x4],
];

/**
 * Grafana's panel plugins by panel type: those of this version or of the last one before it that has a file. Empty for
 * versions before the first file.
 */
export function panelPlugins(version: string): Readonly<Record<string, PanelPlugin>> {
  const known = CATALOGUES.findLast(([since]) => compared(version, since) >= 0);
  return known?.[1] ?? {};
}

/** Whether a property that the catalogue of this version doesn't have is unknown to Grafana. A later version may know it. */
export function isComplete(version: string): boolean {
  return CATALOGUES.some(([known]) => compared(version, known) === 0);
}

/** Compares major and minor versions. */
function compared(version: string, other: string): number {
  const numbers = (text: string) => text.split(".", 2).map((part) => Number.parseInt(part, 10) || 0);
  const [[major = 0, minor = 0], [otherMajor = 0, otherMinor = 0]] = [numbers(version), numbers(other)];
  return major - otherMajor || minor - otherMinor;
}

import type { JsonObject } from "../../../util/json.ts";
import of12x4 from "./panel-defaults/12.4.json" with { type: "json" };

interface PanelDefaults {
  readonly options?: JsonObject;
  readonly fieldConfig?: { readonly defaults: JsonObject };
}

/** One file a version of Grafana whose panels have other defaults than those of the one before, oldest first. */
const CATALOGUES: readonly (readonly [version: string, panels: Readonly<Record<string, PanelDefaults>>])[] = [
  ["12.4", of12x4],
];

/**
 * What Grafana's UI writes into a panel that says nothing of it, by the panel's type. Of a version without a catalogue of
 * its own the one before is taken; of those before the oldest nothing is known.
 */
export function panelDefaults(version: string): Readonly<Record<string, PanelDefaults>> {
  const known = CATALOGUES.findLast(([since]) => !isOlder(version, since));
  return known?.[1] ?? {};
}

function isOlder(version: string, than: string): boolean {
  const numbers = (text: string) => text.split(".", 2).map((part) => Number.parseInt(part, 10) || 0);
  const [[major = 0, minor = 0], [thanMajor = 0, thanMinor = 0]] = [numbers(version), numbers(than)];
  return major < thanMajor || (major === thanMajor && minor < thanMinor);
}

import type { JsonObject } from "../../../util/json.ts";
import of12x4 from "./panel-defaults/12.4.json" with { type: "json" };

interface PanelDefaults {
  readonly options?: JsonObject;
  readonly fieldConfig?: { readonly defaults: JsonObject };
}

/** A file for each version of Grafana that changed the defaults of panels, oldest first. */
const CATALOGUES: readonly (readonly [version: string, panels: Readonly<Record<string, PanelDefaults>>])[] = [
  ["12.4", of12x4],
];

/**
 * The defaults that Grafana's UI adds to a panel, by the panel's type: those of this version or of the last one before it
 * that has a file. Empty for versions before the first file.
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

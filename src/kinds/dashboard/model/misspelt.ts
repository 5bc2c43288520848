import { isObject } from "../../../util/json.ts";
import { similar } from "../../../util/similar.ts";

const DASHBOARD = [
  ..."id uid title description revision gnetId tags timezone editable graphTooltip time timepicker".split(" "),
  ..."fiscalYearStartMonth liveNow weekStart refresh schemaVersion version panels templating annotations".split(" "),
  ..."links snapshot preload".split(" "),
];
const PANEL = [
  ..."id type title description datasource targets gridPos fieldConfig options transparent links repeat".split(" "),
  ..."repeatDirection maxPerRow maxDataPoints transformations interval timeFrom timeShift libraryPanel".split(" "),
  // Used by the old graph panel, and similar to `links`.
  "lines",
];

/** An unknown property with a similar name to a known one. */
export interface Misspelt {
  /** `panels[2].titel` */
  readonly path: string;
  readonly meant: string;
}

/**
 * Properties of a dashboard or panel whose names are similar to known ones that are not set. Other unknown properties belong
 * to plugins or older versions.
 */
export function misspelt(model: object): Misspelt[] {
  return [...misspeltIn(model, DASHBOARD, ""), ...panelsOf(model, "panels").flatMap(inPanel)];
}

function inPanel({ panel, path }: Placed): Misspelt[] {
  return [
    ...misspeltIn(panel, PANEL, `${path}.`),
    ...panelsOf(panel, `${path}.panels`).flatMap((inner) => misspeltIn(inner.panel, PANEL, `${inner.path}.`)),
  ];
}

interface Placed {
  readonly panel: object;
  readonly path: string;
}

function panelsOf(parent: object, path: string): Placed[] {
  const panels = "panels" in parent && Array.isArray(parent.panels) ? (parent.panels as unknown[]) : [];
  return panels.flatMap((panel, index) => (isObject(panel) ? [{ panel, path: `${path}[${index}]` }] : []));
}

function misspeltIn(value: object, known: readonly string[], prefix: string): Misspelt[] {
  const names = Object.keys(value);
  const absent = known.filter((name) => !names.includes(name));
  return names.flatMap((name) => {
    const meant = known.includes(name) ? undefined : similar(name, absent);
    return meant === undefined ? [] : [{ path: prefix + name, meant }];
  });
}

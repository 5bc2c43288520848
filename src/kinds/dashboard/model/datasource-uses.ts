import { isObject } from "../../../util/json.ts";

/** The mark that `existing.datasource(uid).ref` carries; a symbol, so that it never reaches JSON. */
export const EXISTING = Symbol.for("grafana-provision.existing");

/** A place in a dashboard that names a datasource, by uid or, in old dashboards, by name. */
export interface DatasourceUse {
  /** `panels[3].targets[0].datasource` */
  readonly path: string;
  readonly name: string;
  /** Named by `existing.datasource`. */
  readonly existing: boolean;
}

/** Grafana's own: they exist everywhere. */
const BUILT_IN = new Set([
  "grafana",
  "-- Grafana --",
  "-- Mixed --",
  "-- Dashboard --",
  "__expr__",
  "-- 100 --",
  "default",
]);

/** Every datasource that a dashboard names; those of a variable (`${ds}`) and Grafana's own are left out. */
export function datasourceUses(value: unknown, path = ""): DatasourceUse[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => datasourceUses(item, `${path}[${index}]`));
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const here = path ? `${path}.${key}` : key;
    // What a library panel asks is declared with it.
    if (key === "libraryPanel") return [];
    if (key !== "datasource") return datasourceUses(item, here);
    const name = isObject(item) ? item["uid"] : item;
    if (typeof name !== "string" || name === "" || name.includes("$") || BUILT_IN.has(name)) return [];
    return [{ path: here, name, existing: typeof item === "object" && item !== null && EXISTING in item }];
  });
}

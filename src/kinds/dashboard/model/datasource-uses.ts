import { isObject } from "../../../util/json.ts";
import { pathText } from "../../../util/schema-issues.ts";

/** Marks `existing.datasource(uid).ref`. A symbol, so that it never gets into JSON. */
export const EXISTING = Symbol.for("grafana-provision.existing");

/** A reference to a datasource in a dashboard, by uid or, in old dashboards, by name. */
export interface DatasourceUse {
  /** `panels[3].targets[0].datasource` */
  readonly path: string;
  readonly name: string;
  /** Whether it is named by `existing.datasource`. */
  readonly existing: boolean;
}

/** Grafana's built-in datasources, which always exist. */
const BUILT_IN = new Set([
  "grafana",
  "-- Grafana --",
  "-- Mixed --",
  "-- Dashboard --",
  "__expr__",
  "-- 100 --",
  "default",
]);

/**
 * All datasources that a dashboard refers to, except variables (`${ds}`) and built-in datasources. `key`: the property of a
 * reference with the datasource's uid, `name` in schema v2, whose queries can also contain classic references.
 */
export function datasourceUses(model: unknown, key: "uid" | "name" = "uid"): DatasourceUse[] {
  const uses: DatasourceUse[] = [];
  const path: PropertyKey[] = [];
  const walk = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    for (const [property, item] of Object.entries(value)) {
      // What a library panel asks is declared with it.
      if (property === "libraryPanel") continue;
      path.push(Array.isArray(value) ? Number(property) : property);
      if (property === "datasource") uses.push(...useIn(item, path, key));
      else walk(item);
      path.pop();
    }
  };
  walk(model);
  return uses;
}

function useIn(datasource: unknown, path: readonly PropertyKey[], key: "uid" | "name"): DatasourceUse[] {
  const name = isObject(datasource) ? (datasource[key] ?? datasource["uid"]) : datasource;
  if (typeof name !== "string" || name === "" || name.includes("$") || BUILT_IN.has(name)) return [];
  return [{ path: pathText(path), name, existing: isObject(datasource) && EXISTING in datasource }];
}

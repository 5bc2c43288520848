import { isObject, parseObject, text, type Json, type JsonObject } from "../json.ts";
import type { StoredObject } from "../k8s/objects.ts";
import type { Resource } from "../k8s/resource.ts";
import type { LibraryPanels } from "./store.ts";

/** The dashboards that show each library panel, by the panel's uid. */
export function dashboardsByPanel(dashboards: Resource): Map<string, StoredObject[]> {
  const result = new Map<string, StoredObject[]>();
  for (const dashboard of dashboards.objects.all()) {
    for (const uid of panelsIn(dashboard.spec)) result.set(uid, [...(result.get(uid) ?? []), dashboard]);
  }
  return result;
}

/** Whether a dashboard shows a library panel that does not exist. */
export function namesMissingPanel(spec: JsonObject, panels: LibraryPanels): boolean {
  return referencesIn(spec["panels"]).some((uid) => panels.get(uid) === undefined);
}

/** The uids of the library panels that a dashboard shows, in rows as well. */
function panelsIn(spec: string): Set<string> {
  // Most dashboards have none, and parsing all of them is slow.
  const found = spec.includes('"libraryPanel"') ? referencesIn(parseObject(spec)?.["panels"]) : [];
  return new Set(found);
}

function referencesIn(panels: Json | undefined): string[] {
  return (Array.isArray(panels) ? panels : []).filter(isObject).flatMap((panel: JsonObject) => {
    const reference = panel["libraryPanel"];
    const uid = isObject(reference) ? text(reference["uid"]) : "";
    return [...(uid === "" ? [] : [uid]), ...referencesIn(panel["panels"])];
  });
}

/** A connection has no row, so Grafana generates its id: a hash within the safe integers of JavaScript. */
export function connectionId(elementId: number, dashboard: string, created: string): number {
  const seconds = Math.floor(Date.parse(created) / 1000);
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(`${elementId}:${dashboard}:1:${seconds}`)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return Number(hash & ((1n << 52n) - 1n));
}

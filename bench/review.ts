import { canonicalDashboard } from "../src/kinds/dashboard/model/canonical.ts";
import { dashboardDifferences } from "../src/kinds/dashboard/model/differences.ts";
import type { JsonObject } from "../src/util/json.ts";
import type { Change } from "../src/engine/change.ts";
import type { Sides } from "../src/engine/view.ts";
import type { Review } from "../src/report/review.ts";
import { model } from "./generate.ts";

/** A review of dashboards with 20 panels each, in which all queries changed and one panel is new. */
export function largeReview(count: number): Review {
  const all = Array.from({ length: count }, (_, index) => {
    const before = canonicalDashboard(model("bench", index) as JsonObject);
    const after = canonicalDashboard(changed(model("bench", index) as JsonObject));
    return { id: `bench-${index}`, before, after, differences: dashboardDifferences(before, after) };
  });
  const changes = all.map(({ id, differences }): Change => ({
    kind: "dashboard",
    id,
    title: id,
    action: "update",
    source: { file: `dashboards/${id}.json`, export: "default" },
    origin: "code",
    differences,
    verified: true,
    needs: [],
  }));
  const sides = all.map(({ id, before, after }): [string, Sides] => [`dashboard/${id}`, { before, after }]);
  const plan = { version: 1, project: "bench", changes, unchanged: 0 } as const;
  const nothing = { unseen: [], orphans: [], uncheckedSecrets: [], notes: [] };
  return { plan: { ...plan, ...nothing }, target: "Grafana", sides: new Map(sides) };
}

function changed(model: JsonObject): JsonObject {
  const text = JSON.stringify(model).replaceAll("sum by (path, status)", "sum by (path)");
  const { panels, ...rest } = JSON.parse(text) as JsonObject;
  const all = panels as JsonObject[];
  const added = { ...all[0], id: 100, title: "Requests in progress", gridPos: { x: 0, y: 80, w: 24, h: 8 } };
  return { ...rest, panels: [...all, added] };
}

import type { JsonObject } from "../../../src/util/json.ts";
import type { Change, Plan } from "../../../src/engine/change.ts";
import { kinds } from "../../../src/kinds/index.ts";
import type { Sides } from "../../../src/engine/view.ts";
import type { Review } from "../../../src/report/review.ts";

export interface Changed extends Sides {
  readonly kind: string;
  readonly id: string;
  readonly title?: string;
  readonly change?: Partial<Change>;
}

/** A review of these objects, with both sides in canonical form and the differences between them. */
export function reviewOfForms(all: readonly Changed[], plan: Partial<Plan> = {}, target = "Grafana 12.4.0"): Review {
  const changes = all.map(({ kind, id, title = id, before, after, change }): Change => {
    const differences = before && after ? (kinds.get(kind)?.comparison?.differences?.(before, after) ?? []) : [];
    return {
      kind,
      id,
      title,
      action: !before ? "create" : after ? "update" : "delete",
      source: { file: `${kind}s/${id}.ts`, export: "default" },
      ...(before && after ? { origin: "code" as const } : {}),
      differences,
      verified: true,
      needs: [],
      ...change,
    };
  });
  const sides = all.map(({ kind, id, before, after }): [string, Sides] => [
    `${kind}/${id}`,
    { ...(before ? { before } : {}), ...(after ? { after } : {}) },
  ]);
  const empty = { unseen: [], orphans: [], uncheckedSecrets: [], notes: [] };
  return {
    plan: { version: 1, project: "test", changes, unchanged: 3, ...empty, ...plan },
    target,
    sides: new Map(sides),
  };
}

/** `panel(3, "Requests", [0, 4, 12, 8])`: a time series with x, y, width and height. */
export function panel(
  id: number,
  title: string,
  [x, y, w, h]: readonly [x: number, y: number, w: number, h: number],
  more: JsonObject = {},
): JsonObject {
  return {
    id,
    title,
    type: "timeseries",
    gridPos: { x, y, w, h },
    fieldConfig: { defaults: { unit: "reqps" } },
    targets: [{ refId: "A", expr: `rate(requests_total{panel="${id}"}[5m])` }],
    ...more,
  };
}

/** A rule that fires while its query is above or below a limit. */
export function rule(
  uid: string,
  title: string,
  expr: string,
  evaluator: JsonObject,
  more: JsonObject = {},
): JsonObject {
  return {
    uid,
    title,
    condition: "B",
    for: "5m",
    noDataState: "NoData",
    execErrState: "Error",
    data: [
      { refId: "A", datasourceUid: "prometheus", relativeTimeRange: { from: 600, to: 0 }, model: { expr } },
      {
        refId: "B",
        datasourceUid: "__expr__",
        relativeTimeRange: { from: 0, to: 0 },
        model: { type: "threshold", expression: "A", conditions: [{ evaluator }] },
      },
    ],
    ...more,
  };
}

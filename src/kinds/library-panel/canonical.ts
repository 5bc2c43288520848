import { diff } from "../../engine/diff.ts";
import type { Difference } from "../../engine/difference.ts";
import type { Shape } from "../../engine/shape.ts";
import { isObject, textOf, toJson, type JsonObject } from "../../util/json.ts";
import { canonicalDashboard } from "../dashboard/model/canonical.ts";
import { dashboardDifferences } from "../dashboard/model/differences.ts";
import { assignRefIds, objects } from "../dashboard/model/panels.ts";

/** The canonical form of a library panel. */
export interface Content {
  readonly name: string;
  /** Empty at the root; undefined if it is not stated. */
  readonly folder: string | undefined;
  readonly model: object;
}

/** Properties of a panel in a dashboard. They are not part of the library panel. */
const OF_DASHBOARD = ["id", "gridPos", "libraryPanel"];

/**
 * The Grafana whose defaults a save in the UI adds. Fixed, because the ledger contains the hash of the form, and newer than the
 * catalogue of plugins, because the panel may have properties that this catalogue lacks.
 */
export const SURROUNDINGS = { version: "13.0.0" };

/** The request body. */
export function modelToSend(model: object): JsonObject {
  const sent = toJson(model) as JsonObject;
  for (const key of OF_DASHBOARD) delete sent[key];
  assignRefIds({ panels: [sent] });
  // Grafana keeps the former description if a request omits it.
  return { ...sent, description: textOf(sent["description"]) };
}

/** The canonical form: the panel as the only panel of a dashboard. */
export function canonical({ name, folder, model }: Content): JsonObject {
  const { panels } = canonicalDashboard({ panels: [modelToSend(model)] }, SURROUNDINGS);
  const [panel = {}] = objects(panels);
  return { name, ...(folder === undefined ? {} : { folder }), model: panel };
}

const SHAPE: Shape = {
  values: {
    name: { meaning: () => "renamed" },
    folder: { absent: "", show: (uid) => (uid === "" ? "the top level" : `folder/${textOf(uid)}`) },
  },
};

/** The differences, described like those of panels in dashboards. */
export function differencesOf(
  { model: was = {}, ...before }: JsonObject,
  { model: wanted = {}, ...after }: JsonObject,
): Difference[] {
  const [live, code] = [was, wanted].map((panel) => ({ panels: [{ ...(isObject(panel) ? panel : {}), id: 1 }] }));
  const inPanel = dashboardDifferences(live ?? {}, code ?? {}).map(({ path, labels, ...rest }) => ({
    ...rest,
    path: path.replace(/^panels\[id=1\]/, "model"),
    labels: labels.slice(1),
  }));
  return [...diff(before, after, SHAPE), ...inPanel];
}

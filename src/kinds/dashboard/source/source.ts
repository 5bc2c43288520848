import type { NoSource, SourceContext, SourceFacet } from "../../../engine/source.ts";
import {
  call,
  evaluate,
  listOf,
  objectOf,
  property,
  type Expression,
  type Imported,
} from "../../../import/code/expression.ts";
import { withCommonParts } from "../../../import/code/common.ts";
import { sdkWriter, type Writer } from "../../../import/sdk/writer.ts";
import { copyOf, equal, isObject, textOf, toJson, type Json, type JsonObject } from "../../../util/json.ts";
import type { Dashboard } from "../builder.ts";
import { observedForm, specOf, tagsOf, type LiveDashboard } from "../live-dashboard.ts";
import { isLegacy } from "../model/legacy-panels.ts";
import { allPanels, objects } from "../model/panels.ts";
import { corrected } from "./corrected.ts";
import { datasourceNames } from "./datasources.ts";
import { writtenOnce } from "./known-panels.ts";
import { namedPanels, panelConstant, panelExpression, sharingCode } from "./panels.ts";
import { mergedObject } from "./plain-object.ts";
import { statedPositions } from "./positions.ts";
import { formOf, resourceOf } from "./resource.ts";
import { plainQueryExpression, writerTools } from "./tools.ts";
import { writeV2 } from "./v2.ts";
import { withSchemas } from "../v2/read.ts";
import { FOLDER } from "../../../grafana/kubernetes.ts";

/** How often the code of a dashboard is corrected. */
const CORRECTIONS = 3;

export const source: SourceFacet<LiveDashboard> = {
  directory: "dashboards",
  async *stream(context) {
    const { dashboards } = context.grafana;
    for await (const page of dashboards.pages()) {
      yield await Promise.all(page.map((object) => withSchemas(object, context)));
    }
  },
  tags: ({ object }) => tagsOf((object.spec ?? {}) as JsonObject).map(textOf),
  document: ({ id, parent, object }) => ({
    apiVersion: object.stored?.apiVersion ?? "dashboard.grafana.app/v1beta1",
    kind: "Dashboard",
    metadata: { name: id, ...(parent === undefined ? {} : { annotations: { [FOLDER]: parent } }) },
    spec: object.stored?.spec ?? object.spec,
  }),
  write: writeDashboard,
};

function writeDashboard(live: LiveDashboard, context: SourceContext): Expression | NoSource {
  if (live.object.stored) return writeV2(live, context);
  const goal = observedForm(live);
  const { panels, folder: _, ...settings } = goal;
  for (const withIds of [false, true]) {
    let wanted = settings;
    for (let round = 0; round < CORRECTIONS; round++) {
      const form = copyOf({ ...wanted, ...(panels === undefined ? {} : { panels }) }) as JsonObject;
      const expression = attempt(live, form, withIds, context);
      if (!expression) break;
      const got = formOf(evaluate(expression) as Dashboard, live, context);
      if (equal(got, goal)) return sharingVariables(expression);
      const { panels: _panels, folder: _folder, ...gotSettings } = got;
      if (equal(settings, gotSettings)) break;
      wanted = corrected({ wanted, goal: settings, got: gotSettings, raw: specOf(live) }) as JsonObject;
    }
  }
  return plainDashboard(live, context);
}

/** The same resource, with functions for what its variables and annotations have in common. */
function sharingVariables(expression: Expression): Expression {
  const [shared = expression] = withCommonParts([expression]);
  if (shared === expression) return expression;
  const isSame = equal(toJson(evaluate(shared)), toJson(evaluate(expression)));
  return isSame ? shared : expression;
}

function attempt(
  live: LiveDashboard,
  form: JsonObject,
  withIds: boolean,
  context: SourceContext,
): Expression | undefined {
  const raw = specOf(live);
  const names = datasourceNames(form, raw, context);
  const made = new Map<JsonObject, { builds: string; expression: Expression }>();
  const replace = (value: Json, key: string) => names.replace(value, key) ?? libraryPanel(value, key, context);
  const tools = writerTools(context);
  const otherwise = (value: JsonObject, type: string) =>
    type === "cog.Dataquery" ? plainQueryExpression(value, replace, context) : undefined;
  const writerFor = (panel?: JsonObject) =>
    sdkWriter({
      sdk: context.sdk,
      tools,
      replace,
      otherwise,
      modulesFor: (query) => names.modulesFor(query, panel),
      // The builder of the panel's type sets options that a legacy panel does not have.
      general: panel !== undefined && isLegacy(panel),
      made,
    });
  // The SDK gives a position to each panel that has none, so these panels are added without its method.
  const isPlaced = allPanels(form).every(({ gridPos }) => isObject(gridPos));
  const positions = isPlaced ? statedPositions(objects(form["panels"]), context.sdk) : undefined;
  const ids = withIds ? undefined : referredIds(form);
  const rawById = new Map(allPanels(raw).map((panel) => [textOf(panel["id"]), panel]));
  const isRow = ({ type }: JsonObject) => type === "row";
  const statedOf = (panel: JsonObject): JsonObject => {
    const position = positions ? positions.get(panel) : panel["gridPos"];
    const id = textOf(panel["id"]);
    return {
      ...(position === undefined ? {} : { gridPos: position }),
      ...(ids === undefined || ids.has(id) ? { id: panel["id"] ?? null } : {}),
    };
  };
  const inRows = objects(form["panels"]).flatMap((panel) => (isRow(panel) ? objects(panel["panels"]) : [panel]));
  const written = inRows.map((one) => {
    const from = rawById.get(textOf(one["id"])) ?? {};
    const stated = statedOf(one);
    const source = { writer: writerFor(one), surroundings: live.surroundings };
    const key = JSON.stringify([one, from, stated, live.surroundings, names.surroundings]);
    return writtenOnce(context.kinds, key, () => panelExpression(one, from, stated, source));
  });
  if (written.includes(undefined)) return undefined;
  const panelNames = namedPanels(form);
  const built = sharingCode(written.filter((one) => one !== undefined));
  for (const [index, one] of inRows.entries()) {
    const panel = built[index];
    if (!panel) continue;
    const constant = panelConstant(panelNames.get(one) ?? { name: "panel", row: "" }, panel);
    made.set(one, { builds: "dashboard.Panel", expression: constant });
  }
  const panels = objects(form["panels"]).map((panel): JsonObject => {
    if (!isRow(panel)) return panel;
    const { id: _id, gridPos: _position, panels: _inner, collapsed, ...row } = panel;
    const inner = objects(panel["panels"]);
    // Adding a panel to a row collapses it.
    const own = inner.length > 0 ? { panels: inner } : collapsed === undefined ? {} : { collapsed };
    return { ...row, ...own, ...statedOf(panel) };
  });
  const { panels: _panels, ...settings } = form;
  const model = { uid: live.id, ...settings, ...(isPlaced && panels.length > 0 ? { panels } : {}) };
  const builder = writerFor().builder(model, "dashboard.Dashboard");
  if (!builder) return undefined;
  const spec = isPlaced ? builder : withPanels(builder, panels, writerFor(), tools.merge);
  return resourceOf(live, { spec, uses: usesOf(live) }, context);
}

/** A dashboard with panels that its builder does not place. */
function withPanels(builder: Expression, panels: readonly JsonObject[], writer: Writer, merge: Imported): Expression {
  const all = panels.flatMap((panel) => {
    const type = panel["type"] === "row" ? "dashboard.RowPanel" : "dashboard.Panel";
    const own = writer.builder(panel, type);
    return own ? [call(property(own, "build"))] : [];
  });
  return call(merge, builder, objectOf({ panels: listOf(all) }));
}

/** The dashboard as it is in Grafana. */
function usesOf({ object }: LiveDashboard): Dashboard {
  return { kind: "dashboard", spec: object.spec ?? {} };
}

/** The model with all of its properties, if builders can't build it. */
function plainDashboard(live: LiveDashboard, context: SourceContext): Expression {
  const { uid: _, ...model } = specOf(live);
  const { replace } = datasourceNames(model, model, context);
  const spec = mergedObject({ uid: live.id, ...model }, "dashboard.DashboardBuilder", replace, context);
  return resourceOf(live, { spec, uses: usesOf(live) }, context);
}

function libraryPanel(value: Json, key: string, context: SourceContext): Expression | undefined {
  if (key !== "libraryPanel" || !isObject(value)) return undefined;
  const { uid, name, ...others } = value;
  if (Object.keys(others).length > 0) return undefined;
  const live = context.find("library-panel", textOf(uid));
  return live?.title === name ? context.refer("library-panel", textOf(uid)) : undefined;
}

/** The ids of panels that other panels, links or queries name. */
function referredIds(form: JsonObject): ReadonlySet<string> {
  const text = JSON.stringify(form);
  const named = [...text.matchAll(/"panelId":"?(\d+)|viewPanel=(?:panel-)?(\d+)|panelId=(\d+)/g)];
  const ids = new Set(named.flatMap((match) => match.slice(1).filter(Boolean)));
  const annotations = isObject(form["annotations"]) ? objects(form["annotations"]["list"]) : [];
  for (const { filter } of annotations)
    if (isObject(filter) && Array.isArray(filter["ids"])) for (const id of filter["ids"]) ids.add(textOf(id));
  return ids;
}

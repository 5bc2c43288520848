import { equal, isObject, withoutNulls, type Json, type JsonObject } from "../../../util/json.ts";
import { inGridOrder } from "./layout.ts";
import { objects } from "./panels.ts";
import { dropEqual } from "./saved-in-ui/properties.ts";
import { forgetInPanel, forgetTheUi, type Surroundings } from "./saved-in-ui/saved-in-ui.ts";

/** The lowest `FORM` whose hashes of dashboards and library panels are comparable. */
export const DASHBOARD_FORM = 4;

/** Fields of Grafana or of the exchange format that are not content. The metadata contains `uid` and `version`. */
const NOT_CONTENT = ["id", "uid", "version", "slug", "iteration", "__inputs", "__requires", "__elements"];

/** Defaults that `v1beta1` adds, so that present and absent are the same. */
const DEFAULTS: JsonObject = {
  tags: [],
  timezone: "",
  weekStart: "",
  editable: true,
  graphTooltip: 0,
  time: { from: "now-6h", to: "now" },
  timepicker: {},
  fiscalYearStartMonth: 0,
  links: [],
  panels: [],
  templating: { list: [] },
  annotations: { list: [] },
  // Added by `POST /api/dashboards/db` and by saves in the UI.
  refresh: "",
  preload: false,
};

/** Fields that it removes from panels or adds to them. */
const PANEL_DEFAULTS: JsonObject = {
  options: {},
  links: [],
  transparent: false,
  fieldConfig: {},
  targets: [],
};

export const BUILT_IN_ANNOTATIONS: JsonObject = {
  builtIn: 1,
  datasource: { type: "grafana", uid: "-- Grafana --" },
  enable: true,
  hide: true,
  iconColor: "rgba(0, 211, 255, 1)",
  name: "Annotations & Alerts",
  type: "dashboard",
};

/**
 * The canonical form of a classic dashboard: equal for two dashboards that Grafana stores alike. It covers only schemaVersion 42;
 * a dry run shows what Grafana stores for older ones.
 *
 * With the surroundings, it is also equal for a dashboard that was saved in the UI without changes.
 */
export function canonicalDashboard(model: JsonObject, surroundings?: Surroundings): JsonObject {
  const form = withoutNulls(model) as JsonObject;
  for (const key of NOT_CONTENT) delete form[key];
  if (surroundings) forgetTheUi(form, surroundings);

  if (isObject(form["annotations"])) dropBuiltIn(form["annotations"]);
  // The SDK omits an empty `list`.
  for (const key of ["annotations", "templating"]) if (equal(form[key], {})) delete form[key];
  if (Array.isArray(form["panels"])) form["panels"] = inGridOrder(form["panels"]).map(canonicalIn);
  dropEqual(form, DEFAULTS);
  return form;
}

function canonicalIn(panel: Json): Json {
  return isObject(panel) ? withoutDefaults(panel) : panel;
}

/** The canonical form of one panel. */
export function canonicalPanel(panel: JsonObject, surroundings?: Surroundings): JsonObject {
  const form = withoutNulls(panel) as JsonObject;
  if (surroundings) forgetInPanel(form, surroundings);
  return withoutDefaults(form);
}

function withoutDefaults(panel: JsonObject): JsonObject {
  const form = { ...panel };
  const inner = objects(form["panels"]);
  // Only rows have panels, so an empty list has no meaning in other panels.
  if (inner.length > 0) form["panels"] = inGridOrder(inner).map(canonicalIn);
  else delete form["panels"];
  const config = form["fieldConfig"];
  if (isObject(config)) {
    form["fieldConfig"] = { ...config };
    dropEqual(form["fieldConfig"], { defaults: {}, overrides: [] });
  }
  dropEqual(form, PANEL_DEFAULTS);
  return form;
}

function dropBuiltIn(annotations: JsonObject): void {
  const list = annotations["list"];
  if (Array.isArray(list)) annotations["list"] = list.filter((entry) => !equal(entry, BUILT_IN_ANNOTATIONS));
}

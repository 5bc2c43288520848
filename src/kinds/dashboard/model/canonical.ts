import { equal, isObject, withoutNulls, type Json, type JsonObject } from "../../../util/json.ts";
import { inGridOrder } from "./layout.ts";
import { objects } from "./panels.ts";
import { dropEqual, forgetTheUi, type Surroundings } from "./saved-in-ui.ts";

/** Grafana's, or of the exchange format: not content. `uid` and `version` stand in the object's metadata. */
const NOT_CONTENT = ["id", "uid", "version", "slug", "iteration", "__inputs", "__requires", "__elements"];

/** What `v1beta1` writes into a dashboard that leaves it out: present and absent are the same. */
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
  // Added by `POST /api/dashboards/db` and by a save in the UI.
  refresh: "",
  preload: false,
};

/** What it takes out of a panel, or puts into one. */
const PANEL_DEFAULTS: JsonObject = {
  options: {},
  links: [],
  transparent: false,
  fieldConfig: {},
  targets: [],
};

const BUILT_IN_ANNOTATIONS: JsonObject = {
  builtIn: 1,
  datasource: { type: "grafana", uid: "-- Grafana --" },
  enable: true,
  hide: true,
  iconColor: "rgba(0, 211, 255, 1)",
  name: "Annotations & Alerts",
  type: "dashboard",
};

/**
 * The canonical form of a classic dashboard: two that Grafana stores alike have the same. It knows what is the same at
 * schemaVersion 42 only; what Grafana makes of older ones is told by its own dry-run.
 *
 * With the Grafana that it is in, so have two of which one was saved in its UI without a change.
 */
export function canonicalDashboard(model: JsonObject, surroundings?: Surroundings): JsonObject {
  const form = withoutNulls(model) as JsonObject;
  for (const key of NOT_CONTENT) delete form[key];
  if (surroundings) forgetTheUi(form, surroundings);

  if (isObject(form["annotations"])) dropBuiltIn(form["annotations"]);
  // The SDK leaves `list` out where there is none.
  for (const key of ["annotations", "templating"]) if (equal(form[key], {})) delete form[key];
  if (Array.isArray(form["panels"])) form["panels"] = inGridOrder(form["panels"]).map(canonicalPanel);
  dropEqual(form, DEFAULTS);
  return form;
}

function canonicalPanel(panel: Json): Json {
  if (!isObject(panel)) return panel;
  const form = { ...panel };
  const inner = objects(form["panels"]);
  // Only a row has panels of its own: an empty list says nothing.
  if (inner.length > 0) form["panels"] = inGridOrder(inner).map(canonicalPanel);
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

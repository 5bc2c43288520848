import { isObject, toJson, type JsonObject } from "../../../util/json.ts";
import { mapElements, withPanelIds } from "./elements.ts";
import { toV2beta1 } from "./shapes.ts";

/** Grafana stores null for these if they are absent. */
const REQUIRED: JsonObject = {
  annotations: [],
  cursorSync: "Off",
  links: [],
  preload: false,
  tags: [],
  variables: [],
};
const TIME_SETTINGS: JsonObject = {
  from: "now-6h",
  to: "now",
  autoRefresh: "",
  autoRefreshIntervals: ["5s", "10s", "30s", "1m", "5m", "15m", "30m", "1h", "2h", "1d"],
  hideTimepicker: false,
  fiscalYearStartMonth: 0,
};
const QUERY_GROUP: JsonObject = { queries: [], transformations: [], queryOptions: {} };

/** Whether a spec is in schema v2 (`v2beta1` or `v2`). */
export function isSchemaV2(spec: object): boolean {
  return "elements" in spec && "layout" in spec;
}

/**
 * The spec of the code in the shape of `v2beta1`, with all parts that Grafana requires. Elements without a panel id take
 * the one of the live dashboard.
 */
export function completeSpec(code: object, live?: JsonObject): JsonObject {
  const spec = toV2beta1(toJson(code) as JsonObject);
  const time = isObject(spec["timeSettings"]) ? spec["timeSettings"] : {};
  const complete = { ...REQUIRED, ...defined(spec), timeSettings: { ...TIME_SETTINGS, ...defined(time) } };
  return withPanelIds(mapElements(complete, completeElement), live);
}

function completeElement(element: JsonObject): JsonObject {
  const { kind, spec } = element;
  if (!isObject(spec)) return element;
  if (kind === "LibraryPanel") {
    const shown = isObject(spec["libraryPanel"]) ? spec["libraryPanel"] : {};
    const { name = "", uid = "" } = shown;
    // The code may have a library panel itself as the reference.
    return { ...element, spec: { title: "", ...spec, libraryPanel: "kind" in shown ? { name, uid } : shown } };
  }
  const data = isObject(spec["data"]) ? spec["data"] : {};
  const group = isObject(data["spec"]) ? data["spec"] : {};
  return {
    ...element,
    spec: {
      title: "",
      links: [],
      ...defined(spec),
      data: { kind: "QueryGroup", ...data, spec: { ...QUERY_GROUP, ...defined(group) } },
    },
  };
}

function defined(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null));
}

import { withoutNulls, type JsonObject } from "../../../../util/json.ts";
import { dropEqual, dropFalsy } from "../../model/saved-in-ui/properties.ts";
import type { Surroundings } from "../../model/saved-in-ui/saved-in-ui.ts";
import { canonicalLayout } from "./layout.ts";
import { canonicalElement } from "./panel.ts";
import { elementsOf, partOf } from "./parts.ts";
import { canonicalAnnotations, canonicalLinks, canonicalTime, canonicalVariables } from "./settings.ts";

/** Defaults, which equal their absence. */
const DEFAULTS: JsonObject = {
  description: "",
  tags: [],
  cursorSync: "Off",
  editable: true,
  preload: false,
  liveNow: false,
  links: [],
  annotations: [],
  variables: [],
  elements: [],
  time: {},
  timeSettings: {},
};

/**
 * The canonical form of a dashboard in schema v2 (`v2beta1`), without its envelopes: equal for two dashboards that Grafana
 * shows alike. With the surroundings, it is also equal for a dashboard that was saved in the UI without changes.
 */
export function canonicalV2(spec: JsonObject, surroundings?: Surroundings): JsonObject {
  const {
    elements: _,
    layout,
    timeSettings,
    links,
    annotations,
    variables,
    revision: _revision,
    ...rest
  } = withoutNulls(spec) as JsonObject;
  const form: JsonObject = {
    ...rest,
    ...canonicalTime(partOf(timeSettings), surroundings),
    links: canonicalLinks(links),
    annotations: canonicalAnnotations(annotations, surroundings),
    variables: canonicalVariables(variables, surroundings),
    // The order of elements has no meaning.
    elements: elementsOf(spec)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, element]) => canonicalElement(name, element, surroundings)),
    layout: canonicalLayout(layout, surroundings),
  };
  dropEqual(form, DEFAULTS);
  dropFalsy(form, ["cursorSync"]);
  return form;
}

import { objects } from "../model/panels.ts";
import { isObject, textOf, type JsonObject } from "../../../util/json.ts";
import { countOf, listed } from "../../../util/plural.ts";
import { isFormV2 } from "../v2/form.ts";
import { layoutOf } from "../v2/model/containers.ts";
import { panelsIn } from "./panel-changes.ts";
import { queryIn, titleOf, typeOf } from "./panel-texts.ts";

/** The maximum number of panels in a description. */
const MAX_PANELS = 30;
/** The maximum number of variables that are named. */
const MAX_NAMES = 4;

/** `3 panels, 1 row, variable $env, now-6h to now`, then a line for each panel. */
export function dashboardFacts(form: JsonObject): string[] {
  const all = panelsIn(form);
  const panels = all.filter(({ type }) => type !== "row");
  const boxes = isFormV2(form) ? layoutOf(form).containers : [];
  const counts: [number, string][] = [
    [boxes.filter(({ type }) => type === "tab").length, "tab"],
    [all.length - panels.length + boxes.filter(({ type }) => type === "row").length, "row"],
  ];
  const variables = objects(isObject(form["templating"]) ? form["templating"]["list"] : form["variables"]);
  const names = variables.slice(0, MAX_NAMES).map(({ name }) => `$${textOf(name)}`);
  const time = isObject(form["time"]) ? form["time"] : {};
  const summary = [
    countOf(panels.length, "panel"),
    ...counts.flatMap(([count, what]) => (count > 0 ? [countOf(count, what)] : [])),
    ...(names.length > 0
      ? [`${variables.length === 1 ? "variable" : "variables"} ${listedWithRest(names, variables)}`]
      : []),
    ...(time["from"] === undefined ? [] : [`${textOf(time["from"])} to ${textOf(time["to"])}`]),
  ];
  const shown = panels.slice(0, MAX_PANELS).map(panelFact);
  const more = panels.length > MAX_PANELS ? [`and ${countOf(panels.length - MAX_PANELS, "more panel")}`] : [];
  return [summary.join(", "), ...shown, ...more];
}

function listedWithRest(names: readonly string[], all: readonly unknown[]): string {
  return names.length < all.length ? `${names.join(", ")} and ${all.length - names.length} more` : listed(names);
}

/** `"Request rate" (timeseries): sum(rate(http_requests_total[5m]))` */
function panelFact(panel: JsonObject): string {
  const queries = queryTexts(panel);
  return `"${titleOf(panel)}" (${typeOf(panel)})${queries === "" ? "" : `: ${queries}`}`;
}

/** Queries that are text. Others are JSON, which may contain credentials. */
export function queryTexts(panel: JsonObject): string {
  return objects(panel["targets"])
    .flatMap((target) => queryIn(target) ?? [])
    .join("; ");
}

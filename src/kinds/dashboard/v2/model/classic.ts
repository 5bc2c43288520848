import { isObject, textOf, type Json, type JsonObject } from "../../../../util/json.ts";
import { COLUMNS } from "../../model/layout.ts";
import { objects } from "../../model/panels.ts";
import { dropEqual } from "../../model/saved-in-ui/properties.ts";
import { layoutOf, type Container, type Layout } from "./containers.ts";
import { panelOf } from "./panel.ts";
import { defined, partOf } from "./parts.ts";
import { VARIABLE_TYPES } from "./settings.ts";

const SYNC = ["Off", "Crosshair", "Tooltip"];
const HIDE = ["dontHide", "hideLabel", "hideVariable", "inControlsMenu"];
const REFRESH = ["never", "onDashboardLoad", "onTimeRangeChanged"];
const SORT = [
  "disabled",
  "alphabeticalAsc",
  "alphabeticalDesc",
  "numericalAsc",
  "numericalDesc",
  "alphabeticalCaseInsensitiveAsc",
  "alphabeticalCaseInsensitiveDesc",
  "naturalAsc",
  "naturalDesc",
];

/** A canonical form of schema v2 in the words of the classic schema, without what only schema v2 has. */
export function classicForm(form: JsonObject): JsonObject {
  const { cursorSync, time, timeSettings, annotations, variables, ...others } = form;
  const { elements: _, layout: __, schema: ___, storedAs: ____, folder: _____, ...rest } = others;
  const { autoRefresh, autoRefreshIntervals, hideTimepicker, quickRanges, nowDelay, ...settings } =
    partOf(timeSettings);
  const timepicker = defined({
    refresh_intervals: autoRefreshIntervals,
    hidden: hideTimepicker,
    quick_ranges: quickRanges,
    nowDelay,
  });
  const classic: JsonObject = {
    ...rest,
    ...settings,
    ...defined({ time, refresh: autoRefresh, graphTooltip: numberIn(SYNC, cursorSync) }),
    timepicker,
    templating: { list: objects(variables).map(classicVariable) },
    annotations: { list: objects(annotations).map(classicAnnotation) },
    panels: classicPanels(form),
  };
  dropEqual(classic, { timepicker: {}, templating: { list: [] }, annotations: { list: [] }, panels: [] });
  return classic;
}

/** Unknown words stay words. */
function numberIn(words: readonly string[], word: Json | undefined): Json | undefined {
  const at = words.indexOf(textOf(word));
  return at < 0 ? word : at;
}

function datasourceOf({ datasource, group }: JsonObject): JsonObject {
  if (datasource === undefined && group === undefined) return {};
  return { datasource: defined({ uid: datasource, type: group }) };
}

function classicVariable(variable: JsonObject): JsonObject {
  const { kind, hide, refresh, sort, pluginId, datasource, group, ...rest } = variable;
  return {
    ...rest,
    type: VARIABLE_TYPES[textOf(kind)] ?? textOf(kind),
    ...defined({
      hide: numberIn(HIDE, hide),
      refresh: numberIn(REFRESH, refresh),
      sort: numberIn(SORT, sort),
      ...(pluginId === undefined ? {} : { query: pluginId }),
    }),
    ...datasourceOf(defined({ datasource, group })),
  };
}

function classicAnnotation({ builtIn, query, options, datasource, group, ...rest }: JsonObject): JsonObject {
  return {
    ...rest,
    ...partOf(options),
    ...defined({ builtIn: builtIn === true ? 1 : undefined, target: query }),
    ...datasourceOf(defined({ datasource, group })),
  };
}

/** The lines of the grid that a row has. */
const ROW_HEIGHT = 1;

/** The panels in the order in which Grafana shows them. Tabs and nested rows become rows, and auto grids have no positions. */
function classicPanels(form: JsonObject): JsonObject[] {
  const layout = layoutOf(form);
  const elements = new Map(objects(form["elements"]).map((element) => [textOf(element["name"]), element]));
  let bottom = 0;
  return layout.containers.flatMap((container) => {
    const isHeadless = container.type === "dashboard" || container.content["hideHeader"] === true;
    const isCollapsed = !isHeadless && container.content["collapse"] === true;
    const row = isHeadless ? [] : [rowOf(container, bottom)];
    bottom += row.length * ROW_HEIGHT;
    const top = bottom;
    const panels = panelsIn(layout, container).flatMap(({ element, item }) => {
      const panel = elements.get(element);
      if (!panel) return [];
      const placed = placedPanel(panel, item, top);
      const { y, h } = partOf(placed["gridPos"]);
      if (!isCollapsed) bottom = Math.max(bottom, Number(y ?? 0) + Number(h ?? 0));
      return [placed];
    });
    return isCollapsed ? row.map((own) => ({ ...own, collapsed: true, panels })) : [...row, ...panels];
  });
}

function panelsIn({ placements }: Layout, container: Container) {
  return placements.filter((placement) => placement.container === container);
}

function rowOf({ title, content }: Container, y: number): JsonObject {
  const { value } = partOf(content["repeat"]);
  return {
    type: "row",
    ...(title === "" ? {} : { title }),
    gridPos: { x: 0, y, w: COLUMNS, h: ROW_HEIGHT },
    ...defined({ repeat: value }),
  };
}

function placedPanel(element: JsonObject, { gridPos, repeat }: JsonObject, top: number): JsonObject {
  // An auto grid has no positions, and only schema v2 can repeat a panel in it.
  if (!isObject(gridPos)) return panelOf(element);
  const { value, direction, maxPerRow } = partOf(repeat);
  return {
    ...panelOf(element),
    gridPos: { ...gridPos, y: top + Number(gridPos["y"]) },
    ...defined({ repeat: value, repeatDirection: direction, maxPerRow }),
  };
}

import type { JsonObject } from "../../src/util/json.ts";
import type { TestGrafana } from "./grafana.ts";

const GROUP = "dashboard.grafana.app";

/** A dashboard in schema v2 as Grafana stores it. */
export interface StoredV2 {
  readonly metadata: { name: string; generation: number; annotations: Record<string, string>; labels?: object };
  readonly spec: JsonObject;
  readonly status?: { readonly conversion?: { readonly storedVersion?: string } };
}

/** The path of all dashboards, or of one, in a version of the API. */
function dashboardsIn(version: string, uid?: string): string {
  return `/apis/${GROUP}/${version}/namespaces/default/dashboards${uid === undefined ? "" : `/${uid}`}`;
}

export async function readIn({ other }: TestGrafana, version: string, uid: string): Promise<StoredV2> {
  return (await other.send({ method: "GET", path: dashboardsIn(version, uid) })) as StoredV2;
}

/** The schema that a dashboard is stored in, from a read that always converts. */
export async function storedVersion(grafana: TestGrafana, uid: string): Promise<string | undefined> {
  return (await readIn(grafana, "v0alpha1", uid)).status?.conversion?.storedVersion;
}

/** Saves a dashboard as the UI of Grafana 13 does: in schema v2, with the existing annotations and some of the UI. */
export async function saveInV2(
  grafana: TestGrafana,
  uid: string,
  change: (spec: JsonObject) => void,
): Promise<JsonObject> {
  const { metadata, spec: now } = await readIn(grafana, "v2beta1", uid);
  const changed = structuredClone(now);
  change(changed);
  const annotations = {
    "grafana.app/folder": "",
    ...metadata.annotations,
    "grafana.app/saved-from-ui": "Grafana v12.4.0 (e2289a38)",
  };
  const { name, labels } = metadata;
  const body = {
    apiVersion: `${GROUP}/v2beta1`,
    kind: "Dashboard",
    metadata: { name, annotations, labels },
    spec: changed,
  };
  await grafana.other.send({ method: "PUT", path: dashboardsIn("v2beta1", uid), body });
  return (await readIn(grafana, "v2beta1", uid)).spec;
}

/** Creates one that this project does not own. */
export async function makeInV2({ other }: TestGrafana, uid: string, content: JsonObject): Promise<void> {
  const metadata = { name: uid, annotations: { "grafana.app/grant-permissions": "default" } };
  const body = { apiVersion: `${GROUP}/v2beta1`, kind: "Dashboard", metadata, spec: content };
  await other.send({ method: "POST", path: dashboardsIn("v2beta1"), body });
}

export function spec(title: string, elements: JsonObject, layout: JsonObject): JsonObject {
  return {
    title,
    annotations: [],
    cursorSync: "Off",
    editable: true,
    elements,
    layout,
    links: [],
    liveNow: false,
    preload: false,
    tags: [],
    timeSettings: {
      from: "now-6h",
      to: "now",
      autoRefresh: "",
      autoRefreshIntervals: ["5s", "1m"],
      hideTimepicker: false,
      fiscalYearStartMonth: 0,
    },
    variables: [],
  };
}

export function element(id: number, title: string): JsonObject {
  const query = { kind: "DataQuery", group: "prometheus", version: "v0", spec: { expr: "up" } };
  const queries = [{ kind: "PanelQuery", spec: { query, refId: "A", hidden: false } }];
  const vizConfig = {
    kind: "VizConfig",
    group: "timeseries",
    version: "12.4.0",
    spec: { options: {}, fieldConfig: { defaults: {}, overrides: [] } },
  };
  const data = { kind: "QueryGroup", spec: { queries, transformations: [], queryOptions: {} } };
  return { kind: "Panel", spec: { id, title, description: "", links: [], data, vizConfig } };
}

const reference = (name: string): JsonObject => ({ kind: "ElementReference", name });

export function grid(...names: string[]): JsonObject {
  const items = names.map((name, index) => ({
    kind: "GridLayoutItem",
    spec: { x: 0, y: 8 * index, width: 12, height: 8, element: reference(name) },
  }));
  return { kind: "GridLayout", spec: { items } };
}

export function autoGrid(more: JsonObject, ...names: string[]): JsonObject {
  const items = names.map((name) => ({ kind: "AutoGridLayoutItem", spec: { element: reference(name), ...more } }));
  const modes = { columnWidthMode: "standard", rowHeightMode: "standard", fillScreen: false };
  return { kind: "AutoGridLayout", spec: { maxColumnCount: 3, ...modes, items } };
}

export function rows(...all: JsonObject[]): JsonObject {
  return { kind: "RowsLayout", spec: { rows: all } };
}

export function row(title: string, layout: JsonObject, more: JsonObject = {}): JsonObject {
  return { kind: "RowsLayoutRow", spec: { title, collapse: false, layout, ...more } };
}

export function tabs(...all: JsonObject[]): JsonObject {
  return { kind: "TabsLayout", spec: { tabs: all } };
}

export function tab(title: string, layout: JsonObject, more: JsonObject = {}): JsonObject {
  return { kind: "TabsLayoutTab", spec: { title, layout, ...more } };
}

export function conditions(...ranges: string[]): JsonObject {
  return group(ranges.map((value) => ({ kind: "ConditionalRenderingTimeRangeSize", spec: { value } })));
}

export function whenData(value: boolean): JsonObject {
  return group([{ kind: "ConditionalRenderingData", spec: { value } }]);
}

export function whenVariable(variable: string, operator: string, value: string): JsonObject {
  return group([{ kind: "ConditionalRenderingVariable", spec: { variable, operator, value } }]);
}

function group(items: JsonObject[]): JsonObject {
  return {
    conditionalRendering: {
      kind: "ConditionalRenderingGroup",
      spec: { visibility: "show", condition: "and", items },
    },
  };
}

/** A query of Prometheus in a panel. */
export function promqlQuery(expr: string, datasource: { readonly name?: string }) {
  return {
    kind: "PanelQuery",
    spec: {
      refId: "A",
      hidden: false,
      query: { kind: "DataQuery", group: "prometheus", version: "v0", datasource, spec: { expr } },
    },
  };
}

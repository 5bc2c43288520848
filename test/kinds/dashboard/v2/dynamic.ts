import { isObject, type JsonObject } from "../../../../src/util/json.ts";
import { autoGrid, conditions, element, grid, row, rows, spec, tab, tabs } from "../../../helpers/schema-v2.ts";

const by = (value: string): JsonObject => ({ repeat: { mode: "variable", value } });

function variable(name: string, query: string): JsonObject {
  const current = { text: query.split(",")[0] ?? "", value: query.split(",")[0] ?? "" };
  return {
    kind: "CustomVariable",
    spec: { name, query, current, options: [], multi: false, includeAll: false, hide: "dontHide", skipUrlSync: false },
  };
}

function elements(...titles: string[]): JsonObject {
  return Object.fromEntries(titles.map((title, index) => [`panel-${index + 1}`, element(index + 1, title)]));
}

const [one, two, three, four, five, six] = [1, 2, 3, 4, 5, 6].map((id) => `panel-${id}`) as [
  string,
  string,
  string,
  string,
  string,
  string,
];
const SIX = elements("Requests", "Errors", "Latency", "Saturation", "Logs", "Traces");

function dashboard(title: string, layout: JsonObject, more: JsonObject = {}): JsonObject {
  const variables = [variable("env", "prod,staging"), variable("host", "a,b,c")];
  return { ...spec(title, SIX, layout), variables, ...more };
}

const onVariable = (name: string, value: string): JsonObject => ({
  conditionalRendering: {
    kind: "ConditionalRenderingGroup",
    spec: {
      visibility: "show",
      condition: "and",
      items: [{ kind: "ConditionalRenderingVariable", spec: { variable: name, operator: "equals", value } }],
    },
  },
});

/** Dashboards that the classic schema can't represent, and one that it can. */
export const DYNAMIC: readonly JsonObject[] = [
  dashboard("Grid", grid(one, two, three, four, five, six)),
  dashboard("Auto grid", autoGrid({}, one, two, three, four, five, six)),
  dashboard("Auto grid with repeats", {
    kind: "AutoGridLayout",
    spec: {
      maxColumnCount: 4,
      columnWidthMode: "custom",
      columnWidth: 400,
      rowHeightMode: "tall",
      items: [
        ...itemsOf(autoGrid(by("host"), one, two)),
        ...itemsOf(autoGrid(conditions("7d"), three, four, five, six)),
      ],
    },
  }),
  dashboard(
    "Tabs",
    tabs(tab("Metrics", grid(one, two)), tab("Logs", grid(three, four)), tab("Traces", autoGrid({}, five, six))),
  ),
  dashboard(
    "Conditional tabs",
    tabs(
      tab("Overview", autoGrid({}, one, two, three), onVariable("env", "prod")),
      tab("Details", rows(row("Hosts", grid(four), by("host")), row("More", autoGrid({}, five, six))), by("env")),
    ),
  ),
  dashboard(
    "Nested rows",
    rows(
      row("Outer", rows(row("Inner", grid(one, two)), row("Second", autoGrid({}, three)))),
      row("Last", grid(four, five), { collapse: true }),
      row("", grid(six), { hideHeader: true }),
    ),
  ),
  dashboard(
    "Tabs in rows",
    rows(
      row("Service", tabs(tab("Red", grid(one, two, three)), tab("Use", grid(four)))),
      row("Rest", grid(five, six), conditions("1d", "2d")),
    ),
    { variables: [variable("env", "prod,staging")] },
  ),
  dashboard(
    "Local variables",
    tabs(
      tab("First", grid(one, two, three), { variables: [variable("region", "eu,us")] }),
      tab(
        "Second",
        rows(row("Inner", grid(four, five), { variables: [variable("zone", "1,2")] }), row("Other", grid(six))),
      ),
    ),
  ),
];

function itemsOf({ spec: inner }: JsonObject): JsonObject[] {
  return isObject(inner) && Array.isArray(inner["items"]) ? inner["items"].filter(isObject) : [];
}

import { isObject, type JsonObject } from "../../json.ts";
import { decode, type Shape } from "../decode.ts";
import { element } from "./element.ts";
import { kind, query, strings, union } from "./parts.ts";
import { variable } from "./variable.ts";

const reference: Shape = { fields: { kind: "string", name: "string" } };

const repeat: Readonly<Record<string, Shape>> = { mode: "string", value: "string" };

const condition = kind({
  visibility: "string",
  condition: "string",
  items: {
    list: union("kind", {
      ConditionalRenderingVariable: kind({ variable: "string", operator: "string", value: "string" }),
      ConditionalRenderingData: kind({ value: "boolean" }),
      ConditionalRenderingTimeRangeSize: kind({ value: "string" }),
    }),
  },
});

const layouts: Record<string, Shape> = {
  GridLayout: kind({
    items: {
      list: kind({
        x: "integer",
        y: "integer",
        width: "integer",
        height: "integer",
        element: reference,
        "repeat?": { fields: { ...repeat, "direction?": "string", "maxPerRow?": "integer" } },
      }),
    },
  }),
  AutoGridLayout: kind({
    "maxColumnCount?": "number",
    columnWidthMode: "string",
    "columnWidth?": "number",
    rowHeightMode: "string",
    "rowHeight?": "number",
    "fillScreen?": "boolean",
    items: {
      list: kind({ element: reference, "repeat?": { fields: repeat }, "conditionalRendering?": condition }),
    },
  }),
};

const nested = union("kind", layouts);

layouts["RowsLayout"] = kind({
  rows: {
    list: kind({
      "title?": "string",
      "collapse?": "boolean",
      "hideHeader?": "boolean",
      "fillScreen?": "boolean",
      "conditionalRendering?": condition,
      "repeat?": { fields: repeat },
      layout: nested,
    }),
  },
});

layouts["TabsLayout"] = kind({
  tabs: {
    list: kind({
      "title?": "string",
      layout: nested,
      "conditionalRendering?": condition,
      "repeat?": { fields: repeat },
    }),
  },
});

const annotation = kind({
  query,
  enable: "boolean",
  hide: "boolean",
  iconColor: "string",
  name: "string",
  "builtIn?": "boolean",
  "filter?": { fields: { "exclude?": "boolean", ids: { list: "integer" } } },
  "placement?": "string",
  "mappings?": { map: { fields: { "source?": "string", "value?": "string", "regex?": "string" } } },
  "legacyOptions?": { map: "any" },
});

const dashboard: Shape = {
  fields: {
    annotations: { list: annotation },
    cursorSync: "string",
    "description?": "string",
    "editable?": "boolean",
    elements: { map: element },
    layout: union("kind", layouts, { kind: "GridLayout", spec: { items: null } }),
    links: {
      list: {
        fields: {
          title: "string",
          type: "string",
          icon: "string",
          tooltip: "string",
          "url?": "string",
          tags: strings,
          asDropdown: "boolean",
          targetBlank: "boolean",
          includeVars: "boolean",
          keepTime: "boolean",
          "placement?": "string",
        },
      },
    },
    "liveNow?": "boolean",
    preload: "boolean",
    "revision?": "integer",
    tags: strings,
    timeSettings: {
      fields: {
        "timezone?": "string",
        from: "string",
        to: "string",
        autoRefresh: "string",
        autoRefreshIntervals: strings,
        "quickRanges?": { list: { fields: { display: "string", from: "string", to: "string" } } },
        hideTimepicker: "boolean",
        "weekStart?": "string",
        fiscalYearStartMonth: "integer",
        "nowDelay?": "string",
      },
    },
    title: "string",
    variables: { list: variable },
  },
};

/** A dashboard as `v2beta1` of Grafana 12.4.0 stores it. Throws a `DecodeError` for a field of another type. */
export function decodeV2(spec: JsonObject): JsonObject {
  const decoded = decode(dashboard, spec, "spec");
  return isObject(decoded) ? decoded : {};
}

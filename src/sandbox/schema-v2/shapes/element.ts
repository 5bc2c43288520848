import type { Shape } from "../decode.ts";
import { kind, query, strings, union } from "./parts.ts";

const matcher: Shape = { fields: { id: "string", "options?": "any" } };

const result: Shape = { fields: { "text?": "string", "color?": "string", "icon?": "string", "index?": "integer" } };

/** A limit that is missing is null. */
const range: Shape = { fields: { from: "any", to: "any", result } };

const request: Readonly<Record<string, Shape>> = {
  method: "string",
  url: "string",
  "body?": "string",
  "queryParams?": { list: strings },
  "headers?": { list: strings },
};

const action: Shape = {
  fields: {
    type: "string",
    title: "string",
    "fetch?": { fields: request },
    "infinity?": { fields: { ...request, datasourceUid: "string" } },
    "confirmation?": "string",
    "oneClick?": "boolean",
    "variables?": { list: { fields: { key: "string", name: "string", type: "string" } } },
    "style?": { fields: { "backgroundColor?": "string" } },
  },
};

const defaults: Shape = {
  fields: {
    "displayName?": "string",
    "displayNameFromDS?": "string",
    "description?": "string",
    "path?": "string",
    "writeable?": "boolean",
    "filterable?": "boolean",
    "unit?": "string",
    "decimals?": "number",
    "min?": "number",
    "max?": "number",
    "mappings?": {
      list: union("type", {
        value: { fields: { type: "string", options: { map: result } } },
        range: { fields: { type: "string", options: range } },
        regex: { fields: { type: "string", options: { fields: { pattern: "string", result } } } },
        special: { fields: { type: "string", options: { fields: { match: "string", result } } } },
      }),
    },
    "thresholds?": { fields: { mode: "string", steps: { list: { fields: { value: "any", color: "string" } } } } },
    "color?": { fields: { mode: "string", "fixedColor?": "string", "seriesBy?": "string" } },
    "links?": { list: "any" },
    "actions?": { list: action },
    "noValue?": "string",
    "custom?": { map: "any" },
    "fieldMinMax?": "boolean",
    "nullValueMode?": "string",
  },
};

const overrides: Shape = {
  list: {
    fields: {
      "__systemRef?": "string",
      matcher,
      properties: { list: { fields: { id: "string", "value?": "any" } } },
    },
  },
};

export const element = union("kind", {
  Panel: kind({
    id: "number",
    title: "string",
    description: "string",
    links: { list: { fields: { title: "string", url: "string", "targetBlank?": "boolean" } } },
    data: kind({
      queries: { list: kind({ query, refId: "string", hidden: "boolean" }) },
      transformations: {
        list: kind({ id: "string", "disabled?": "boolean", "filter?": matcher, "topic?": "string", options: "any" }),
      },
      queryOptions: {
        fields: {
          "timeFrom?": "string",
          "maxDataPoints?": "integer",
          "timeShift?": "string",
          "queryCachingTTL?": "integer",
          "interval?": "string",
          "cacheTimeout?": "string",
          "hideTimeOverride?": "boolean",
          "timeCompare?": "string",
        },
      },
    }),
    vizConfig: kind(
      { options: { map: "any" }, fieldConfig: { fields: { defaults, overrides } } },
      { group: "string", version: "string" },
    ),
    "transparent?": "boolean",
  }),
  LibraryPanel: kind({
    id: "number",
    title: "string",
    libraryPanel: { fields: { name: "string", uid: "string" } },
  }),
});

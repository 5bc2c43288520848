import type { MappableFacet, MappingFacet, Rename } from "../../engine/mapping.ts";
import { textOf } from "../../util/json.ts";
import { mapNamedSettings } from "../mapped-references.ts";
import type { Datasource } from "./builder.ts";
import type { LiveDatasource } from "./live.ts";
import { SETTING } from "./uses.ts";

export const mappable: MappableFacet<LiveDatasource> = {
  setting: "datasources",
  type: ({ body }) => textOf(body.type),
};

export const mapping: MappingFacet<Datasource> = {
  resource(resource, rename) {
    const { jsonData } = resource;
    const mapped = mapSettings(jsonData, rename);
    return mapped === undefined || mapped === jsonData ? resource : { ...resource, jsonData: mapped };
  },
  form: mapSettings,
};

function mapSettings<Value>(settings: Value, rename: Rename): Value {
  return mapNamedSettings(settings, (property) => SETTING.test(property), rename);
}

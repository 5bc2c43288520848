import type { Linted, LintFacet } from "../../../engine/lint.ts";
import { isObject, toJson, type Json, type JsonObject } from "../../../util/json.ts";
import type { AnyDashboard } from "../builder.ts";
import type { LiveDashboard } from "../live-dashboard.ts";
import { classicBoard } from "./classic.ts";
import { classicQueries, queriesV2 } from "./queried.ts";
import { boardV2 } from "./v2.ts";

export const lint: LintFacet<AnyDashboard, LiveDashboard> = {
  linted: ({ resource, references }) => {
    const folder = references.find(({ path }) => path === "folder")?.id ?? "";
    // One access: the spec may be stored compressed.
    return boardOf(toJson(resource.spec), resource.schema === "v2", folder);
  },
  live: ({ object, parent = "" }) =>
    boardOf(toJson(object.stored?.spec ?? object.spec), object.stored !== undefined, parent),
  queried: ({ resource }) => {
    const json = toJson(resource.spec);
    const model: JsonObject = isObject(json) ? json : {};
    return resource.schema === "v2" ? queriesV2(model) : classicQueries(model);
  },
};

function boardOf(spec: Json | undefined, isV2: boolean, folder: string): Linted {
  const model = isObject(spec) ? spec : {};
  const { passesOn, ...board } = isV2 ? boardV2(model) : classicBoard(model);
  return { board: { ...board, open: passesOn, definesVariables: true, titledIn: folder } };
}

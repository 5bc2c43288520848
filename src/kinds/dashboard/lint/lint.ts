import type { LintFacet } from "../../../engine/lint.ts";
import { isObject, toJson, type JsonObject } from "../../../util/json.ts";
import type { AnyDashboard } from "../builder.ts";
import { classicBoard } from "./classic.ts";
import { boardV2 } from "./v2.ts";

export const lint: LintFacet<AnyDashboard> = {
  linted: ({ resource, references }) => {
    // One access: the spec may be stored compressed.
    const json = toJson(resource.spec);
    const model: JsonObject = isObject(json) ? json : {};
    const { passesOn, ...board } = resource.schema === "v2" ? boardV2(model) : classicBoard(model);
    const folder = references.find(({ path }) => path === "folder")?.id ?? "";
    const showsShared = board.panels.some(({ shared }) => shared);
    return { board: { ...board, open: passesOn || showsShared, definesVariables: true, titledIn: folder } };
  },
};

import type { LintFacet } from "../../engine/lint.ts";
import { isObject, toJson } from "../../util/json.ts";
import { panelOf } from "../dashboard/lint/classic.ts";
import type { LibraryPanel } from "./builder.ts";

export const lint: LintFacet<LibraryPanel> = {
  linted: ({ resource: { model } }) => {
    const json = toJson(model);
    const { box: _, ...panel } = panelOf(isObject(json) ? json : {}, "model", "", "");
    const board = { panels: [panel], variables: [], queries: [], text: "", open: true, definesVariables: false };
    return { board };
  },
};

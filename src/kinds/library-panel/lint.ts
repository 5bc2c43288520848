import type { Linted, LintFacet } from "../../engine/lint.ts";
import { isObject, toJson } from "../../util/json.ts";
import { panelOf } from "../dashboard/lint/classic.ts";
import { queriedPanel } from "../dashboard/lint/queried.ts";
import type { LibraryPanel } from "./builder.ts";
import type { LiveLibraryPanel } from "./live.ts";

export const lint: LintFacet<LibraryPanel, LiveLibraryPanel> = {
  linted: ({ id, resource: { model } }) => linted(model, id),
  live: ({ id, model }) => linted(model, id),
  queried: ({ resource: { model } }) => {
    const json = toJson(model);
    return { sharedPanel: queriedPanel(isObject(json) ? json : {}, "model") };
  },
};

function linted(model: object, sharedAs: string): Linted {
  const json = toJson(model);
  const { box: _, ...panel } = panelOf(isObject(json) ? json : {}, "model", "", "");
  const text = JSON.stringify(json);
  const own = { panels: [panel], variables: [], queries: [], shows: [] };
  return { board: { ...own, text, sharedAs, open: false, definesVariables: false } };
}

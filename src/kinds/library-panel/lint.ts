import type { Linted, LintFacet } from "../../engine/lint.ts";
import { isObject, toJson } from "../../util/json.ts";
import { panelOf } from "../dashboard/lint/classic.ts";
import { queriedPanel } from "../dashboard/lint/queried.ts";
import type { LibraryPanel } from "./builder.ts";
import type { LiveLibraryPanel } from "./live.ts";

export const lint: LintFacet<LibraryPanel, LiveLibraryPanel> = {
  linted: ({ resource: { model } }) => linted(model),
  live: ({ model }) => linted(model),
  queried: ({ resource: { model } }) => {
    const json = toJson(model);
    return { sharedPanel: queriedPanel(isObject(json) ? json : {}, "model") };
  },
};

function linted(model: object): Linted {
  const json = toJson(model);
  const { box: _, ...panel } = panelOf(isObject(json) ? json : {}, "model", "", "");
  const board = { panels: [panel], variables: [], queries: [], text: "", open: true, definesVariables: false };
  return { board };
}

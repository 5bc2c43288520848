import { diff } from "../../engine/diff.ts";
import type { ComparisonFacet } from "../../engine/facets.ts";
import type { Desired } from "../../engine/model.ts";
import type { Shape } from "../../engine/shape.ts";
import { textOf, type JsonObject } from "../../util/json.ts";
import type { Folder } from "./builder.ts";
import { text, type LiveFolder } from "./live.ts";

export function desiredForm(
  { resource, references }: Pick<Desired<Folder>, "resource" | "references">,
  live?: LiveFolder,
): JsonObject {
  return canonical(resource.title.trim(), live?.undescribed ? "" : resource.description, references[0]?.id);
}

export function observedForm(live: LiveFolder): JsonObject {
  return canonical(live.title, text(live.object.spec?.["description"]), live.parent);
}

export const comparison: ComparisonFacet<Folder, LiveFolder> = {
  differences: (before, after) => diff(before, after, SHAPE),
  stored({ grafana }, { desired }) {
    const { title, description, parent } = desiredForm(desired);
    const shown = grafana.folders.undescribed === true ? undefined : text(description);
    return Promise.resolve(canonical(text(title) ?? "", shown, text(parent)));
  },
};

const SHAPE: Shape = {
  values: {
    title: { meaning: () => "renamed" },
    parent: {
      absent: "",
      meaning: () => "moved",
      show: (folder) => (folder === "" ? "the top level" : `folder/${textOf(folder)}`),
    },
  },
};

function canonical(title: string, description: string | undefined, parent: string | undefined): JsonObject {
  return { title, ...(description ? { description } : {}), ...(parent ? { parent } : {}) };
}

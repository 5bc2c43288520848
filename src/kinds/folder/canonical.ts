import { diff } from "../../engine/diff.ts";
import { placeOf, statedPlace } from "../../engine/container.ts";
import type { ComparisonFacet } from "../../engine/facets.ts";
import type { Desired } from "../../engine/model.ts";
import type { Shape } from "../../engine/shape.ts";
import { textOf, type JsonObject } from "../../util/json.ts";
import type { Folder } from "./builder.ts";
import { text, type LiveFolder } from "./live.ts";

type Wanted = Pick<Desired<Folder>, "resource" | "references">;

export function desiredForm(desired: Wanted, live?: LiveFolder): JsonObject {
  const { title, description } = desired.resource;
  return canonical(title.trim(), live?.undescribed ? "" : description, parentAfter(desired, live));
}

export function observedForm(live: LiveFolder): JsonObject {
  return canonical(live.title, text(live.object.spec?.["description"]), live.parent ?? "");
}

/** The parent after a write; empty for the root. Undefined for a new folder whose code states none. */
export function parentAfter(desired: Wanted, live: Pick<LiveFolder, "parent"> | undefined): string | undefined {
  return placeOf(desired, "parent", live);
}

/** The content that a write determines: without the parent if the code states none. */
export function contentOf(desired: Wanted, live: LiveFolder | undefined): JsonObject {
  const { parent, ...rest } = desiredForm(desired, live);
  return statedPlace(desired, "parent") === undefined || parent === undefined ? rest : { ...rest, parent };
}

export const comparison: ComparisonFacet<Folder, LiveFolder> = {
  differences: (before, after) => diff(before, after, SHAPE),
  stored({ grafana }, { desired, live }) {
    const { title, description, parent } = desiredForm(desired, live);
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
  return { title, ...(description ? { description } : {}), ...(parent === undefined ? {} : { parent }) };
}

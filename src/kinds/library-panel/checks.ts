import type { ChecksFacet } from "../../engine/facets.ts";
import { address, type Desired, type LiveObject } from "../../engine/model.ts";
import type { Fault } from "../../util/errors.ts";
import { unknownFaults } from "../dashboard/model/unknown-properties.ts";
import type { LibraryPanel } from "./builder.ts";
import type { LiveLibraryPanel } from "./live.ts";
import { folderIn } from "../reference.ts";

export const checks: ChecksFacet<LibraryPanel, LiveLibraryPanel> = {
  code: (all) => all.flatMap(misspellings),
  obstacle: (desired, live) => live && moveObstacle(folderIn(desired, live) || undefined, live),
};

/** Grafana accepts a move, but still lists the panel in its former folder and deletes it with that folder. */
export function moveObstacle(folder: string | undefined, { parent }: LiveObject): string | undefined {
  if (folder === parent) return undefined;
  const place = parent === undefined ? "the top level" : address({ kind: "folder", id: parent });
  return `Grafana can't move a library panel out of ${place}; keep it there, or define another one with a new uid`;
}

function misspellings({ resource: { model }, source }: Desired<LibraryPanel>): Fault[] {
  return unknownFaults(model, "panel").map(({ path, ...fault }) => ({ ...fault, ...source, path: `model.${path}` }));
}

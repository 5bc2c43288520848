import type { ChecksFacet } from "../../engine/facets.ts";
import { address, type Desired, type LiveObject } from "../../engine/model.ts";
import type { Fault } from "../../util/errors.ts";
import { misspelt } from "../dashboard/model/misspelt.ts";
import type { LibraryPanel } from "./builder.ts";
import type { LiveLibraryPanel } from "./live.ts";
import { folderIn } from "./references.ts";

export const checks: ChecksFacet<LibraryPanel, LiveLibraryPanel> = {
  code: (all) => all.flatMap(misspellings),
  obstacle: (desired, live) => live && moveObstacle(folderIn(desired), live),
};

/** Grafana takes a move, and goes on listing the panel in its former folder, with which it is deleted. */
export function moveObstacle(folder: string | undefined, { parent }: LiveObject): string | undefined {
  if (folder === parent) return undefined;
  const place = parent === undefined ? "the top level" : address({ kind: "folder", id: parent });
  return `Grafana can't move a library panel out of ${place}: leave it there, or declare another one with its own uid`;
}

/** Warnings: Grafana keeps what it doesn't know. */
function misspellings({ resource: { model }, source }: Desired<LibraryPanel>): Fault[] {
  return misspelt({ panels: [model] }).map(({ path, meant }) => ({
    level: "warning",
    ...source,
    path: path.replace(/^panels\[0\]/, "model"),
    message: `Grafana knows no such property: is ${meant} meant?`,
  }));
}

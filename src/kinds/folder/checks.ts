import type { ChecksFacet } from "../../engine/facets.ts";
import type { Desired } from "../../engine/model.ts";
import type { Fault } from "../../util/errors.ts";
import type { Folder } from "./builder.ts";
import type { LiveFolder } from "./live.ts";

export const checks: ChecksFacet<Folder, LiveFolder> = {
  code: (all) => all.flatMap((folder) => treeFault(folder, all)),
};

/** Grafana checks neither on creation: it accepts folders in missing folders, and cycles. */
function treeFault(folder: Desired<Folder>, all: readonly Desired<Folder>[]): Fault[] {
  const parentOf = new Map(all.map(({ id, references }) => [id, references[0]?.id]));
  const chain = [folder.id];
  for (let at = parentOf.get(folder.id); at !== undefined; at = parentOf.get(at)) {
    const where = { level: "error", file: folder.source.file, export: folder.source.export, path: "parent" } as const;
    if (chain.includes(at)) {
      return [{ ...where, message: `the folder contains itself: ${[...chain, at].join(" in ")}` }];
    }
    chain.push(at);
    if (chain.length > MAX_DEPTH) {
      return [
        {
          ...where,
          message: `the folder is at level ${chain.length} or deeper; Grafana supports at most ${MAX_DEPTH} levels`,
        },
      ];
    }
  }
  return [];
}

/** Grafana's limit (`MaxNestedFolderDepth`). */
const MAX_DEPTH = 4;

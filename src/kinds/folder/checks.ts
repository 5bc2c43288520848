import type { ChecksFacet } from "../../engine/facets.ts";
import { address, type Desired } from "../../engine/model.ts";
import type { Fault } from "../../util/errors.ts";
import { folderUid, type ExistingFolder, type Folder } from "./builder.ts";
import type { LiveFolder } from "./live.ts";

export const checks: ChecksFacet<Folder, LiveFolder> = {
  code: (all) => all.flatMap((folder) => treeFault(folder, all)),
  obstacle: ({ id, resource, project }, live, all) => (live ? circle(id, resource.parent, project, all) : undefined),
};

/** A folder whose parent the code does not state can be inside the folder that moves into it. */
function circle(id: string, parent: Folder["parent"], project: string, all: readonly LiveFolder[]): string | undefined {
  const open = openAncestor(parent);
  const uid = open && folderUid(open, project);
  const parents = new Map(all.map((folder) => [folder.id, folder.parent]));
  const above = new Set<string>();
  for (let at = uid; at !== undefined && !above.has(at); at = parents.get(at)) above.add(at);
  if (uid === undefined || !above.has(id)) return undefined;
  const name = address({ kind: "folder", id: uid });
  return `${name} is inside it in Grafana; set the parent of ${name}, or parent: null for the root`;
}

/** The first ancestor whose own parent the code does not state. */
function openAncestor(parent: Folder["parent"]): Folder | ExistingFolder | undefined {
  if (!parent) return undefined;
  return "existing" in parent || parent.parent === undefined ? parent : openAncestor(parent.parent);
}

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

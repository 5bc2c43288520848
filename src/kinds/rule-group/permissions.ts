import type { Need } from "../../engine/permissions.ts";
import type { Access } from "../../engine/resource.ts";
import { folderScopes, type FolderTree } from "../../grafana/folder-scopes.ts";
import type { JsonObject } from "../../util/json.ts";
import type { RuleGroup } from "./builder.ts";
import type { LiveGroup } from "./live.ts";
import { folderOf, rulesOf, sourcesOf, uidsIn } from "./rules.ts";

export const access: Access<RuleGroup, LiveGroup> = {
  read: { all: [{ action: "alert.rules:read" }, { action: "folders:read" }] },
  write: (desired, live, folders) =>
    writeNeed(
      {
        parent: folderOf(desired),
        rules: rulesOf(desired),
        sources: desired.references.filter(({ kind }) => kind === "datasource").map(({ id }) => id),
      },
      live,
      folders,
    ),
  restore: (before, live, folders) => writeNeed({ ...before, sources: sourcesOf(before.rules) }, live, folders),
  remove: (live, folders) => writesRules(live.parent, ["delete"], [], folders),
};

function writeNeed(
  wanted: { readonly parent: string; readonly rules: readonly JsonObject[]; readonly sources: readonly string[] },
  live: LiveGroup | undefined,
  folders: FolderTree,
): Need {
  const [after, before] = [new Set(uidsIn(wanted.rules)), new Set(uidsIn(live?.rules ?? []))];
  const verbs = [
    ...([...after].some((uid) => !before.has(uid)) ? ["create"] : []),
    ...([...after].some((uid) => before.has(uid)) ? ["write"] : []),
    ...([...before].some((uid) => !after.has(uid)) ? ["delete"] : []),
  ];
  return writesRules(wanted.parent, verbs, wanted.sources, folders);
}

/** As in Grafana's `AuthorizeRuleChanges`: one of two global permissions, or those of the folder. */
function writesRules(folder: string, verbs: readonly string[], sources: readonly string[], folders: FolderTree): Need {
  const scopes = folderScopes(folder, folders);
  return {
    any: [
      {
        all: [
          ...verbs.map((verb) => ({ action: `alert.rules:${verb}`, scopes })),
          { action: "alert.rules:read", scopes },
          { action: "folders:read", scopes },
          { action: "alert.provisioning.provenance:write" },
          ...sources.map((uid) => ({ action: "datasources:query", scopes: [`datasources:uid:${uid}`] })),
        ],
      },
      { action: "alert.rules.provisioning:write" },
      { action: "alert.provisioning:write" },
    ],
  };
}

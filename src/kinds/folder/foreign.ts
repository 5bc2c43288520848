import type { ForeignFacet, Manifest } from "../../engine/foreign.ts";
import { textOf } from "../../util/json.ts";
import type { ExistingFolder, Folder } from "./builder.ts";

export const foreign: ForeignFacet = {
  manifests: [
    {
      group: "folder.grafana.app",
      kind: "Folder",
      read: ({ name, folder, spec }) => folderOf(name, spec, folder ?? ""),
    },
    {
      group: "grizzly.grafana.com",
      kind: "DashboardFolder",
      read: ({ name, spec }) => folderOf(textOf(spec["uid"]) || name, spec, textOf(spec["parentUid"])),
    },
  ],
  terraform: { grafana_folder: (attribute) => attribute("uid") },
};

function folderOf(uid: string, spec: Manifest["spec"], parent: string): { value: Folder } {
  const description = textOf(spec["description"]);
  return {
    value: {
      kind: "folder",
      uid,
      title: textOf(spec["title"]),
      ...(description === "" ? {} : { description }),
      parent: parent === "" ? null : existingFolder(parent),
    },
  };
}

export function existingFolder(uid: string): ExistingFolder {
  return { kind: "folder", uid, existing: true };
}

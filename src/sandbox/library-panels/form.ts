import { createHash } from "node:crypto";
import { administrator } from "../access/service-accounts.ts";
import type { JsonObject } from "../json.ts";
import { internalIdOf } from "../legacy-form.ts";
import type { StoredObject } from "../k8s/objects.ts";
import type { Author, LibraryPanel } from "./library-panel.ts";

/** What Grafana calls the root in library panels. */
export const rootFolder = { uid: "general", title: "General" } as const;

/** A panel's folder, and the number of dashboards that show it, in the API's form. */
export interface Place {
  readonly folderId: number;
  readonly folderUid: string;
  readonly folderName: string;
  readonly connectedDashboards: number;
}

/** The form after a write at the root or without a folder: Grafana returns no folder. */
export function placeOfWrite(folder: StoredObject | undefined, connectedDashboards: number): Place {
  if (folder === undefined) return { folderId: 0, folderUid: "", folderName: "", connectedDashboards };
  const { metadata, title } = folder;
  return { folderId: internalIdOf(folder), folderUid: metadata.name, folderName: title, connectedDashboards };
}

/** A panel in the API's form. */
export function panelForm(panel: LibraryPanel, place: Place, model: JsonObject = panel.model): JsonObject {
  const { folderId, folderUid, folderName, connectedDashboards } = place;
  return {
    id: panel.id,
    orgId: 1,
    folderId,
    folderUid,
    uid: panel.uid,
    name: panel.name,
    kind: 1,
    type: panel.type,
    description: panel.description,
    model,
    version: panel.version,
    meta: {
      folderName,
      folderUid,
      connectedDashboards,
      created: panel.created,
      updated: panel.updated,
      createdBy: authorForm(panel.createdBy),
      updatedBy: authorForm(panel.updatedBy),
    },
  };
}

/** The author of a panel, with Grafana's avatar of a user; service accounts have none. */
export function authorForm({ id, login }: Author): JsonObject {
  const isUser = id === administrator.id;
  const hash = createHash("md5").update(`${login}@localhost`).digest("hex");
  return { id, name: login, avatarUrl: isUser ? `/avatar/${hash}` : "" };
}

import { denied, type AccessControl } from "../access/access-control.ts";
import type { Caller } from "../access/caller.ts";
import { folderScope, permission } from "../access/evaluator.ts";
import { legacyError } from "../errors.ts";
import type { ObjectCollection } from "../k8s/objects.ts";
import type { LibraryPanel } from "./library-panel.ts";
import type { LibraryPanels } from "./store.ts";

type Verb = "create" | "delete" | "read" | "write";

/** Access to library panels, by permissions on the folder or on the panel. */
export class PanelAccess {
  readonly #control: AccessControl;
  readonly #folders: ObjectCollection;

  constructor(control: AccessControl, folders: ObjectCollection) {
    this.#control = control;
    this.#folders = folders;
  }

  can(caller: Caller, verb: Verb, { uid, folder }: LibraryPanel): boolean {
    const action = `library.panels:${verb}`;
    if (this.#control.can(caller, action, `library.panels:uid:${uid}`)) return true;
    const exists = folder === "" || this.#folders.get(folder) !== undefined;
    return exists && this.#control.can(caller, action, folderScope(folder));
  }

  canReadFolder(caller: Caller, folder: string): boolean {
    if (folder === "") return true;
    return this.#control.can(caller, "folders:read", folderScope(folder));
  }

  canCreateIn(caller: Caller, folderUid: string): boolean {
    // An omitted folder has an empty uid here, which differs from the root's.
    return this.#control.can(caller, "library.panels:create", `folders:uid:${folderUid}`);
  }

  /** Throws if the caller can't do this with any panel. */
  require(caller: Caller, verb: Verb): void {
    const needed = permission(`library.panels:${verb}`);
    if (!this.#control.allows(caller, needed)) throw denied(needed);
  }

  /** Throws if the panel does not exist or the caller lacks the permission. */
  find(caller: Caller, verb: Verb, panels: LibraryPanels, uid: string): LibraryPanel {
    const panel = panels.get(uid);
    if (panel === undefined) {
      // Grafana looks up permissions by the panel's folder: without a panel, no caller has them.
      if (!panels.wasRemoved(uid)) throw denied(permission(`library.panels:${verb}`));
      throw panelNotFound();
    }
    if (!this.can(caller, verb, panel)) throw denied(permission(`library.panels:${verb}`));
    return panel;
  }
}

export function panelNotFound(): Error {
  return legacyError(404, "library element could not be found");
}

/** The error for a caller that can't read the panel's folder. */
export function folderNotFound(): Error {
  return legacyError(404, "folder not found");
}

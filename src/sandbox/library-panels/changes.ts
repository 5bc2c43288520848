import type { Caller } from "../access/caller.ts";
import { legacyError } from "../errors.ts";
import { text } from "../json.ts";
import { annotation, shortId } from "../k8s/metadata.ts";
import type { ObjectCollection, StoredObject } from "../k8s/objects.ts";
import { internalIdOf } from "../legacy-form.ts";
import { panelNotFound, type PanelAccess } from "./access.ts";
import { syncedModel, type PanelCommand } from "./command.ts";
import { rootFolder } from "./form.ts";
import type { Author, LibraryPanel } from "./library-panel.ts";
import type { LibraryPanels } from "./store.ts";

const createFailed = "Failed to create library element";
const updateFailed = "Failed to update library element";

/** Creates and changes library panels, with the checks that Grafana makes. */
export class PanelWrites {
  readonly #panels: LibraryPanels;
  readonly #access: PanelAccess;
  readonly #folders: ObjectCollection;

  constructor(panels: LibraryPanels, access: PanelAccess, folders: ObjectCollection) {
    this.#panels = panels;
    this.#access = access;
    this.#folders = folders;
  }

  async create(command: PanelCommand, caller: Caller): Promise<LibraryPanel> {
    return this.#panels.write(async () => {
      const folder = this.#folderOf(command, caller);
      if (command.kind !== 1) throw legacyError(500, createFailed);
      const uid = command.uid === "" ? shortId() : validUid(command.uid);
      checkManager(folder);
      const synced = syncedModel(command.model, { uid, type: "", description: "" }, createFailed);
      const listedIn = command.folderUid === "" ? rootFolder.uid : (command.folderUid ?? "");
      if (!this.#access.canCreateIn(caller, listedIn)) {
        const message = `insufficient permissions for creating library panel in folder with UID: '${listedIn}'`;
        throw legacyError(403, message);
      }
      if (this.#panels.get(uid) !== undefined) throw alreadyExists();
      const [time, author] = [now(), authorOf(caller)];
      const panel: LibraryPanel = {
        id: await this.#panels.nextId(),
        uid,
        name: command.name,
        folder: folder?.metadata.name ?? "",
        listedIn,
        ...synced,
        version: 1,
        created: time,
        createdBy: author,
        updated: time,
        updatedBy: author,
      };
      await this.#panels.store(panel);
      return panel;
    });
  }

  /** Changes a panel. The response shows the fields as sent, but the row keeps a value that an empty field can't overwrite. */
  async change(
    uid: string,
    command: PanelCommand,
    caller: Caller,
  ): Promise<{ answered: LibraryPanel; folder: StoredObject | undefined }> {
    return this.#panels.write(async () => {
      const folder = this.#folderOf(command, caller);
      if (command.kind !== 1) throw legacyError(500, updateFailed);
      checkManager(folder);
      const before = this.#panels.get(uid);
      if (before === undefined) throw panelNotFound();
      if (command.version !== before.version) {
        throw legacyError(412, "the library element has been changed by someone else");
      }
      const renamed = command.uid === "" || command.uid === uid ? uid : validUid(command.uid);
      if (renamed !== uid && this.#panels.get(renamed) !== undefined) throw alreadyExists();
      const sent = command.model === undefined ? before.model : command.model;
      const synced = syncedModel(sent, { ...before, uid: "" }, updateFailed);
      const answered: LibraryPanel = {
        ...before,
        uid: renamed,
        name: command.name === "" ? before.name : command.name,
        ...synced,
        version: before.version + 1,
        updated: now(),
        updatedBy: authorOf(caller),
      };
      await this.#panels.store(
        {
          ...answered,
          type: answered.type || before.type,
          description: answered.description || before.description,
          folder: folder?.metadata.name ?? before.folder,
        },
        uid,
      );
      return { answered, folder };
    });
  }

  /** The folder that a command names; undefined for the root, and if it names none. */
  #folderOf({ folderUid, folderId }: PanelCommand, caller: Caller): StoredObject | undefined {
    if (folderUid === "" || folderUid === rootFolder.uid) return undefined;
    if (folderUid === undefined && folderId === 0) return undefined;
    const folder =
      folderUid === undefined
        ? [...this.#folders.all()].find((one) => internalIdOf(one) === folderId)
        : this.#folders.get(folderUid);
    if (folder !== undefined && this.#access.canReadFolder(caller, folder.metadata.name)) return folder;
    // Grafana stores a panel with the number of a missing folder, but no API shows it.
    throw legacyError(folderUid === undefined ? 500 : 400, "failed to get folder");
  }
}

function authorOf({ id, login }: Caller): Author {
  return { id, login };
}

/** The time with a precision of one second, as in the database. */
function now(): string {
  return new Date().toISOString().replace(/\.\d+Z$/, "Z");
}

function validUid(uid: string): string {
  if (!/^[a-zA-Z0-9_-]*$/.test(uid)) throw legacyError(400, "uid contains illegal characters");
  if (uid.length > 40) throw legacyError(400, "uid too long, max 40 characters");
  return uid;
}

function alreadyExists(): Error {
  return legacyError(400, "library element with that name or UID already exists");
}

function checkManager(folder: StoredObject | undefined): void {
  if (text(folder?.metadata.annotations?.[annotation.managedBy]) !== "repo") return;
  throw legacyError(409, "resource type not supported in repository-managed folders");
}

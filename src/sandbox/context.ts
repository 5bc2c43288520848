import type { Hono } from "hono";
import { join } from "node:path";
import { AccessControl } from "./access/access-control.ts";
import { accountFilesMode, ServiceAccounts } from "./access/service-accounts.ts";
import type { Caller } from "./access/caller.ts";
import { VersionClock } from "./clock.ts";
import { SharedLock } from "./concurrency.ts";
import { JsonFiles } from "./files.ts";
import { History } from "./k8s/history.ts";
import { ObjectCollection } from "./k8s/objects.ts";
import { Resource, type KindRules } from "./k8s/resource.ts";
import type { Storage } from "./k8s/storage.ts";
import type { Mode } from "./mode.ts";
import { RowIds } from "./sql/rows.ts";

/** Adds a kind's endpoints. */
export type Routes = (app: Hono) => void;

/** One kind of things that live in folders. */
export interface FolderContent {
  /** What a folder's counts call them. */
  readonly counts: "alertrule" | "dashboard" | "folder" | "librarypanel";
  readonly count: (folder: string) => number;
  /** The API that refuses to delete a folder that contains them, on SQL tables; the older one deletes it if forced. */
  readonly keepsFolder?: "both APIs" | "newer API";
  /** Throws if the older folder API refuses to delete the folder's contents, even if forced. */
  readonly validateClear?: (folder: string) => void;
  /** Deletes the folder's things; called with the folder tree held exclusively. */
  readonly clear: (folder: string, caller: Caller) => Promise<void>;
}

/** What the kinds of one sandbox share. */
export class SandboxContext {
  readonly dataDirectory: string;
  readonly mode: Mode;
  readonly clock = new VersionClock();
  readonly rowIds = new RowIds();
  readonly access = new AccessControl();
  readonly accounts: ServiceAccounts;
  /** Held exclusively by whatever changes folders, shared by whatever is written into one. */
  readonly tree = new SharedLock();
  /** Kinds that keep a folder from being deleted. */
  readonly folderContents: FolderContent[] = [];

  constructor(dataDirectory: string, mode: Mode) {
    this.dataDirectory = dataDirectory;
    this.mode = mode;
    this.accounts = new ServiceAccounts(this.files("service-accounts", accountFilesMode));
  }

  /** A directory for JSON files under the data directory; `mode` for files that others must not read. */
  files(name: string, mode?: number): JsonFiles {
    return new JsonFiles(join(this.dataDirectory, name), mode);
  }

  /** Loads a kind of the Kubernetes API, with its trash and its history. */
  async openResource(rules: KindRules, storage: Storage): Promise<Resource> {
    const { plural } = rules.names;
    const files = this.files(plural);
    const objects = new ObjectCollection(rules.names, files);
    const trash = new ObjectCollection(rules.names, this.files(join("trash", plural)));
    this.clock.observe(await objects.load((object) => storage.kept(object)));
    this.clock.observe(await trash.load((object) => object));
    for (const object of objects.all()) this.rowIds.observe(object);
    // Without the newer API nobody could ask for it.
    const keepsHistory = storage.history !== undefined && this.mode !== "legacy-api";
    const history = keepsHistory ? new History(files, join(this.dataDirectory, "history", plural)) : undefined;
    return new Resource(rules, storage, { objects, trash, history });
  }
}

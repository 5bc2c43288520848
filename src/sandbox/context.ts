import type { Hono } from "hono";
import { join } from "node:path";
import { AccessControl } from "./access/access-control.ts";
import { accountFilesMode, ServiceAccounts } from "./access/service-accounts.ts";
import type { Caller } from "./access/caller.ts";
import { Teams } from "./access/teams.ts";
import { AccountIds, Users } from "./access/users.ts";
import { VersionClock } from "./clock.ts";
import { SharedLock } from "./concurrency.ts";
import { JsonFiles } from "./files.ts";
import { History } from "./k8s/history.ts";
import { ObjectCollection } from "./k8s/objects.ts";
import type { KindRules } from "./k8s/kind-rules.ts";
import { Resource } from "./k8s/resource.ts";
import type { Storage } from "./k8s/storage.ts";
import type { Mode, Toggle } from "./mode.ts";
import { RowIds } from "./sql/rows.ts";

export type Routes = (app: Hono) => void;

/** A kind of objects that are stored in folders. */
export interface FolderContent {
  /** Name in the counts of a folder. */
  readonly counts: "alertrule" | "dashboard" | "folder" | "librarypanel";
  readonly count: (folder: string) => number;
  /** Which folder APIs reject the deletion of a folder that contains them, on SQL tables; the older API deletes it if forced. */
  readonly keepsFolder?: "both APIs" | "newer API";
  /** Throws if the older folder API rejects the deletion of the folder's contents, even if forced. */
  readonly validateClear?: (folder: string) => void;
  /** Deletes the folder's objects. The caller holds the folder tree exclusively. */
  readonly clear: (folder: string, caller: Caller) => Promise<void>;
}

/** State that is shared by all kinds of a sandbox. */
export class SandboxContext {
  readonly dataDirectory: string;
  readonly mode: Mode;
  /** The feature toggles that are on and that differ from Grafana's defaults. */
  readonly toggles: ReadonlySet<Toggle>;
  readonly clock = new VersionClock();
  readonly rowIds = new RowIds();
  readonly access = new AccessControl();
  readonly users: Users;
  readonly teams: Teams;
  readonly accounts: ServiceAccounts;
  /** Locked exclusively for changes of folders, and shared for writes of objects in folders. */
  readonly tree = new SharedLock();
  /** Kinds that prevent the deletion of a folder. */
  readonly folderContents: FolderContent[] = [];

  constructor(dataDirectory: string, mode: Mode, toggles: readonly Toggle[] = []) {
    this.dataDirectory = dataDirectory;
    this.mode = mode;
    this.toggles = new Set(mode === "legacy-api" ? [] : toggles);
    const ids = new AccountIds();
    this.users = new Users(this.files("users", accountFilesMode), ids);
    this.teams = new Teams(this.files("teams"));
    this.accounts = new ServiceAccounts(this.files("service-accounts", accountFilesMode), ids, this.users);
    this.access.teamsOf = (user) => this.teams.of(user);
  }

  /** JSON files in a subdirectory of the data directory. `mode` restricts access. */
  files(name: string, mode?: number): JsonFiles {
    return new JsonFiles(join(this.dataDirectory, name), mode);
  }

  /** Loads a kind of the Kubernetes API with its trash and history. */
  async openResource(rules: KindRules, storage: Storage): Promise<Resource> {
    const { plural } = rules.names;
    const files = this.files(plural);
    const objects = new ObjectCollection(rules.names, files);
    const trash = new ObjectCollection(rules.names, this.files(join("trash", plural)));
    this.clock.observe(await objects.load((object) => storage.kept(object)));
    this.clock.observe(await trash.load((object) => object));
    for (const object of objects.all()) this.rowIds.observe(object);
    // History is available only through the newer API.
    const keepsHistory = storage.history !== undefined && this.mode !== "legacy-api";
    const history = keepsHistory ? new History(files, join(this.dataDirectory, "history", plural)) : undefined;
    return new Resource(rules, storage, { objects, trash, history });
  }
}

import type { AccessControl } from "../access/access-control.ts";
import type { ServiceAccounts } from "../access/service-accounts.ts";
import { KeyedMutex } from "../concurrency.ts";
import type { SandboxContext } from "../context.ts";
import type { Resource } from "../k8s/resource.ts";
import { NotificationStore } from "./notification-store.ts";
import { RuleAccess } from "./rule-access.ts";
import { RuleStore } from "./rule-store.ts";

/** State that is shared by the alerting kinds. They refer to each other, so writes run in sequence. */
export class Alerting {
  readonly rules: RuleStore;
  readonly notifications: NotificationStore;
  readonly folders: Resource;
  readonly access: AccessControl;
  readonly accounts: ServiceAccounts;
  readonly ruleAccess: RuleAccess;
  readonly #context: SandboxContext;
  readonly #mutex = new KeyedMutex();

  constructor(context: SandboxContext, folders: Resource) {
    this.rules = new RuleStore(context);
    this.notifications = new NotificationStore(context);
    this.folders = folders;
    this.access = context.access;
    this.accounts = context.accounts;
    this.ruleAccess = new RuleAccess(context.access);
    this.#context = context;
  }

  /** Runs a write exclusively. Folders can't be deleted during the write. */
  async write<T>(task: () => Promise<T>): Promise<T> {
    return this.#context.tree.shared(async () => this.#mutex.run("", task));
  }
}

/** Loads rules and notification settings. */
export async function openAlerting(context: SandboxContext, folders: Resource): Promise<Alerting> {
  const alerting = new Alerting(context, folders);
  await alerting.rules.load();
  await alerting.notifications.load();
  context.folderContents.push({
    counts: "alertrule",
    count: (folder) => alerting.rules.inFolder(folder).length,
    // Both folder APIs reject the deletion of a folder with rules in it or in a descendant.
    keepsFolder: "both APIs",
    clear: async (folder) =>
      alerting.rules.store({ write: [], remove: alerting.rules.inFolder(folder).map(({ uid }) => uid) }),
  });
  return alerting;
}

import { isDeepStrictEqual } from "node:util";
import type { AccessControl } from "../access/access-control.ts";
import type { Caller } from "../access/caller.ts";
import {
  all,
  any,
  datasourceScope,
  describeScopes,
  folderScope,
  permission,
  type Evaluator,
} from "../access/evaluator.ts";
import { legacyError } from "../errors.ts";
import type { AlertRule, SentRule } from "./alert-rule.ts";
import { publicError } from "./public-error.ts";

/** The changes of a request to a group. */
export interface GroupChanges {
  readonly folderUid: string;
  readonly group: string;
  readonly existing: readonly AlertRule[];
  readonly added: readonly SentRule[];
  readonly updated: readonly { readonly before: AlertRule; readonly after: SentRule }[];
  readonly removed: readonly AlertRule[];
}

const readsAll = any(
  permission("alert.provisioning:read"),
  permission("alert.provisioning.secrets:read"),
  permission("alert.rules.provisioning:read"),
);
const writesAll = any(permission("alert.provisioning:write"), permission("alert.rules.provisioning:write"));

/** Access to the rules of a folder. */
export class RuleAccess {
  readonly #control: AccessControl;

  constructor(control: AccessControl) {
    this.#control = control;
  }

  /** The rules that the ruler API shows to the caller. */
  inFolders<T extends { readonly folderUid: string }>(rules: readonly T[], caller: Caller): T[] {
    const folders = new Map<string, boolean>();
    return rules.filter(({ folderUid }) => {
      const known = folders.get(folderUid);
      if (known !== undefined) return known;
      const may = this.#control.allows(caller, readsIn(folderUid));
      folders.set(folderUid, may);
      return may;
    });
  }

  /** The rules that the provisioning API shows to the caller. */
  provisioned(rules: readonly AlertRule[], caller: Caller): readonly AlertRule[] {
    return this.#control.allows(caller, readsAll) ? rules : this.inFolders(rules, caller);
  }

  /** Throws if the caller can't read the folder's rules. */
  requireRead(folderUid: string, caller: Caller): void {
    if (this.#control.allows(caller, readsAll)) return;
    this.#require(caller, readsIn(folderUid), `access rules in folder '${folderUid}'`);
  }

  /** Throws Grafana's error for a write to a folder that the caller can't read. */
  requireFolder(folderUid: string, caller: Caller): void {
    if (this.#control.can(caller, "folders:read", folderScope(folderUid))) return;
    throw legacyError(500, "Internal Server Error");
  }

  /** Throws unless the caller has permission for all changes. */
  requireChanges(changes: GroupChanges, caller: Caller): void {
    if (this.#control.allows(caller, writesAll)) return;
    const { folderUid, group, existing, added, updated, removed } = changes;
    const scope = folderScope(folderUid);
    const require = (action: string, what: string): void => this.#require(caller, permission(action, scope), what);
    const readsGroup = (): void =>
      this.#require(caller, readsIn(folderUid), `access rule group '${group}' in folder '${folderUid}'`);
    if (existing.length > 0) readsGroup();
    if (removed.length > 0) require("alert.rules:delete", `delete alert rules that belong to folder ${folderUid}`);
    if (added.length > 0) require("alert.rules:create", `create alert rules in the folder ${folderUid}`);
    for (const rule of added) this.#require(caller, queries(rule), `create a new alert rule '${rule.title}'`);
    if (added.length > 0 && existing.length === 0) readsGroup();
    for (const { before, after } of updated) {
      if (!isDeepStrictEqual(before.data, after.data)) {
        this.#require(caller, queries(after), `update alert rule query '${before.title}' (UID: ${before.uid})`);
      }
      if (before.folderUid === folderUid) {
        require("alert.rules:write", `update alert rules that belongs to folder '${folderUid}'`);
        continue;
      }
      const leaves = permission("alert.rules:delete", folderScope(before.folderUid));
      this.#require(caller, leaves, `move alert rules from folder ${before.folderUid}`);
      require("alert.rules:create", `move alert rules to folder '${folderUid}'`);
    }
  }

  #require(caller: Caller, condition: Evaluator, what: string): void {
    if (this.#control.allows(caller, condition)) return;
    throw unauthorized(what, condition);
  }
}

/** The alerting API's error for a missing permission. */
export function unauthorized(what: string, condition: Evaluator): Error {
  const message = `user is not authorized to ${what}`;
  return publicError(403, "alerting.unauthorized", message, { permissions: describeScopes(condition) });
}

function readsIn(folderUid: string): Evaluator {
  const scope = folderScope(folderUid);
  return all(permission("alert.rules:read", scope), permission("folders:read", scope));
}

const expressions = ["__expr__", "-100"];

/** Permission to query the data sources of a rule. */
function queries(rule: SentRule): Evaluator {
  const uids = (rule.data ?? []).map(({ datasourceUid }) => datasourceUid).filter((uid) => !expressions.includes(uid));
  return all(...[...new Set(uids)].map((uid) => permission("datasources:query", datasourceScope(uid))));
}

import type { Left, Change } from "./change.ts";
import type { ExecutablePlan, PlanInput, Deletion } from "./executable-plan.ts";
import { containerKind, parentIn, treeOf } from "./container.ts";
import type { ContainerFacet } from "./facets.ts";
import { EMPTY_LEDGER, ownLedgerFolder } from "../ownership/ledger.ts";
import type { Comparison } from "./comparison.ts";
import { leftFromDeletion } from "./origin.ts";
import { inWords, missing, type Need, type Permissions } from "./permissions.ts";
import type { FolderTree } from "../grafana/folder-scopes.ts";
import { address, type LiveObject } from "./model.ts";

/** Skips changes that the credentials are not permitted to make, so that a plan contains only what Grafana will accept. */
export function permitted(changes: readonly Change[], folders: FolderTree, input: PlanInput): Change[] {
  const { permissions, comparisons, kinds } = input;
  if (!permissions) return [...changes];
  const byName = new Map(comparisons.map((one) => [address(one.desired), one]));
  // Folders first: creating one at the root grants all permissions in it.
  const own: Change[] = [];
  const granted = () => withOwnContainers(permissions, own, byName, container.container);
  const settled = new Map<Change, Change>();
  const container = containerKind(kinds);
  const containersFirst = changes.toSorted(
    (a, b) => Number(a.kind !== container.name) - Number(b.kind !== container.name),
  );
  for (const change of containersFirst) {
    const comparison = byName.get(address(change));
    const kind = kinds.get(change.kind);
    if (change.left || !comparison || !kind) continue;
    const { desired, live, hidden, lacking: unread } = comparison;
    const read = unread ?? kind.access.readsAll?.action ?? inWords(kind.access.read);
    const lacking = hidden
      ? { verb: "read", what: `${read} on ${address(change)}` }
      : { verb: live ? "change" : "create", what: missing(granted(), kind.access.write(desired, live, folders)) };
    if (lacking.what === undefined) {
      if (kind === container && change.action === "create") own.push(change);
      continue;
    }
    const message = hidden
      ? "exists in Grafana, but the credentials can't read it"
      : `the credentials lack the permission to ${lacking.verb} it`;
    settled.set(change, { ...change, left: forbidden(message, lacking.what) });
  }
  const result = changes.map((change) => settled.get(change) ?? change);
  return withLedgerAccess(result, input, granted(), folders);
}

function forbidden(message: string, what: string): Left {
  return { reason: "forbidden", message: `${message} (missing: ${what})` };
}

/** Creating a folder at the root makes its creator an administrator of it, which Grafana reports only afterwards. */
function withOwnContainers(
  permissions: Permissions,
  made: readonly Change[],
  comparisons: ReadonlyMap<string, Comparison>,
  container: ContainerFacet,
): Permissions {
  const scopes = made
    .filter((change) => comparisons.get(address(change))?.desired.references.length === 0)
    .map(({ id }) => container.scope(id));
  if (scopes.length === 0) return permissions;
  const inside = Object.entries(permissions).filter(([action]) => container.covers(action));
  return { ...permissions, ...Object.fromEntries(inside.map(([action, own]) => [action, [...own, ...scopes]])) };
}

/** The ledger is written before the objects that it lists, so they can't be owned without permission to write it. */
function withLedgerAccess(
  changes: readonly Change[],
  input: PlanInput,
  permissions: Permissions,
  folders: FolderTree,
): Change[] {
  const isLedgers = (change: Change) => input.kinds.get(change.kind)?.marking === "ledger" && !change.left;
  if (!changes.some(isLedgers)) return [...changes];
  const { uid, own } = ledgerFolderOf(input, changes, new Map());
  const { name, container, access } = containerKind(input.kinds);
  const there = input.live.get(name)?.some(({ id }) => id === uid) ?? false;
  const hidden = input.comparisons.find((one) => one.desired.kind === name && one.hidden);
  const none: Need = { all: [] };
  const need = there ? container.changeNeed(uid, folders) : own ? container.createNeed(undefined, folders) : none;
  const lacking =
    hidden && input.ledger?.folder === undefined
      ? `${inWords(access.read)} on ${address(hidden.desired)}, which may hold the ledger`
      : missing(permissions, need);
  if (lacking === undefined) return [...changes];
  const left = forbidden("the credentials lack the permission to record its ownership", lacking);
  return changes.map((change) => (isLedgers(change) ? { ...change, left } : change));
}

export function folderTreeOf({ kinds, live, comparisons }: PlanInput): FolderTree {
  const { name } = containerKind(kinds);
  const wanted = comparisons.filter(({ desired }) => desired.kind === name);
  return treeOf([
    ...wanted.map(({ desired }) => ({ id: desired.id, parent: parentIn(desired) })),
    ...(live.get(name) ?? []),
  ]);
}

export function leftIfEdited({ kind, object }: Deletion, { kinds, overwriteDrift }: PlanInput): Left | undefined {
  const own = kinds.get(kind);
  return own && leftFromDeletion(own, object, overwriteDrift);
}

export function undeletable({ kind, object }: Deletion, folders: FolderTree, input: PlanInput): Left | undefined {
  const own = input.kinds.get(kind);
  if (!own) return undefined;
  const edited = leftIfEdited({ kind, object }, input);
  if (edited || !input.permissions) return edited;
  const { folder } = input.ledger ?? EMPTY_LEDGER;
  const lacking = missing(input.permissions, own.access.remove(object, folders));
  if (lacking !== undefined) return forbidden("the credentials lack the permission to delete it", lacking);
  const { container } = containerKind(input.kinds);
  const unrecorded =
    own.marking === "ledger" && folder !== undefined
      ? missing(input.permissions, container.changeNeed(folder, folders))
      : undefined;
  return unrecorded === undefined
    ? undefined
    : forbidden("the credentials lack the permission to record its deletion", unrecorded);
}

/** The reason if the credentials lack a permission. */
export function unless(permissions: Permissions | undefined, need: Need, verb: string): Left | undefined {
  const lacking = permissions && missing(permissions, need);
  return lacking === undefined ? undefined : forbidden(`the credentials lack the permission to ${verb} it`, lacking);
}

/**
 * The folder for the ledger: the one in the configuration, else the one that holds it, else the first root folder of the code,
 * as long as it is owned and not deleted.
 */
export function ledgerFolderOf(
  { comparisons, kinds, live, ledger = EMPTY_LEDGER, ledgerFolder, owner = "" }: PlanInput,
  settled: readonly Change[],
  removals: ReadonlyMap<string, LiveObject>,
): ExecutablePlan["ledgerFolder"] {
  const left = new Set(settled.filter((change) => change.left).map(address));
  const { name: container } = containerKind(kinds);
  const usable = (uid: string | undefined): uid is string => {
    if (uid === undefined || ledger.others?.some(({ folder }) => folder === uid)) return false;
    const name = address({ kind: container, id: uid });
    const there = live.get(container)?.find(({ id }) => id === uid);
    if (there?.ownership.state === "ours") return !removals.has(name);
    return comparisons.some(({ desired }) => address(desired) === name) && !left.has(name);
  };
  const roots = comparisons
    .filter(({ desired }) => desired.kind === container && desired.references.length === 0)
    .map(({ desired }) => desired.id);
  const uid = [ledgerFolder, ledger.folder, ...roots.toSorted()].find(usable);
  const own = ownLedgerFolder(owner, ledger);
  return uid === undefined ? { uid: own, own: true } : { uid, own: uid === own };
}

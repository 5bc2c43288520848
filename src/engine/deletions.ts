import { deletedSecretsNote } from "./secret-addresses.ts";
import { causeOf, type Change, type Left } from "./change.ts";
import type { Deletion } from "./executable-plan.ts";
import type { Kinds } from "./resource.ts";
import { EMPTY_LEDGER, ownLedgerFolder, type Ledger } from "../ownership/ledger.ts";
import { containerAddress, containerOf } from "./container.ts";
import type { Live } from "./comparison.ts";
import { deletionLosses } from "./origin.ts";
import { address, parseAddress, type Use } from "./model.ts";
import { addressesOf } from "./aliases.ts";
import type { Unserved } from "./unserved.ts";

/** The state around the deletions. */
export interface Surroundings {
  readonly kinds: Kinds;
  readonly live: Live;
  readonly ledger?: Ledger;
  readonly unserved?: Unserved;
  readonly owner?: string;
  /** For each object that the plan writes, by address: the addresses that it refers to afterwards, including its container. */
  readonly written: ReadonlyMap<string, readonly string[]>;
  /** All addresses by which references can name the written objects, aliases included. */
  readonly names?: ReadonlySet<string>;
}

type Reason = (deletion: Deletion, name: string) => Left | undefined;

/** The changes of a plan for deletions. Deletions that must be skipped have a reason; reasons in `first` take precedence over `also`. */
export function deletionsOf(
  deletions: readonly Deletion[],
  surroundings: Surroundings,
  also: Reason,
  first: Reason = () => undefined,
): Change[] {
  const { kinds, live } = surroundings;
  const gone = movedAway(surroundings);
  const kept = new Map<string, Left>();
  const named = deletions.map((one) => ({ ...one, name: address({ kind: one.kind, id: one.object.id }) }));
  for (const { name } of named) gone.add(name);
  const obstacleOf = ({ kind, object }: Deletion, name: string, without: ReadonlySet<string>) =>
    kinds.get(kind)?.deletion?.obstacle?.(object, live, without) ??
    usersOf({ kind, object }, without, surroundings) ??
    recordIn(name, without, surroundings);
  const notEmpty = (message: string, deletion: Deletion, name: string): Left => {
    const drifted = [...kept].flatMap(([other, left]) => (causeOf(left) === "drift" ? [other] : []));
    const onlyDrift = drifted.length > 0 && obstacleOf(deletion, name, new Set([...gone, ...drifted])) === undefined;
    return { reason: "not-empty", message, ...(onlyDrift ? { cause: "drift" } : {}) };
  };
  const wholeOf = ({ kind, object }: Deletion) => {
    const whole = kinds.get(kind)?.deletion?.partOf?.(object);
    return named.some(({ name }) => name === whole) ? whole : undefined;
  };
  const withWhole = (whole: string): Left | undefined => {
    const left = kept.get(whole);
    return left && { ...left, message: `belongs to ${whole}, which is not deleted` };
  };
  // A container of an object that is not deleted can't be deleted either. Repeat until nothing changes.
  for (let before = -1; before !== kept.size;) {
    before = kept.size;
    for (const { name, ...deletion } of named) {
      if (kept.has(name)) continue;
      const whole = wholeOf(deletion);
      const obstacle = obstacleOf(deletion, name, gone);
      const left =
        whole === undefined
          ? (first(deletion, name) ?? (obstacle ? notEmpty(obstacle, deletion, name) : also(deletion, name)))
          : withWhole(whole);
      if (!left) continue;
      kept.set(name, left);
      gone.delete(name);
    }
  }
  return named.map(({ kind, object, name }) => {
    const left = kept.get(name);
    const own = kinds.get(kind);
    const losses = own
      ? [
          object.complete && own.deletion?.loss?.(object),
          wholeOf({ kind, object }) === undefined && own.deletion?.effect?.(object, live),
          deletedSecretsNote(own, object),
        ]
      : [];
    const loss = losses.filter(Boolean).join("; ");
    return {
      kind,
      id: object.id,
      title: object.title,
      action: "delete",
      differences: [],
      verified: true,
      needs: [],
      ...(own ? deletionLosses(own, object) : {}),
      ...(loss ? { sideEffect: loss } : {}),
      ...(left ? { left } : {}),
      ...(object.updatedBy ? { updatedBy: object.updatedBy } : {}),
      ...(object.updatedAt ? { updatedAt: object.updatedAt } : {}),
    };
  });
}

/** The folder that the tool created for the ledger is kept while the ledger has entries. */
function recordIn(
  name: string,
  gone: ReadonlySet<string>,
  { kinds, ledger = EMPTY_LEDGER, live, unserved, owner = "" }: Surroundings,
): string | undefined {
  const own = ownLedgerFolder(owner, ledger);
  if (ledger.folder !== own || name !== containerAddress(kinds, own)) return undefined;
  const stays = (entry: string) => {
    const { kind, id } = parseAddress(entry);
    if (gone.has(entry)) return false;
    return unserved?.has(entry) === true || (live.get(kind)?.some((object) => object.id === id) ?? true);
  };
  const kept = [...ledger.entries.keys()].find(stays);
  return kept === undefined ? undefined : `it holds the ledger entry of ${kept}, which is not deleted`;
}

/** The objects that still refer to this one after the plan. */
function usersOf(
  { kind, object }: Deletion,
  gone: ReadonlySet<string>,
  { kinds, written, names: taken }: Surroundings,
): string | undefined {
  // A reference by a name that a written object takes is a reference to that one.
  const aliases = addressesOf(kinds, kind, object).filter((name) => !taken?.has(name));
  const names = new Set([address({ kind, id: object.id }), ...aliases]);
  const unchanged = (object.usedBy ?? []).filter(
    ({ user, named, link }) => names.has(named) && (link !== undefined || !written.has(user)),
  );
  const changed = [...written].flatMap(([user, used]) => (used.some((one) => names.has(one)) ? [{ user }] : []));
  const left = [...unchanged, ...changed].filter(({ user }) => !gone.has(user));
  const users = [...new Set(left.map(nameOfUse))];
  return users.length > 0
    ? `it is used by ${users.slice(0, 3).join(", ")}${users.length > 3 ? ` and ${users.length - 3} more` : ""}`
    : undefined;
}

function nameOfUse({ user, link }: Pick<Use, "user" | "link">): string {
  return link === undefined ? user : `${user} (${link})`;
}

/** Objects that the plan moves to another container. */
function movedAway({ live, kinds, written }: Surroundings): Set<string> {
  const moved = [...live].flatMap(([kind, objects]) =>
    objects.flatMap((object) => {
      const name = address({ kind, id: object.id });
      const container = containerOf(kinds, object);
      const after = written.get(name);
      return container !== undefined && after && !after.includes(container) ? [name] : [];
    }),
  );
  return new Set(moved);
}

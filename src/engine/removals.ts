import { orderOf } from "../code/desired.ts";
import type { Change } from "./change.ts";
import { containerAddress, containerOf } from "./container.ts";
import type { Outcome } from "./events.ts";
import type { ExecutablePlan } from "./executable-plan.ts";
import type { KindContext } from "./kind-context.ts";
import { address, type LiveObject } from "./model.ts";
import type { Kinds } from "./resource.ts";
import { attempt, namingPermission, onceEach, type Running } from "./running.ts";
import { removeOnce } from "./send.ts";
import { ANY_TREE } from "./upsert.ts";

/** Deletes objects in reverse order of their dependencies, innermost first. Keeps what a failed deletion still needs. */
export async function removeAll(
  context: KindContext,
  { removals }: ExecutablePlan,
  deletions: readonly Change[],
  running: Running,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const wholes = wholesOf(removals, deletions, running.kinds);
  for (const kind of orderOf(running.kinds).toReversed()) {
    const own = new Map(
      deletions
        .filter((change) => change.kind === kind.name && !wholes.has(change))
        .map((change) => [address(change), change]),
    );
    const start = onceEach((change) => run(change));
    const run = async (change: Change): Promise<Outcome> => {
      const name = address(change);
      const object = removals.get(name);
      if (!object) throw new Error(`nothing to delete for ${name}`);
      const inside = [...own.values()].filter((other) => isInside(removals.get(address(other)), name, running.kinds));
      const before = [
        ...(await Promise.all(inside.map(start))),
        ...outcomes.filter((one) => isInside(removals.get(address(one.change)), name, running.kinds)),
      ];
      const broken = before.find(({ status }) => status !== "done");
      const user = outcomes.find(
        (one) => one.status !== "done" && object.usedBy?.some((use) => use.user === address(one.change)),
      );
      // Keep the folder with the ledger if an object with an entry could not be deleted.
      const recorded =
        containerAddress(running.kinds, running.session.ledger.folder ?? "") === name
          ? outcomes.find((one) => one.status !== "done" && running.kinds.get(one.change.kind)?.marking === "ledger")
          : undefined;
      const because =
        (broken && `${address(broken.change)} is still in the folder`) ??
        (user && `${address(user.change)} still uses it`) ??
        (recorded && `it holds the ledger entry of ${address(recorded.change)}`);
      if (because !== undefined) {
        if (running.signal?.aborted) return running.finish({ change, status: "cancelled", milliseconds: 0 });
        return running.finish({ change, status: "skipped", because, milliseconds: 0 });
      }
      return running.limits(kind.name)(() =>
        attempt(change, running, () =>
          namingPermission(removeOnce(context, kind, object, running), () => kind.access.remove(object, ANY_TREE)),
        ),
      );
    };
    outcomes.push(...(await Promise.all([...own.values()].map(start))));
  }
  // Grafana deletes a part together with the whole. Until then, the part stays as it is.
  for (const [change, whole] of wholes) {
    const status = outcomes.find((one) => address(one.change) === whole)?.status;
    const ending =
      status === "done" || status === "cancelled"
        ? { status }
        : ({ status: "skipped", because: `${whole} was not deleted` } as const);
    outcomes.push(running.finish({ change, ...ending, milliseconds: 0 }));
  }
  return outcomes;
}

/** The objects to delete that are parts of others to delete, with the addresses of those. */
function wholesOf(
  removals: ExecutablePlan["removals"],
  deletions: readonly Change[],
  kinds: Kinds,
): ReadonlyMap<Change, string> {
  return new Map(
    deletions.flatMap((change) => {
      const object = removals.get(address(change));
      const whole = object && kinds.get(change.kind)?.deletion?.partOf?.(object);
      return whole !== undefined && removals.has(whole) ? [[change, whole] as const] : [];
    }),
  );
}

function isInside(object: LiveObject | undefined, container: string, kinds: Kinds): boolean {
  return object !== undefined && containerOf(kinds, object) === container;
}

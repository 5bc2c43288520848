import { orderOf, type Kinds } from "./desired.ts";
import type { Difference } from "./diff.ts";
import type { Comparison, Live } from "./live.ts";
import { FORM } from "./marker.ts";
import { address, type Desired, type LiveObject, type Source, type Write } from "./resource.ts";

/** Where a difference comes from. */
export type Origin = "code" | "grafana" | "both" | "unknown";

/** Why something that the code asks for is not done. */
export interface Left {
  readonly reason: "foreign" | "locked" | "drift" | "obstacle" | "dependency" | "not-empty";
  /** A sentence, without the resource's name. */
  readonly message: string;
  /** The option or the step that changes it. */
  readonly hint?: string;
}

/** One line of a plan. Plain data: it can be written to a file. */
export interface Change {
  readonly kind: string;
  readonly id: string;
  readonly title: string;
  readonly action: "create" | "update" | "adopt" | "delete";
  /** Where the code asks for it; absent for a deletion. */
  readonly source?: Source;
  readonly origin?: Origin;
  readonly differences: readonly Difference[];
  /** False: what Grafana would make of it could not be asked beforehand. */
  readonly verified: boolean;
  readonly sideEffect?: string;
  /** Present: it is shown, and not done. */
  readonly left?: Left;
  /** Changes of this plan that have to succeed first, as addresses. */
  readonly needs: readonly string[];
  readonly updatedBy?: string;
  readonly updatedAt?: string;
}

/** What an apply would do, and what it would leave. */
export interface Plan {
  readonly version: 1;
  readonly project: string;
  readonly changes: readonly Change[];
  /** Resources of the code that Grafana has as the code says. */
  readonly unchanged: number;
  /** What the project owns and the code no longer has, left because nobody asked to prune. */
  readonly orphans: readonly string[];
}

/** A plan together with the objects that carrying it out needs. */
export interface Prepared {
  readonly plan: Plan;
  readonly writes: ReadonlyMap<string, Write>;
  readonly removals: ReadonlyMap<string, LiveObject>;
}

/** `all`, or addresses: `dashboard/fastapi`. */
export interface Selection {
  readonly all: boolean;
  readonly addresses: ReadonlySet<string>;
}

export const NOTHING: Selection = { all: false, addresses: new Set() };

export function selects({ all, addresses }: Selection, address: string): boolean {
  return all || addresses.has(address);
}

export interface PlanInput {
  readonly project: string;
  readonly kinds: Kinds;
  readonly comparisons: readonly Comparison[];
  readonly live: Live;
  /** Addresses of everything in the code, whatever was selected of it. */
  readonly declared: ReadonlySet<string>;
  readonly selected: (object: { kind: string; id: string }) => boolean;
  readonly adopt: Selection;
  readonly overwriteDrift: Selection;
  readonly prune: boolean;
}

/** Decides what is done, from what was compared. Pure. */
export function makePlan(input: PlanInput): Prepared {
  const { comparisons } = input;
  const writes = new Map<string, Write>();
  const changes: Change[] = [];
  let unchanged = 0;
  for (const comparison of comparisons) {
    const change = changeOf(comparison, input);
    if (!change) {
      unchanged++;
      continue;
    }
    changes.push(change);
    const { desired, live } = comparison;
    if (!change.left) writes.set(address(desired), { desired, ...(live ? { live } : {}) });
  }
  const settled = withDependencies(changes, comparisons, input);
  for (const change of settled) if (change.left) writes.delete(address(change));

  const orphans = orphansOf(input);
  const deletions = input.prune ? deletionsOf(orphans, settled, input) : [];
  const removals = new Map(
    deletions.filter(({ change }) => !change.left).map(({ change, object }) => [address(change), object] as const),
  );
  return {
    plan: {
      version: 1,
      project: input.project,
      changes: [
        ...inOrder(settled, input.kinds),
        ...inOrder(
          deletions.map(({ change }) => change),
          input.kinds,
        ).toReversed(),
      ],
      unchanged,
      orphans: input.prune ? [] : orphans.map(({ kind, object }) => address({ kind, id: object.id })),
    },
    writes,
    removals,
  };
}

/** What others need comes first, then by uid: the same plan always reads the same. */
function inOrder(changes: readonly Change[], kinds: Kinds): Change[] {
  const names = orderOf(kinds).map(({ name }) => name);
  return changes.toSorted((a, b) => names.indexOf(a.kind) - names.indexOf(b.kind) || (a.id < b.id ? -1 : 1));
}

function changeOf(comparison: Comparison, { adopt, overwriteDrift }: PlanInput): Change | undefined {
  const { desired, live, differences, verified, obstacle, sideEffect } = comparison;
  const name = address(desired);
  const base = {
    kind: desired.kind,
    id: desired.id,
    title: desired.title,
    source: desired.source,
    differences,
    verified,
    needs: [],
    ...(sideEffect ? { sideEffect } : {}),
  };
  const blocked = obstacle ? { left: { reason: "obstacle", message: obstacle } as const } : {};
  if (!live) return { ...base, action: "create", ...blocked };

  const { ownership } = live;
  if (ownership.state === "locked") {
    return {
      ...base,
      action: "adopt",
      left: { reason: "locked", message: `managed by ${ownership.manager}: ${ownership.why}` },
    };
  }
  if (ownership.state === "foreign") {
    if (selects(adopt, name)) return { ...base, action: "adopt", ...blocked };
    return { ...base, action: "adopt", left: foreign(ownership, name) };
  }
  if (differences.length === 0) return undefined;

  const origin = originOf(comparison, live);
  const written = {
    ...(live.updatedBy ? { updatedBy: live.updatedBy } : {}),
    ...(live.updatedAt ? { updatedAt: live.updatedAt } : {}),
  };
  const update = { ...base, action: "update", origin, ...written } as const;
  if (obstacle) return { ...update, ...blocked };
  if ((origin === "grafana" || origin === "both") && !selects(overwriteDrift, name)) {
    const message =
      origin === "both"
        ? "changed in Grafana and in the code since the last apply"
        : "changed in Grafana since the last apply";
    const hint = `take the change over into the code, or put the code's state back with --overwrite-drift ${name}`;
    return { ...update, left: { reason: "drift", message, hint } };
  }
  return update;
}

function foreign(ownership: { manager?: string; note?: string }, name: string): Left {
  const who = ownership.manager ? `managed by ${ownership.manager}` : (ownership.note ?? "not owned by this project");
  return { reason: "foreign", message: `exists in Grafana, ${who}`, hint: `take it over with --adopt ${name}` };
}

function originOf({ desired, modified }: Comparison, { applied }: LiveObject): Origin {
  if (applied?.form !== FORM) return "unknown";
  if (applied.codeHash === desired.hash) return "grafana";
  return modified ? "both" : "code";
}

/** Fills `needs`, and leaves what depends on something that is neither there nor going to be. */
function withDependencies(
  changes: readonly Change[],
  comparisons: readonly Comparison[],
  { live, declared }: PlanInput,
): Change[] {
  const pending = new Map(changes.map((change) => [address(change), change]));
  const references = new Map(comparisons.map(({ desired }) => [address(desired), desired.references]));
  const present = (name: string, kind: string) =>
    live.get(kind)?.some((object) => address({ kind, id: object.id }) === name) ?? false;
  const settled = new Map<string, Change>();

  const settle = (change: Change): Change => {
    const name = address(change);
    const known = settled.get(name);
    if (known) return known;
    const targets = (references.get(name) ?? []).map((reference) => ({ ...reference, name: address(reference) }));
    const needs = [
      ...new Set(targets.map((target) => target.name).filter((target) => pending.has(target) && target !== name)),
    ];
    let result: Change = { ...change, needs };
    for (const target of targets) {
      const needed = pending.get(target.name);
      if (needed === change || result.left) continue;
      const coming = needed && !settle(needed).left;
      if (coming || present(target.name, target.kind) || !declared.has(target.name)) continue;
      const hint = needed ? `see ${target.name}` : `add --only ${target.name}`;
      result = {
        ...result,
        left: { reason: "dependency", message: `needs ${target.name}, which Grafana does not have`, hint },
      };
    }
    // What is left is not waited for.
    const waited = needs.filter((need) => !settled.get(need)?.left);
    result = { ...result, needs: waited };
    settled.set(name, result);
    return result;
  };
  return changes.map(settle);
}

interface Orphan {
  readonly kind: string;
  readonly object: LiveObject;
}

function orphansOf({ live, declared, selected }: PlanInput): Orphan[] {
  return [...live].flatMap(([kind, objects]) =>
    objects
      .filter(
        ({ id, ownership }) =>
          ownership.state === "ours" && !declared.has(address({ kind, id })) && selected({ kind, id }),
      )
      .map((object) => ({ kind, object })),
  );
}

function deletionsOf(
  orphans: readonly Orphan[],
  settled: readonly Change[],
  input: PlanInput,
): { change: Change; object: LiveObject }[] {
  const { kinds, live } = input;
  const gone = movedAway(settled, input);
  const obstacles = new Map<string, string>();
  const named = orphans.map((orphan) => ({ ...orphan, name: address({ kind: orphan.kind, id: orphan.object.id }) }));
  for (const { name } of named) gone.add(name);
  // What can't be deleted keeps what it is in, too: until nothing changes any more.
  for (let before = -1; before !== obstacles.size;) {
    before = obstacles.size;
    for (const { kind, object, name } of named) {
      const obstacle = obstacles.has(name) ? undefined : kinds.get(kind)?.deleteObstacle?.(object, live, gone);
      if (!obstacle) continue;
      obstacles.set(name, obstacle);
      gone.delete(name);
    }
  }
  return named.map(({ kind, object, name }) => {
    const obstacle = obstacles.get(name);
    const change: Change = {
      kind,
      id: object.id,
      title: object.title,
      action: "delete",
      differences: [],
      verified: true,
      needs: [],
      ...(obstacle ? { left: { reason: "not-empty", message: obstacle } } : {}),
    };
    return { change, object };
  });
}

/** Objects that this plan moves out of what they are in. */
function movedAway(settled: readonly Change[], { comparisons, kinds }: PlanInput): Set<string> {
  const done = new Set(settled.filter(({ left }) => !left).map(address));
  const moved = comparisons.filter(({ desired, live }) => {
    const container = live && kinds.get(desired.kind)?.containedIn?.(live);
    return (
      container !== undefined &&
      done.has(address(desired)) &&
      !desired.references.some((one) => address(one) === container)
    );
  });
  return new Set(moved.map(({ desired }) => address(desired)));
}

/** The figures of the summary line; what is left is in none of them. */
export function countChanges(plan: Plan): { add: number; change: number; destroy: number; left: number } {
  const done = plan.changes.filter(({ left }) => !left);
  const count = (...actions: Change["action"][]) => done.filter(({ action }) => actions.includes(action)).length;
  return {
    add: count("create"),
    change: count("update", "adopt"),
    destroy: count("delete"),
    left: plan.changes.length - done.length,
  };
}

/** Whether Grafana is as the code says: nothing to do, nothing left, and nothing that could be pruned. */
export function isInSync(plan: Plan): boolean {
  return plan.changes.length === 0;
}

export function desiredAddresses(desired: readonly Desired[]): Set<string> {
  return new Set(desired.map(address));
}

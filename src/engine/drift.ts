import type { Kinds } from "./resource.ts";
import type { Difference } from "./difference.ts";
import type { Ledger } from "../ownership/ledger.ts";
import { differencesOf } from "./live.ts";
import type { Comparison } from "./comparison.ts";
import type { Change, Plan } from "./change.ts";
import { address, type Past, type Save, type Source } from "./model.ts";
import type { KindContext } from "./kind-context.ts";

/**
 * What became of an object since the last apply.
 *
 * - `changed`: in Grafana. `conflict`: there and in the code.
 * - `missing`: the code has it, and Grafana does not. `lost-mark`: a client that keeps no marks wrote it.
 * - `possibly-changed`: it differs, and its mark has an older form that can't be compared.
 * - `unknown`: it differs, and nobody knows since when. `foreign`: it was never this project's.
 * - `code`: changed in the code alone, which is no drift.
 */
export type DriftState =
  "changed" | "conflict" | "missing" | "lost-mark" | "possibly-changed" | "unknown" | "foreign" | "code";

/** One object that is not as the last apply left it, or not as the code says. Plain data. */
export interface Drift {
  readonly kind: string;
  readonly id: string;
  readonly title: string;
  readonly state: DriftState;
  readonly source?: Source;
  /** What was changed in Grafana; absent where nobody knows what the last apply had left. */
  readonly inGrafana?: readonly Difference[];
  /** What was changed in the code; absent likewise. */
  readonly inCode?: readonly Difference[];
  /** Paths of `inGrafana` and `inCode` that both changed, each to something else. */
  readonly conflicts: readonly string[];
  /** From Grafana to the code: what an apply would write. */
  readonly differences: readonly Difference[];
  /** The saves since the last apply, as far as Grafana tells, the newest first. */
  readonly saves: readonly Save[];
  /** What more there is to say: a sentence without the object's name. */
  readonly note?: string;
  /** What to do. */
  readonly hint?: string;
}

export interface DriftReport {
  readonly project: string;
  readonly drift: readonly Drift[];
  /** Objects that are as the last apply left them, and as the code says. */
  readonly unchanged: number;
  readonly unseen: Plan["unseen"];
  readonly notes: readonly string[];
}

export interface DriftInput {
  /** Made with `prune`: what the project owns and the code no longer has is in it. */
  readonly plan: Plan;
  readonly comparisons: readonly Comparison[];
  readonly ledger: Ledger;
  /** Whether this Grafana keeps marks: else a ledger says nothing. */
  readonly marks: boolean;
  readonly kinds: Kinds;
  /** What Grafana's own history says, by address. */
  readonly past: ReadonlyMap<string, Past>;
}

/** States that count as drift: changed, or possibly changed, in Grafana. */
export function isDrift({ state }: Pick<Drift, "state">): boolean {
  return ["changed", "conflict", "missing", "lost-mark", "possibly-changed"].includes(state);
}

/** Reads what Grafana's own history says of those objects where it says more than the plan. */
export async function readPast(
  context: KindContext,
  { plan, comparisons, kinds }: Pick<DriftInput, "plan" | "comparisons" | "kinds">,
): Promise<Map<string, Past>> {
  const origins = new Map(plan.changes.map((change) => [address(change), change.origin]));
  const wanted = comparisons.flatMap(({ desired, live }) => {
    const origin = origins.get(address(desired));
    const asks = live?.ownership.state === "foreign" || origin === "grafana" || origin === "both";
    return live && asks ? [{ name: address(desired), kind: kinds.get(desired.kind), live }] : [];
  });
  const found = await Promise.all(
    wanted.map(async ({ name, kind, live }) => [name, await kind?.reading?.past?.(context, live)] as const),
  );
  return new Map(found.flatMap(([name, past]) => (past ? [[name, past] as const] : [])));
}

/** Tells what is not as it was left. Pure. */
export function driftOf(input: DriftInput): DriftReport {
  const { plan, comparisons } = input;
  const byName = new Map(comparisons.map((one) => [address(one.desired), one]));
  const drift = plan.changes.flatMap((change) => driftOfChange(change, byName.get(address(change)), input));
  return {
    project: plan.project,
    drift,
    unchanged: plan.unchanged,
    unseen: plan.unseen,
    notes: plan.notes,
  };
}

function driftOfChange(change: Change, comparison: Comparison | undefined, input: DriftInput): Drift[] {
  const { kind, id, title, source, differences, updatedBy, updatedByName, updatedAt } = change;
  const name = address(change);
  const past = input.past.get(name);
  const last: Save = {
    ...(updatedBy ? { by: updatedBy } : {}),
    ...(updatedByName ? { byName: updatedByName } : {}),
    ...(updatedAt ? { at: updatedAt } : {}),
  };
  const stored = comparison?.otherForm?.note;
  const base = {
    kind,
    id,
    title,
    ...(source ? { source } : {}),
    ...(stored ? { note: stored } : {}),
    conflicts: [],
    differences,
    saves: past?.saves ?? [],
  };
  const known = base.saves.length > 0 ? base.saves : Object.keys(last).length > 0 ? [last] : [];
  if (change.action === "delete") {
    const edited = change.left?.reason === "drift";
    const state = edited ? (change.left?.uncertain ? "possibly-changed" : "changed") : "code";
    const note = "no longer in the code";
    return [{ ...base, state, note, ...(edited ? { saves: known, ...hintOf(change) } : {}) }];
  }
  if (!comparison?.live) return [{ ...base, ...missing(change, input) }];
  const { ownership } = comparison.live;
  if (ownership.state === "locked" || ownership.state === "foreign") {
    const lost = ownership.state === "foreign" && past !== undefined;
    const { message } = change.left ?? { message: "exists in Grafana, not owned by this project" };
    return [
      {
        ...base,
        state: lost ? "lost-mark" : "foreign",
        note: lost ? "a client that keeps no marks of ownership wrote it" : message,
        ...(lost ? threeWay(comparison, past, input) : {}),
        ...(ownership.state === "foreign" ? { hint: `take it over with --adopt ${name}` } : {}),
      },
    ];
  }
  if (change.origin === "grafana" || change.origin === "both") {
    const sides = past ? threeWay(comparison, past, input) : {};
    // The code is what the last apply had sent.
    const reversed = change.origin === "grafana" ? { inGrafana: differences.map(reverse) } : {};
    const state = change.origin === "grafana" ? "changed" : "conflict";
    return [{ ...base, state, ...reversed, ...sides, saves: known, ...hintOf(change) }];
  }
  if (change.left?.uncertain) return [{ ...base, state: "possibly-changed", saves: known, ...hintOf(change) }];
  return [{ ...base, state: change.origin === "code" ? "code" : "unknown" }];
}

/** Only of what stands in the ledger is it known that it was there. */
function missing({ kind, id }: Change, { kinds, ledger, marks }: DriftInput): Pick<Drift, "state" | "note"> {
  if (marks && kinds.get(kind)?.marking === "ledger") {
    const entry = ledger.entries.get(address({ kind, id }));
    const { transition } = entry?.pending ? entry : {};
    // An interrupted run had not created it yet, or had deleted it.
    const neverThere = transition !== undefined && (transition.deleted === true || !transition.former);
    return entry && !neverThere
      ? { state: "missing", note: "was deleted in Grafana" }
      : { state: "code", note: "not applied yet" };
  }
  return { state: "missing", note: "was deleted in Grafana, or never applied" };
}

function threeWay(
  { desired, forms }: Comparison,
  { applied }: Past,
  { kinds }: DriftInput,
): Partial<Pick<Drift, "inGrafana" | "inCode" | "conflicts">> {
  const kind = kinds.get(desired.kind);
  if (!kind || !forms?.observed) return {};
  // From Grafana to the code, as everywhere: migrations are told in that direction.
  const inGrafana = differencesOf(kind, forms.observed, applied).map(reverse);
  const inCode = differencesOf(kind, applied, forms.wanted);
  const left = new Set(differencesOf(kind, forms.observed, forms.wanted).map(({ path }) => path));
  const paths = new Set(inGrafana.map(({ path }) => path));
  const conflicts = inCode.map(({ path }) => path).filter((path) => paths.has(path) && left.has(path));
  return { inGrafana, inCode, conflicts };
}

function hintOf({ left }: Change): Pick<Drift, "hint"> {
  return left?.hint === undefined ? {} : { hint: left.hint };
}

/** A plan goes from Grafana to the code; this is what happened in Grafana. */
function reverse(difference: Difference): Difference {
  const { type, before, after, shown, ...rest } = difference;
  // It says what Grafana's UI made of what, whichever way it is looked at.
  if (difference.meaning === "migrated") return difference;
  return {
    ...rest,
    type: type === "added" ? "removed" : type === "removed" ? "added" : type,
    ...(after === undefined ? {} : { before: after }),
    ...(before === undefined ? {} : { after: before }),
    ...(shown
      ? {
          shown: {
            ...(shown.after === undefined ? {} : { before: shown.after }),
            ...(shown.before === undefined ? {} : { after: shown.before }),
          },
        }
      : {}),
  };
}

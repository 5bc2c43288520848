import type { Kinds } from "./resource.ts";
import type { Difference } from "./difference.ts";
import type { Ledger } from "../ownership/ledger.ts";
import { differencesOf } from "./live.ts";
import type { Comparison } from "./comparison.ts";
import type { Change, Plan } from "./change.ts";
import { reversed } from "./reverse.ts";
import { address, type Past, type Save, type Source } from "./model.ts";
import type { KindContext } from "./kind-context.ts";

/**
 * The state of an object compared with the last apply.
 *
 * - `changed`: changed in Grafana. `conflict`: changed in Grafana and in the code.
 * - `missing`: in the code, but not in Grafana. `lost-mark`: a client removed the ownership mark.
 * - `possibly-changed`: differs, and its mark has an older form that can't be compared.
 * - `unknown`: differs, with unknown origin. `foreign`: never owned by this project.
 * - `code`: changed only in the code, which is not drift.
 */
export type DriftState =
  "changed" | "conflict" | "missing" | "lost-mark" | "possibly-changed" | "unknown" | "foreign" | "code";

/** An object that differs from the last apply or from the code. Plain data. */
export interface Drift {
  readonly kind: string;
  readonly id: string;
  readonly title: string;
  readonly state: DriftState;
  readonly source?: Source;
  /** Changes made in Grafana; absent if the content after the last apply is unknown. */
  readonly inGrafana?: readonly Difference[];
  /** Changes made in the code; absent in the same case. */
  readonly inCode?: readonly Difference[];
  /** Paths with different changes in `inGrafana` and `inCode`. */
  readonly conflicts: readonly string[];
  /** From Grafana to the code, as an apply would change them. */
  readonly differences: readonly Difference[];
  /** The saves since the last apply that Grafana reports, newest first. */
  readonly saves: readonly Save[];
  /** The message of the last apply in Grafana's history: the commit and the CI job. */
  readonly appliedBy?: string;
  /** An addition: a sentence without the object's name. */
  readonly note?: string;
  /** The fix. */
  readonly hint?: string;
}

export interface DriftReport {
  readonly project: string;
  readonly drift: readonly Drift[];
  /** The number of objects that match the last apply and the code. */
  readonly unchanged: number;
  readonly unseen: Plan["unseen"];
  readonly notes: readonly string[];
}

export interface DriftInput {
  /** A plan made with `prune`, so that it contains owned objects that are no longer in the code. */
  readonly plan: Plan;
  readonly comparisons: readonly Comparison[];
  readonly ledger: Ledger;
  /** Whether this Grafana keeps marks. Without marks, the ledger is not conclusive. */
  readonly marks: boolean;
  readonly kinds: Kinds;
  /** Grafana's history, by address. */
  readonly past: ReadonlyMap<string, Past>;
}

/** States that count as drift: changed, or possibly changed, in Grafana. */
export function isDrift({ state }: Pick<Drift, "state">): boolean {
  return ["changed", "conflict", "missing", "lost-mark", "possibly-changed"].includes(state);
}

/** Reads Grafana's history of objects that were changed in Grafana, or whose mark may have been removed there. */
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

/** Reports what differs from the last apply. Pure. */
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
    ...(past?.message === undefined ? {} : { appliedBy: past.message }),
  };
  const known = base.saves.length > 0 ? base.saves : Object.keys(last).length > 0 ? [last] : [];
  if (change.action === "delete") {
    const edited = change.left?.reason === "drift";
    const state = edited ? (change.left?.uncertain ? "possibly-changed" : "changed") : "code";
    const note = "no longer in the code";
    return [{ ...base, state, note, ...(edited ? { saves: known, ...hintOf(change) } : {}) }];
  }
  if (comparison?.unsupported)
    return [{ ...base, state: "unknown", note: comparison.unsupported.message, ...hintOf(change) }];
  if (!comparison?.live) return [{ ...base, ...missing(change, input) }];
  const { ownership } = comparison.live;
  if (ownership.state === "locked" || ownership.state === "foreign") {
    const lost = ownership.state === "foreign" && !ownership.byName && past !== undefined;
    const { message, hint = `adopt it with --adopt ${name}` } = change.left ?? {
      message: "exists in Grafana, not owned by this project",
    };
    return [
      {
        ...base,
        state: lost ? "lost-mark" : "foreign",
        note: lost ? "a client that drops ownership marks wrote it" : message,
        ...(lost ? threeWay(comparison, past, input) : {}),
        ...(ownership.state === "foreign" ? { hint } : {}),
      },
    ];
  }
  if (change.origin === "grafana" || change.origin === "both") {
    const sides = past ? threeWay(comparison, past, input) : {};
    // The code has not changed since the last apply.
    const edits = change.origin === "grafana" ? { inGrafana: reversed(differences) } : {};
    const state = change.origin === "grafana" ? "changed" : "conflict";
    return [{ ...base, state, ...edits, ...sides, saves: known, ...hintOf(change) }];
  }
  if (change.left?.uncertain) return [{ ...base, state: "possibly-changed", saves: known, ...hintOf(change) }];
  return [{ ...base, state: change.origin === "code" ? "code" : "unknown" }];
}

/** Only the ledger proves that an object existed. */
function missing({ kind, id }: Change, { kinds, ledger, marks }: DriftInput): Pick<Drift, "state" | "note"> {
  if (marks && kinds.get(kind)?.marking === "ledger") {
    const entry = ledger.entries.get(address({ kind, id }));
    const { transition } = entry?.pending ? entry : {};
    // An interrupted run had not created it yet, or had already deleted it.
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
  // Compared from Grafana to the code, the direction in which migrations are described.
  const inGrafana = reversed(differencesOf(kind, forms.observed, applied));
  const inCode = differencesOf(kind, applied, forms.wanted);
  const left = new Set(differencesOf(kind, forms.observed, forms.wanted).map(({ path }) => path));
  const paths = new Set(inGrafana.map(({ path }) => path));
  const conflicts = inCode.map(({ path }) => path).filter((path) => paths.has(path) && left.has(path));
  return { inGrafana, inCode, conflicts };
}

function hintOf({ left }: Change): Pick<Drift, "hint"> {
  return left?.hint === undefined ? {} : { hint: left.hint };
}

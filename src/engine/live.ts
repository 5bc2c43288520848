import type { Live, Comparison, Forms } from "./comparison.ts";
import type { Kinds, ResourceKind } from "./resource.ts";
import { completePairs, mustCompare, type Pair } from "./bodies.ts";
import { diff } from "./diff.ts";
import type { Difference } from "./difference.ts";
import type { Emit } from "./events.ts";
import { equal, type JsonObject } from "../util/json.ts";
import { contentIn, editedOf, isComparable } from "../ownership/edited.ts";
import { Conflict, Forbidden, NotFound } from "../grafana/errors.ts";
import { inWords, listsAll, missing } from "./permissions.ts";
import { mustBeReadable } from "../ownership/newer.ts";
import type { Origin } from "./change.ts";
import { compareSecrets, SECRETS } from "./secret-changes.ts";
import { address, parseAddress, type Desired, type LiveObject } from "./model.ts";
import type { KindContext, Write } from "./kind-context.ts";

interface Reading {
  /** Kinds that the credentials may not read are left out, and noted here with the permission that is missing. Absent: an error. */
  readonly unseen?: Map<string, string>;
  /** What may be deleted, which is done to exactly the version that was read: it is read where the list gave none. */
  readonly doomed?: (object: { kind: string; id: string }) => boolean;
}

/**
 * Reads the lists of these kinds, concurrently.
 */
export async function readLive(
  context: KindContext,
  kinds: readonly ResourceKind[],
  emit: Emit,
  { unseen, doomed = () => false }: Reading = {},
): Promise<Live> {
  const lists = kinds.map(async (kind) => {
    const lacking = context.grafana.permissions && missing(context.grafana.permissions, kind.access.read);
    if (unseen && lacking !== undefined) {
      unseen.set(kind.name, lacking);
      return [];
    }
    emit({ type: "reading", kind: kind.name });
    try {
      const listed = await listedWithOwned(context, kind);
      mustBeReadable(kind.name, listed);
      const inPart = listed.filter(
        ({ id, version, ownership }) => version === "" && ownership.state === "ours" && doomed({ kind: kind.name, id }),
      );
      const whole = new Map((await kind.reading?.bodies?.(context, inPart))?.map((object) => [object.id, object]));
      const objects = listed.flatMap((object) => (inPart.includes(object) ? (whole.get(object.id) ?? []) : object));
      emit({ type: "read", kind: kind.name, count: objects.length });
      return [[kind.name, objects] as const];
    } catch (error) {
      if (!unseen || !(error instanceof Forbidden)) throw error;
      unseen.set(kind.name, inWords(kind.access.read));
      return [];
    }
  });
  return new Map((await Promise.all(lists)).flat());
}

/** A list that lacks what the ledger names is read again, so that one short answer doesn't end ownership. */
async function listedWithOwned(context: KindContext, kind: ResourceKind): Promise<LiveObject[]> {
  const listed = await kind.list(context);
  const found = new Set(listed.map(({ id }) => id));
  const owned = [...context.ledger.entries.keys()].map(parseAddress).filter((one) => one.kind === kind.name);
  if (owned.every(({ id }) => found.has(id))) return listed;
  const again = await kind.list(context);
  return [...listed, ...again.filter(({ id }) => !found.has(id))];
}

/** Whether two readings found the same objects, each as it was. */
export function sameVersions(kinds: Kinds, before: Live, now: Live): boolean {
  return [...before].every(([name, objects]) => {
    const kind = kinds.get(name);
    const others = new Map(now.get(name)?.map((object) => [object.id, object]));
    return (
      others.size === objects.length &&
      objects.every((object) => {
        const other = others.get(object.id);
        if (!kind || other?.version !== object.version) return false;
        // Not every version tells everything: another datasource may have become the default.
        return !object.complete || !other.complete || equal(kind.observed(object), kind.observed(other));
      })
    );
  });
}

export interface CompareOptions {
  readonly kinds: Kinds;
  /** Whether an object that isn't ours is to be compared all the same. */
  readonly adopts: (address: string) => boolean;
  readonly emit: Emit;
  /** Keeps both sides of everything that differs, for somebody who draws them. Default: false. */
  readonly keepForms?: boolean;
}

/**
 * Compares the code with what was read. Reads the bodies of those objects alone whose mark says that they, or the code,
 * are another than at the last apply; asks for a dry-run of those alone that still differ.
 */
export async function compareAll(
  context: KindContext,
  desired: readonly Desired[],
  live: Live,
  { kinds, adopts, emit, keepForms = false }: CompareOptions,
): Promise<Comparison[]> {
  const objects = new Map(
    [...live].flatMap(([kind, all]) => all.map((one) => [address({ kind, id: one.id }), one] as const)),
  );
  const pairs = desired.map((one) => ({ desired: one, live: objects.get(address(one)) }));
  await completePairs(context, kinds, pairs, objects, adopts);

  let done = 0;
  return Promise.all(
    pairs.map(async (pair) => {
      const now = objects.get(address(pair.desired));
      const result = await compareMoving(context, kinds, { ...pair, live: now }, live, { adopts, keepForms });
      done++;
      if (result.differences.length > 0) emit({ type: "comparing", done, total: pairs.length });
      return result;
    }),
  );
}

/** How often an object that somebody writes meanwhile is read again before the plan gives up on it. */
const READS_AGAIN = 3;

/** Grafana refuses the dry-run of what was written since it was read: then it is compared as it is now. */
async function compareMoving(context: KindContext, kinds: Kinds, pair: Pair, all: Live, how: How): Promise<Comparison> {
  let { live } = pair;
  for (let reads = 0; ; reads++) {
    try {
      return await compareOne(context, kinds, { ...pair, live }, all, how);
    } catch (error) {
      if (!(error instanceof Conflict || error instanceof NotFound) || reads >= READS_AGAIN) throw error;
      live = await kinds.get(pair.desired.kind)?.find(context, pair.desired.id);
    }
  }
}

type How = Required<Pick<CompareOptions, "adopts" | "keepForms">>;

async function compareOne(
  context: KindContext,
  kinds: Kinds,
  pair: Pair,
  all: Live,
  { adopts, keepForms }: How,
): Promise<Comparison> {
  const { desired, live } = pair;
  const kind = kinds.get(desired.kind);
  if (!kind) throw new Error(`no kind is named ${desired.kind}`);
  const siblings = all.get(desired.kind) ?? [];
  const same: Comparison = { desired, ...(live ? { live } : {}), differences: [], edited: "no", verified: true };
  const otherForm = live?.complete ? kind.comparison?.otherForm?.(live) : undefined;
  if (live && !mustCompare(kind, pair, adopts)) return { ...same, ...(otherForm ? { otherForm } : {}) };

  const obstacle = kind.checks?.obstacle?.(desired, live, siblings);
  const sideEffect = kind.checks?.sideEffect?.(desired, live, siblings);
  const said = {
    ...(obstacle ? { obstacle } : {}),
    ...(sideEffect ? { sideEffect } : {}),
    ...(otherForm ? { otherForm } : {}),
  };
  if (!live) {
    const hidden = await isHidden(context, kind, desired.id);
    const forms = keepForms ? { forms: { wanted: kind.desired(desired, undefined) } } : {};
    return { ...same, ...said, ...forms, ...(hidden ? { hidden } : {}) };
  }

  // What was a secret stays one, wherever the code has it now; and what was written down was hashed without it.
  const former = live.applied?.places;
  const known = former && kind.secrets?.hide ? kind.secrets?.hide(kind.observed(live), former) : undefined;
  const raw = known ?? kind.observed(live);
  const observed = kind.secrets?.redactLike(raw, desired) ?? raw;
  const found = known ?? observed;
  const wanted = kind.desired(desired, live);
  const { changed: secrets, unrecorded, unchecked } = compareSecrets(context, kind, desired, live);
  const resent = unrecorded ? { secretsUnrecorded: unrecorded } : {};
  if (equal(observed, wanted)) {
    return {
      ...same,
      ...(unchecked ? { uncheckedSecrets: unchecked } : {}),
      ...resent,
      ...(secrets ? { ...said, differences: [SECRETS], aside: secrets } : {}),
    };
  }
  const change = (forms: Required<Forms>, differences: readonly Difference[]) =>
    changeSince(context, kind, { live, found, differences, secrets, keepForms, forms });
  if (!kind.comparison?.verify) {
    const differences = differencesOf(kind, observed, wanted);
    const since = await change({ observed, wanted }, differences);
    // Whatever the configuration says beyond the resource is no change that somebody made in Grafana.
    const aside = equal(contentIn(kind, observed), contentIn(kind, wanted));
    const beyond = aside && kind.marking !== "ledger" && live.applied && !isComparable(kind, live.applied);
    return {
      ...same,
      ...said,
      ...since,
      ...(beyond ? { edited: "unknown" } : {}),
      differences: secrets ? [...differences, SECRETS] : differences,
      ...(aside && kind.marking === "ledger" ? { aside: secrets ?? "code" } : {}),
      ...(unchecked && kind.secrets?.sentAlways !== true ? { uncheckedSecrets: unchecked } : {}),
      ...resent,
    };
  }

  const answer = await kind.comparison?.verify(context, { desired, live } satisfies Write);
  const forms = { observed: answer?.before ?? observed, wanted: answer?.after ?? wanted };
  const differences = differencesOf(kind, forms.observed, forms.wanted);
  const since = await change(forms, differences);
  return { ...same, ...said, ...since, differences, verified: answer !== undefined };
}

interface Since {
  readonly live: LiveObject;
  /** Hides the secrets that the object's mark lists. */
  readonly found: JsonObject;
  readonly differences: readonly Difference[];
  readonly secrets: Origin | undefined;
  readonly keepForms: boolean;
  readonly forms: Required<Forms>;
}

/** How an object changed since the last apply. Reads Grafana's history only if marks don't decide it. */
async function changeSince(
  context: KindContext,
  kind: ResourceKind,
  { live, found, differences, secrets, keepForms, forms }: Since,
): Promise<Pick<Comparison, "edited" | "codeUnchanged" | "forms">> {
  const { applied, touched } = live;
  const asks = differences.length > 0 && touched && applied && !isComparable(kind, applied);
  const past = asks ? await kind.reading?.past?.(context, live) : undefined;
  const edited = secrets === "grafana" ? "yes" : editedOf(kind, live, found, past);
  const same = past && equal(contentIn(kind, past.applied), contentIn(kind, forms.wanted));
  return {
    edited,
    ...(same === undefined ? {} : { codeUnchanged: same }),
    ...(edited !== "no" || keepForms ? { forms } : {}),
  };
}

/** What a write of this kind would change, both sides in canonical form. */
export function differencesOf(kind: ResourceKind, before: JsonObject, after: JsonObject): Difference[] {
  return kind.comparison?.differences?.(before, after) ?? diff(before, after);
}

/** A list leaves out what the credentials may not read; a single read refuses it, and says "not found" of what isn't there. */
async function isHidden(context: KindContext, kind: ResourceKind, id: string): Promise<boolean> {
  if (listsAll(context.grafana.permissions, kind.access.readsAll)) return false;
  try {
    await kind.find(context, id);
    return false;
  } catch (error) {
    if (error instanceof Forbidden) return true;
    throw error;
  }
}

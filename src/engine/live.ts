import type { Live, Comparison, Forms } from "./comparison.ts";
import type { Kinds, ResourceKind } from "./resource.ts";
import { completePairs, mustCompare, prepared, type Pair } from "./bodies.ts";
import { diff } from "./diff.ts";
import type { Difference } from "./difference.ts";
import { factsOf } from "./facts.ts";
import type { Emit } from "./events.ts";
import { equal, type JsonObject } from "../util/json.ts";
import { contentIn, editedOf, isComparable, type Edited } from "../ownership/edited.ts";
import { Conflict, Forbidden, NotFound } from "../grafana/errors.ts";
import { inWords, missingToList } from "./permissions.ts";
import { maskedDifference, maskOf } from "../secrets/mask.ts";
import { mustBeReadable } from "../ownership/newer.ts";
import type { Origin } from "./change.ts";
import { lostSecretsNote } from "./secret-addresses.ts";
import { compareSecrets, SECRETS } from "./secret-changes.ts";
import { address, parseAddress, type Desired, type LiveObject } from "./model.ts";
import type { KindContext, Write } from "./kind-context.ts";

interface Reading {
  /** Collects unreadable kinds with the missing permission. Absent: an unreadable kind is an error. */
  readonly unseen?: Map<string, string>;
  /** Objects that may be deleted. They are read individually if the list has no version, because deletions check the version. */
  readonly doomed?: (object: { kind: string; id: string }) => boolean;
}

/**
 * Reads the lists of these kinds concurrently.
 */
export async function readLive(
  context: KindContext,
  kinds: readonly ResourceKind[],
  emit: Emit,
  { unseen, doomed = () => false }: Reading = {},
): Promise<Live> {
  const lists = kinds.map(async (kind) => {
    const lacking = context.grafana.permissions && missingToList(context.grafana.permissions, kind.access);
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

/** Reads a list again if it lacks objects in the ledger, so that one incomplete response does not end their ownership. */
async function listedWithOwned(context: KindContext, kind: ResourceKind): Promise<LiveObject[]> {
  const listed = await kind.list(context);
  const found = new Set(listed.map(({ id }) => id));
  const owned = [...context.ledger.entries.keys()].map(parseAddress).filter((one) => one.kind === kind.name);
  if (owned.every(({ id }) => found.has(id))) return listed;
  const again = await kind.list(context);
  return [...listed, ...again.filter(({ id }) => !found.has(id))];
}

/** Whether two reads found the same objects in the same versions. */
export function sameVersions(kinds: Kinds, before: Live, now: Live): boolean {
  return [...before].every(([name, objects]) => {
    const kind = kinds.get(name);
    const others = new Map(now.get(name)?.map((object) => [object.id, object]));
    return (
      others.size === objects.length &&
      objects.every((object) => {
        const other = others.get(object.id);
        if (!kind || other?.version !== object.version) return false;
        // A version does not cover everything: the default datasource changes without it.
        return !object.complete || !other.complete || equal(kind.observed(object), kind.observed(other));
      })
    );
  });
}

export interface CompareOptions {
  readonly kinds: Kinds;
  /** Whether to compare an object that is not owned. */
  readonly adopts: (address: string) => boolean;
  readonly emit: Emit;
  /** Keep both sides of all differences, to render them. Default: false. */
  readonly keepForms?: boolean;
  /** The addresses of objects that exist, but can't be read. */
  readonly hidden: ReadonlySet<string>;
}

/**
 * Compares the code with the live objects. Reads bodies only if the mark shows that the object or the code may have changed
 * since the last apply, and requests a dry run only for objects that still differ.
 */
export async function compareAll(
  context: KindContext,
  desired: readonly Desired[],
  live: Live,
  { kinds, adopts, emit, hidden, keepForms = false }: CompareOptions,
): Promise<Comparison[]> {
  const objects = new Map(
    [...live].flatMap(([kind, all]) => all.map((one) => [address({ kind, id: one.id }), one] as const)),
  );
  const unreadable = new Map([...hidden].map((name): [string, string | undefined] => [name, undefined]));
  const candidates = desired.map(async (one) => {
    if (objects.has(address(one))) return;
    try {
      const candidate = await kinds.get(one.kind)?.reading?.candidate?.(context, one);
      if (candidate) objects.set(address(one), candidate);
    } catch (error) {
      if (!(error instanceof Forbidden)) throw error;
      unreadable.set(address(one), permissionIn(error));
    }
  });
  await Promise.all(candidates);
  const pairs = desired.map((one) => ({ desired: one, live: objects.get(address(one)) }));
  await completePairs(context, kinds, pairs, objects, adopts);

  let done = 0;
  return Promise.all(
    pairs.map(async (pair) => {
      const now = objects.get(address(pair.desired));
      const how = { adopts, keepForms, unreadable };
      const result = await compareMoving(context, kinds, { ...pair, live: now }, live, how);
      done++;
      if (result.differences.length > 0) emit({ type: "comparing", done, total: pairs.length });
      return result;
    }),
  );
}

/** How often an object that is being changed is read again before the plan fails. */
const READS_AGAIN = 3;

/** If Grafana rejects the dry run because the object has changed since it was read, compares the new version. */
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

/** The permission that Grafana names in its answer. */
function permissionIn({ message }: Forbidden): string | undefined {
  return /ermissions needed: ([\w.:]+)/.exec(message)?.[1];
}

interface How extends Required<Pick<CompareOptions, "adopts" | "keepForms">> {
  /** The addresses of objects that can't be read, with the missing permission if it is known. */
  readonly unreadable: ReadonlyMap<string, string | undefined>;
}

async function compareOne(
  context: KindContext,
  kinds: Kinds,
  pair: Pair,
  all: Live,
  { adopts, keepForms, unreadable }: How,
): Promise<Comparison> {
  const { desired } = pair;
  const kind = kinds.get(desired.kind);
  if (!kind) throw new Error(`no kind is named ${desired.kind}`);
  const unsupported = await kind.checks?.unsupported?.(context, desired);
  const live = unsupported ? pair.live : await prepared(context, kind, pair);
  const siblings = all.get(desired.kind) ?? [];
  const same: Comparison = { desired, ...(live ? { live } : {}), differences: [], edited: "no", verified: true };
  if (unsupported) return { ...same, unsupported };
  const otherForm = live?.complete ? kind.comparison?.otherForm?.(live) : undefined;
  const removal = live?.complete ? kind.checks?.removal?.(desired, live) : undefined;
  if (live && !mustCompare(kind, pair, adopts)) {
    return { ...same, ...(otherForm ? { otherForm } : {}), ...(removal ? { sideEffect: removal } : {}) };
  }

  const obstacle = kind.checks?.obstacle?.(desired, live, siblings);
  const sideEffect = [kind.checks?.sideEffect?.(desired, live, siblings), removal].filter(Boolean).join("; ");
  const revokes = live?.complete ? kind.checks?.revokes?.(desired, live) : undefined;
  const said = {
    ...(obstacle ? { obstacle } : {}),
    ...(revokes ? { revokes } : {}),
    ...(sideEffect ? { sideEffect } : {}),
    ...(otherForm ? { otherForm } : {}),
  };
  if (!live) {
    const hidden = unreadable.has(address(desired));
    const wanted = kind.desired(desired, undefined);
    const forms = keepForms ? { forms: { wanted } } : {};
    const lacking = unreadable.get(address(desired));
    const unread = hidden ? { hidden, ...(lacking === undefined ? {} : { lacking }) } : {};
    return { ...same, ...said, ...forms, facts: factsOf(kind, wanted), ...unread };
  }

  // Secrets of the last apply stay hidden, even if the code has them in another place. The recorded hash does not contain them.
  const former = live.applied?.places;
  const known = former && kind.secrets?.hide ? kind.secrets?.hide(kind.observed(live), former) : undefined;
  const raw = known ?? kind.observed(live);
  const observed = kind.secrets?.redactLike(raw, desired) ?? raw;
  const found = known ?? observed;
  const wanted = kind.desired(desired, live);
  const { changed: secrets, unrecorded, unchecked } = compareSecrets(context, kind, desired, live);
  const resent = unrecorded ? { secretsUnrecorded: unrecorded } : {};
  const isUnknown = secrets === "unknown" || unrecorded === true;
  const withLoss = (edited: Edited) => {
    const loss = lostSecretsNote(context, kind, { desired, live, form: found, wanted, edited, isUnknown });
    const effects = [sideEffect, loss].filter(Boolean).join("; ");
    return { ...said, ...(effects ? { sideEffect: effects } : {}) };
  };
  if (equal(observed, wanted)) {
    return {
      ...same,
      ...(unchecked ? { uncheckedSecrets: unchecked } : {}),
      ...resent,
      ...(secrets ? { ...withLoss("no"), differences: [SECRETS], aside: secrets } : {}),
    };
  }
  const change = (forms: Required<Forms>, differences: readonly Difference[]) =>
    changeSince(context, kind, { live, found, differences, secrets, keepForms, forms });
  if (!kind.comparison?.verify) {
    const differences = differencesOf(kind, observed, wanted);
    const since = await change({ observed, wanted }, differences);
    // Settings of the configuration are not part of the object, so a difference in them is not a change made in Grafana.
    const aside = equal(contentIn(kind, observed), contentIn(kind, wanted));
    const resends = unchecked && kind.secrets?.resends?.(desired, live) === true;
    const beyond = aside && kind.marking !== "ledger" && live.applied && !isComparable(kind, live.applied);
    return {
      ...same,
      ...withLoss(since.edited),
      ...since,
      ...(beyond ? { edited: "unknown" } : {}),
      differences: secrets || resends ? [...differences, SECRETS] : differences,
      ...(aside && kind.marking === "ledger" ? { aside: secrets ?? "code" } : {}),
      ...(unchecked && !resends && kind.secrets?.sentAlways !== true ? { uncheckedSecrets: unchecked } : {}),
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
  /** Hides the secrets that are listed in the object's mark. */
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
  const recorded = kind.comparison?.asRecorded?.(live);
  const form = recorded ? kind.observed(recorded) : found;
  const edited = secrets === "grafana" ? "yes" : editedOf(kind, live, form, past);
  const same = past && equal(contentIn(kind, past.applied), contentIn(kind, forms.wanted));
  return {
    edited,
    ...(same === undefined ? {} : { codeUnchanged: same }),
    ...(edited !== "no" || keepForms ? { forms } : {}),
  };
}

/** What a write of this kind would change, both sides in canonical form. Credentials are masked. */
export function differencesOf(kind: ResourceKind, before: JsonObject, after: JsonObject): Difference[] {
  const differences = kind.comparison?.differences?.(before, after) ?? diff(before, after);
  if (differences.length === 0) return differences;
  const mask = maskOf(before, after);
  return differences.map((one) => maskedDifference(one, mask));
}

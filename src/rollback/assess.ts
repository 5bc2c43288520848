import { sentOnlySecrets } from "./lost-secrets.ts";
import type { Assessed, RollbackInput, RecordedChange, Sent } from "./recorded-change.ts";
import { editedOf, shortParts } from "../ownership/edited.ts";
import {
  contentHashOf,
  formOf,
  hasContent,
  hiddenForm,
  isAsMarked,
  partHashes,
  sameContent,
  sameOwner,
  sameSecrets,
  sameShown,
} from "./forms.ts";
import type { Live } from "../engine/comparison.ts";
import { editedSecrets } from "../engine/secret-addresses.ts";
import { isNamed, selects } from "../engine/selection.ts";
import type { Left } from "../engine/change.ts";
import { address, type LiveObject } from "../engine/model.ts";
import type { ResourceKind } from "../engine/resource.ts";

export function assess(one: RecordedChange, input: RollbackInput): Assessed[] {
  const own = input.kinds.get(one.kind);
  const all = input.live.get(one.kind);
  // The credentials can't read this kind, which the plan reports.
  if (!own || !all) return [];
  const found = all.find(({ id }) => id === one.id);
  const now = found && inSentForm(own, found, one.sent);
  const name = address(one);
  return [{ ...one, own, now, name, decision: decide(one, { own, now, name }, input) }];
}

/** Without a mark, only the recorded content shows in which form the run wrote the object. */
function inSentForm(own: ResourceKind, now: LiveObject, sent: Sent | undefined): LiveObject {
  const stored = sent?.contentHash === undefined ? undefined : own.rollback.asStored?.(now);
  return stored && hasContent(own, stored, sent?.places ?? [], sent?.contentHash ?? "") ? stored : now;
}

function decide(
  one: RecordedChange,
  { own, now, name }: Pick<Assessed, "own" | "now" | "name">,
  input: RollbackInput,
): Assessed["decision"] {
  const { before, sent, done, unknown, hidden } = one;
  if (hidden !== undefined)
    return { reason: "forbidden", message: `the credentials lack the permission to read it (missing: ${hidden})` };
  const carriedOut = isAsSent(one, own, now, input);
  if (unknown !== undefined) {
    // It is unknown what it lost, too.
    return carriedOut || done || one.action === "aside" ? { reason: "obstacle", message: unknown } : "same";
  }
  const places = { now: input.placesNow?.(name) ?? sent?.places ?? [], secrets: input.secrets };
  const isBefore = (former: LiveObject, live: LiveObject) =>
    isSame(own, former, live, one.compared) &&
    sameSecrets(own, former, live, places) &&
    sameShown(own, former, live, input.secrets);
  if (before ? now && isBefore(before, now) : !now) {
    const resends = input.secrets.refresh && carriedOut && sentOnlySecrets(own, before, sent);
    return resends ? "undo" : "same";
  }
  const moved = movedSince(one, { own, now, name, carriedOut }, input);
  // An object that differs from the result of the run is deleted only if it is named.
  const consents = before ? selects : isNamed;
  if (moved && !(moved.reason === "drift" && consents(input.overwriteDrift, name))) return moved;
  // There is no sign that the change was made.
  if (!carriedOut && !done && one.action !== "aside" && !isMarked(sent, now)) return "same";
  return "undo";
}

/** Whether the object, its content and its mark are unchanged. The ledger is restored without a write. */
function isSame(
  own: ResourceKind,
  before: LiveObject,
  now: LiveObject,
  compared: RecordedChange["compared"] = { before, now },
): boolean {
  const sameMark =
    own.marking === "ledger" ||
    (now.applied?.codeHash === before.applied?.codeHash && now.applied?.contentHash === before.applied?.contentHash);
  return sameOwner(own, before, now) && sameMark && sameContent(own, compared.before, compared.now);
}

/** Whether the mark was written by this run. */
function isMarked(sent: Sent | undefined, now: LiveObject | undefined): boolean {
  return (
    sent?.ours === true &&
    now?.ownership.state === "ours" &&
    now.applied !== undefined &&
    now.applied.codeHash === sent.codeHash
  );
}

/** Whether nothing contradicts that the run wrote this object. Without a mark, its content must match. */
function mayBeSent(sent: Sent, now: LiveObject): boolean {
  const { state } = now.ownership;
  if (now.applied) return isMarked(sent, now);
  return (
    sent.contentHash !== undefined && (state === "unknown" || (state === "ours") === sent.ours) && state !== "locked"
  );
}

/** Whether each part has the content of the run or the one before it: the run or its rollback was interrupted between two requests. */
function isHalfSent(own: ResourceKind, { sent, before }: RecordedChange, now: LiveObject): boolean {
  if (!own.writing?.parts || sent?.parts === undefined) return false;
  const observed = own.observed(now);
  const as = partHashes(own, own.secrets?.hide?.(observed, sent.places ?? []) ?? observed);
  const [current, was] = before
    ? [partHashes(own, formOf(own, now, before)), partHashes(own, formOf(own, before, now))]
    : [as, {}];
  return Object.keys(as).every((name) => as[name] === sent.parts?.[name] || current[name] === was[name]);
}

/** Whether an interrupted run or rollback left this state, so it is not a change made in Grafana. */
function isAsStopped(own: ResourceKind, now: LiveObject, before: LiveObject | undefined): boolean {
  const places = now.applied?.places ?? [];
  const form = hiddenForm(own, now, places);
  if (editedOf(own, now, form) === "no") return true;
  const replaced = now.applied?.transition?.former?.parts;
  const parts = shortParts(own, form);
  if (!before || !replaced || !parts) return false;
  const was = shortParts(own, hiddenForm(own, before, places)) ?? {};
  return Object.entries(parts).every(([name, part]) => part === replaced[name] || part === was[name]);
}

/** Whether the object is the result of the run, or a part of it if the run or its rollback was interrupted. */
function isAsSent(
  former: RecordedChange,
  own: ResourceKind,
  now: LiveObject | undefined,
  { secrets, live, changes }: RollbackInput,
): boolean {
  const { sent, before, entry, done, action } = former;
  // An interrupted rollback had already recorded what it restores.
  if (entry && now?.applied?.pending && now.applied.codeHash === entry.codeHash) return isAsStopped(own, now, before);
  if (!sent) {
    if (now && own.rollback.isReset?.(now)) return true;
    const mayBeLess = action === "aside" || (!done && now?.ownership.state === "ours");
    if (now) return mayBeLess && before !== undefined && own.sharedParts?.lostOnly(before, now) === true;
    if (action !== "aside") return true;
  }
  // Its last part was taken by another object before it was written.
  if (!now) return !done && before !== undefined && wentToOthers(own, before, live, changes);
  if (!done && before && own.writing?.uniqueTitles?.isTemporary(now) && own.sharedParts?.lostOnly(before, now))
    return true;
  if (!sent || !mayBeSent(sent, now)) return false;
  if (now.applied?.pending) return isAsStopped(own, now, before);
  if (sent.contentHash !== undefined) {
    const isSent = hasContent(own, now, sent.places ?? [], sent.contentHash);
    return (isSent && !isMoved(own, before, now, sent.contentHash)) || isHalfSent(own, former, now);
  }
  if (now.touched && isMoved(own, before, now, now.applied?.contentHash)) return false;
  return isAsMarked(own, now) && editedSecrets({ kind: own, live: now, secrets }).length === 0;
}

/** Whether a user moved an object whose code did not state its place. A restore would move it back. */
function isMoved(
  own: ResourceKind,
  before: LiveObject | undefined,
  now: LiveObject,
  sent: string | undefined,
): boolean {
  if (!own.placement || !before || before.parent === now.parent) return false;
  return contentHashOf(own, now, now.applied?.places ?? []) !== sent;
}

/** Why the object must not be rolled back: it has changed since the run. */
function movedSince(
  { action, sent, before, done }: RecordedChange,
  { own, now, name, carriedOut }: Pick<Assessed, "own" | "now" | "name"> & { carriedOut: boolean },
  { changes, live, later }: RollbackInput,
): Left | undefined {
  const run = later.get(name);
  const by = run === undefined ? "in Grafana" : `by run ${run}`;
  const drift = (what: string): Left => ({
    reason: "drift",
    message: `${what} since the run, ${by}`,
    hint: `restore it anyway with --overwrite-drift ${name}`,
  });
  if (carriedOut) {
    const taker = before && holdersOf(own, before, live, changes).find((holder) => holder?.changed === false);
    return taker && drift(`lost a part to ${taker.name}`);
  }
  if (action !== "aside" && !done && !isMarked(sent, now)) return undefined;
  if (!now) return before ? drift("was deleted") : undefined;
  const { ownership } = now;
  if (ownership.state === "locked") {
    return { reason: "locked", message: `managed by ${ownership.manager}: ${ownership.why}` };
  }
  if (ownership.state === "foreign" && sent?.ours !== false) {
    const message = sent
      ? "is no longer owned by this project"
      : "was created again since the run, and is not owned by this project";
    return { reason: "obstacle", message };
  }
  // Only its content could prove that the run created it.
  if (!before && ownership.state === "unknown") {
    const message = `was changed since the run, ${by}, so that it is unknown whether this project created it; delete it manually`;
    return { reason: "obstacle", message };
  }
  return drift(sent || action === "aside" ? "was changed" : "was created again");
}

function wentToOthers(own: ResourceKind, before: LiveObject, live: Live, changes: readonly RecordedChange[]): boolean {
  const holders = holdersOf(own, before, live, changes);
  return holders.length > 0 && holders.every((holder) => holder?.changed === true);
}

interface Holder {
  readonly name: string;
  /** Whether the run changed it. */
  readonly changed: boolean;
}

/** For each part that an object had: the other object that has it now, if there is one. */
function holdersOf(
  own: ResourceKind,
  before: LiveObject,
  live: Live,
  changes: readonly RecordedChange[],
): (Holder | undefined)[] {
  const run = new Set(changes.map(address));
  const others = (live.get(own.name) ?? []).filter(({ id }) => id !== before.id);
  return (own.sharedParts?.held(before) ?? []).map((part) => {
    const holder = others.find((object) => own.sharedParts?.held(object).includes(part));
    const name = holder && address({ kind: own.name, id: holder.id });
    return name === undefined ? undefined : { name, changed: run.has(name) };
  });
}

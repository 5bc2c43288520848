import type { SecretUse } from "../secrets/secret.ts";
import type { Kinds, ResourceKind } from "../engine/resource.ts";
import { contentIn, recordedOf, shortParts } from "./edited.ts";
import { hasContent, hiddenForm } from "../rollback/forms.ts";
import { hash, type JsonObject } from "../util/json.ts";
import type { LedgerEntry, Share } from "./ledger-entry.ts";
import { FORM, type Transition } from "./marker.ts";
import type { ExecutablePlan } from "../engine/executable-plan.ts";
import { parseAddress, type LiveObject } from "../engine/model.ts";
import type { KindContext, Restore, Write } from "../engine/kind-context.ts";

// The ledger entries of an object before, during and after a write.

/** The pending entry of a write, with the content that it replaces. Undefined if the object loses its owner. */
export function announcedEntry(
  context: KindContext,
  prepared: ExecutablePlan,
  kinds: Kinds,
  name: string,
  upsert: Write | Restore,
): LedgerEntry | undefined {
  const kind = kindOf(kinds, name);
  const now = context.ledger.entries.get(name);
  if ("desired" in upsert) {
    const { desired, live } = upsert;
    const own = kind.secrets?.places?.(desired);
    // Until the write is done, Grafana has either the former secrets or the new ones.
    const places = own && [...(now?.places ?? []), ...own];
    const form = kind.desired(desired, live);
    const sent = places && kind.secrets?.hide ? kind.secrets?.hide(form, places) : form;
    return {
      form: FORM,
      codeHash: desired.hash,
      contentHash: hash(contentIn(kind, sent, desired)),
      pending: true,
      transition: transitionOf(kind, { live, sent, places, entry: now }, prepared),
      // It isn't known yet whether Grafana gets the new ones.
      ...(now?.secrets === undefined ? {} : { secrets: now.secrets }),
      ...(places ? { places } : {}),
      ...pendingShare(kind.sharing?.share(form), now?.share),
      ...recordedOf(kind, desired),
    };
  }
  const entry = prepared.entries.get(name);
  if (!entry) return undefined;
  const { before, live } = upsert;
  const places = entry.places && [...entry.places, ...(now?.places ?? [])];
  const sent = hiddenForm(kind, before, places ?? []);
  // A change made in Grafana before the run is still drift.
  const unedited = hasContent(kind, before, entry.places ?? [], entry.contentHash);
  return {
    ...entry,
    ...(unedited ? { contentHash: hash(contentIn(kind, sent)) } : {}),
    pending: true,
    transition: transitionOf(kind, { live, sent: unedited ? sent : undefined, places, entry: now }, prepared),
    ...(places ? { places } : {}),
    ...pendingShare(entry.share, now?.share),
  };
}

/** Until a write is done, Grafana has either the former parts or the new ones. The former order lets the next plan repeat a change of it. */
function pendingShare(sent: Share | undefined, now: Share | undefined): Pick<LedgerEntry, "share"> {
  if (!sent) return {};
  const former = new Set([...(now?.parts ?? []), ...(now?.former ?? [])]);
  const { order } = now ?? sent;
  return { share: { order, parts: sent.parts, ...(former.size > 0 ? { former: [...former] } : {}) } };
}

/** The pending entry of an object that is deleted or loses parts to others, so that the rest of it is not a change made in Grafana. */
export function endingEntry(
  kind: ResourceKind,
  entry: LedgerEntry,
  live: LiveObject,
  prepared: ExecutablePlan,
): LedgerEntry {
  const { places } = entry;
  const { former, renamed } = transitionOf(kind, { live, sent: undefined, places, entry }, prepared);
  const parts = shortParts(kind, contentIn(kind, hiddenForm(kind, live, places ?? [])));
  return {
    ...entry,
    pending: true,
    transition: {
      deleted: true,
      ...(former ? { former: { ...former, ...(parts ? { parts } : {}) } } : {}),
      ...(parts ? { parts: {} } : {}),
      ...(renamed ? { renamed } : {}),
    },
  };
}

/** The entry after a write. It has no fingerprint or places of former secrets. */
export function sentEntry(
  { secrets }: KindContext,
  kinds: Kinds,
  { desired, live }: Write,
  { secrets: former }: LedgerEntry,
): LedgerEntry {
  const kind = kinds.get(desired.kind);
  if (!kind) throw new Error(`no kind is named ${desired.kind}`);
  const places = kind.secrets?.places?.(desired);
  const uses = places ?? kind.secrets?.uses(desired.resource) ?? [];
  const fingerprint = secrets.fingerprint(uses) ?? (uses.length > 0 ? former : undefined);
  const form = kind.desired(desired, live);
  return {
    form: FORM,
    codeHash: desired.hash,
    contentHash: hash(contentIn(kind, form, desired)),
    pending: false,
    ...(fingerprint === undefined ? {} : { secrets: fingerprint }),
    ...(places ? { places } : {}),
    ...(kind.sharing ? { share: kind.sharing.share(form) } : {}),
    ...recordedOf(kind, desired),
  };
}

/** The entry that an object had, with the fingerprint of the secrets that were sent now. */
export function restoredEntry(
  { secrets }: KindContext,
  kinds: Kinds,
  { entries }: ExecutablePlan,
  name: string,
): LedgerEntry | undefined {
  const before = entries.get(name);
  if (!before || !kindOf(kinds, name).secrets?.places) return before;
  const { secrets: _, ...entry } = before;
  const fingerprint = secrets.fingerprint(entry.places ?? []);
  return { ...entry, ...(fingerprint === undefined ? {} : { secrets: fingerprint }) };
}

interface Transiting {
  readonly live: LiveObject | undefined;
  /** The canonical form that is sent; undefined if the entry needs no hashes of its parts. */
  readonly sent: JsonObject | undefined;
  readonly places: readonly SecretUse[] | undefined;
  readonly entry: LedgerEntry | undefined;
}

function transitionOf(
  kind: ResourceKind,
  { live, sent, places, entry }: Transiting,
  { renamed }: Pick<ExecutablePlan, "renamed">,
): Transition {
  const found = live && hiddenForm(kind, live, places ?? []);
  const parts = sent && shortParts(kind, contentIn(kind, sent));
  const former = found && shortParts(kind, contentIn(kind, found));
  // Saves space: a write of one request can't leave a mixture, unless other objects take parts of this one.
  const recordsParts = kind.writing?.isPartial !== undefined || (parts !== undefined && !sameNames(parts, former));
  return {
    ...(found
      ? {
          former: {
            codeHash: entry?.codeHash ?? "",
            contentHash: hash(contentIn(kind, found)),
            ...(recordsParts && former ? { parts: former } : {}),
          },
        }
      : {}),
    ...(recordsParts && parts ? { parts } : {}),
    ...(kind.comparison?.renamed && renamed.size > 0 ? { renamed: [...renamed] } : {}),
  };
}

function sameNames(one: object, other: object | undefined): boolean {
  const names = Object.keys(one);
  return other !== undefined && names.length === Object.keys(other).length && names.every((name) => name in other);
}

function kindOf(kinds: Kinds, name: string): ResourceKind {
  const kind = kinds.get(parseAddress(name).kind);
  if (!kind) throw new Error(`no kind is named ${name}`);
  return kind;
}

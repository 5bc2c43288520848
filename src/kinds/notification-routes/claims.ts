import { address, parseAddress } from "../../engine/model.ts";
import type { KindContext } from "../../engine/kind-context.ts";
import type { Ledger } from "../../ownership/ledger.ts";
import type { LedgerEntry } from "../../ownership/ledger-entry.ts";
import type { Claim } from "./recognition.ts";

export const KIND = "notification-routes";

/** The whole default tree, as `notificationPolicy` manages it. */
const WHOLE_TREE = "notification-policy/default";

type Who = Pick<KindContext, "owner" | "repository">;

/** The recorded routes of one resource. */
export function claimOf(
  { owner, repository = "" }: Who,
  name: string,
  {
    share = { order: 0, parts: [] },
    pending = false,
  }: Pick<LedgerEntry, "share"> & Partial<Pick<LedgerEntry, "pending">>,
): Claim {
  return { key: JSON.stringify([owner, repository, name]), owner, share, pending };
}

/** The recorded routes of this project. */
export function ownClaims({ ledger, ...who }: Pick<KindContext, "ledger"> & Who): Claim[] {
  return claimsIn(ledger.entries, who);
}

/** The recorded routes of all other projects. */
export function claimsOfOthers({ neighbors }: Ledger): Claim[] {
  return (neighbors?.() ?? []).flatMap(({ entries, ...who }) => claimsIn(entries, who));
}

function claimsIn(entries: ReadonlyMap<string, LedgerEntry>, who: Who): Claim[] {
  return [...entries].flatMap(([name, entry]) =>
    entry.share && parseAddress(name).kind === KIND ? [claimOf(who, name, entry)] : [],
  );
}

/** Who manages the whole default tree: this project, or another one. */
export function wholeTreeOwner({ ledger, owner }: Pick<KindContext, "ledger"> & Who): string | undefined {
  if (ledger.entries.has(WHOLE_TREE)) return owner;
  return ledger.neighbors?.().find(({ entries }) => entries.has(WHOLE_TREE))?.owner;
}

export function addressOf(id: string): string {
  return address({ kind: KIND, id });
}

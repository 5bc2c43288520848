import type { KindContext } from "../../engine/kind-context.ts";
import { address, type LiveObject, type Ownership } from "../../engine/model.ts";
import { markerOf, unlistedOwnership } from "../../ownership/ledger.ts";

/** The ownership of an object of access, which can keep no mark. `unlisted`: for an object that no project owns. */
export function ownershipIn(
  { grafana, ledger, ...who }: KindContext,
  kind: string,
  id: string,
  unlisted?: Ownership,
): Pick<LiveObject, "ownership" | "applied"> {
  if (!grafana.marks) return { ownership: { state: "unknown", markable: false } };
  const name = address({ kind, id });
  const entry = ledger.entries.get(name);
  if (entry) return { ownership: { state: "ours" }, applied: markerOf(entry, id) };
  const ownership = unlistedOwnership({ ...who, ledger }, name);
  if (ownership.state !== "foreign" || ownership.byName) return { ownership };
  const other = ledger.neighbors?.().find(({ entries }) => entries.has(name));
  if (other) return { ownership: { state: "foreign", note: `owned by the project "${other.owner}"` } };
  return { ownership: unlisted ?? ownership };
}

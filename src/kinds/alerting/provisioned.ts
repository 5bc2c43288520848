import type { KindContext } from "../../engine/kind-context.ts";
import { address, type LiveObject, type Ownership } from "../../engine/model.ts";
import { markerOf, unlistedOwnership } from "../../ownership/ledger.ts";
import type { AppliedMarker } from "../../ownership/marker.ts";

// The common parts of the five alerting kinds, which can't have a mark and have a provenance.

export interface Provisioned {
  /** `api`, `file`, or empty for objects that were created in the UI or without a provenance. */
  readonly provenance: string;
  /** The provenance that the configuration sets; undefined: keep the current one. */
  readonly wantedProvenance: string | undefined;
}

/** The part of a live object that is read the same way for all these kinds. */
export function provisionedObject(
  context: KindContext,
  { kind, id, title = id, version, provenance }: Identity,
): LiveObject & Provisioned {
  return {
    id,
    title,
    version,
    ...ledgerOwnership(context, address({ kind, id }), id, provenance),
    ...provenanceOf(context, provenance),
    complete: true,
  };
}

interface Identity {
  readonly kind: string;
  readonly id: string;
  /** Default: the id, which is a name. */
  readonly title?: string;
  readonly version: string;
  readonly provenance: string;
}

/**
 * The ownership of an object according to the ledger. Provenance `api` proves nothing, because Terraform and curl write it
 * too. Without a ledger, an object without provenance is not owned.
 */
function ledgerOwnership(
  context: KindContext,
  address: string,
  id: string,
  provenance: string,
): { ownership: Ownership; applied?: AppliedMarker; touched: true } {
  const { ledger, grafana, settings } = context;
  const entry = ledger.entries.get(address);
  if (provenance === "file") {
    const why = "it is provisioned from a file on Grafana's disk; remove it from that file first";
    return { ownership: { state: "locked", manager: "file provisioning", why }, touched: true };
  }
  if (!grafana.marks)
    return { ownership: provenance || settings.provenance === "none" ? UNKNOWN : MADE_BY_HAND, touched: true };
  if (entry) return { ownership: { state: "ours" }, applied: markerOf(entry, id), touched: true };
  return { ownership: unlistedOwnership(context, address), touched: true };
}

const UNKNOWN: Ownership = { state: "unknown", markable: false };

/** By default, all writes of this tool to such a Grafana set a provenance. */
const MADE_BY_HAND: Ownership = {
  state: "foreign",
  note: "created in the UI or without a provenance, so not by this project",
  hint: 'which makes it read-only in the UI; if the configuration sets alerting.provenance to "none", it needs no adoption and stays editable',
  evenIfEqual: false,
};

/** The setting in Grafana's notation. */
function provenanceOf({ settings }: KindContext, provenance: string): Provisioned {
  const wanted = settings.provenance === undefined ? undefined : settings.provenance === "none" ? "" : "api";
  return { provenance, wantedProvenance: wanted };
}

/** Whether another owner has the object, so that no parts of it may be taken. */
export function isOthers({ ownership: { state } }: LiveObject): boolean {
  return state === "foreign" || state === "locked";
}

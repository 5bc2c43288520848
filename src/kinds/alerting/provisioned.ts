import type { KindContext } from "../../engine/kind-context.ts";
import { address, type LiveObject, type Ownership } from "../../engine/model.ts";
import { markerOf } from "../../ownership/ledger.ts";
import type { AppliedMarker } from "../../ownership/marker.ts";

// What the five alerting kinds share: they can't be marked themselves, and have a provenance.

export interface Provisioned {
  /** `api`, `file`, or empty: made in the UI, or without a provenance. */
  readonly provenance: string;
  /** What the configuration asks for; undefined leaves it as it is. */
  readonly wantedProvenance: string | undefined;
}

/** The part of a live object that all these kinds read alike. */
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
 * Whose an object is, as the ledger has it. Provenance `api` proves nothing: Terraform and curl write it, too. Where there is
 * no ledger, the lack of it proves that it isn't ours.
 */
function ledgerOwnership(
  { ledger, grafana, settings }: KindContext,
  address: string,
  id: string,
  provenance: string,
): { ownership: Ownership; applied?: AppliedMarker; touched: true } {
  const entry = ledger.entries.get(address);
  if (provenance === "file") {
    const why = "it is provisioned from a file on Grafana's own disk: remove it from that file first";
    return { ownership: { state: "locked", manager: "file provisioning", why }, touched: true };
  }
  if (!grafana.marks)
    return { ownership: provenance || settings.provenance === "none" ? UNKNOWN : MADE_BY_HAND, touched: true };
  if (entry) return { ownership: { state: "ours" }, applied: markerOf(entry, id), touched: true };
  return { ownership: { state: "foreign" }, touched: true };
}

const UNKNOWN: Ownership = { state: "unknown", markable: false };

/** Everything that is written by default there gets a provenance. */
const MADE_BY_HAND: Ownership = {
  state: "foreign",
  note: "made in its UI or without a provenance, so not by this project",
  hint: 'which locks it in the UI; with alerting.provenance "none" in the configuration neither is needed',
  evenIfEqual: false,
};

/** The setting as Grafana spells it. */
function provenanceOf({ settings }: KindContext, provenance: string): Provisioned {
  const wanted = settings.provenance === undefined ? undefined : settings.provenance === "none" ? "" : "api";
  return { provenance, wantedProvenance: wanted };
}

/** Whether nothing of it may be taken. */
export function isOthers({ ownership: { state } }: LiveObject): boolean {
  return state === "foreign" || state === "locked";
}

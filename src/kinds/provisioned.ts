import type { KindContext, Ownership } from "../engine/resource.ts";
import { markerOf } from "../engine/ledger.ts";
import type { AppliedMarker } from "../engine/marker.ts";
import type { Json } from "../engine/json.ts";

// What the five alerting kinds share: they can't be marked themselves, and have a provenance.

/** Notification objects are read, changed and written as one document: two writes at once would lose one of them. */
export const NOTIFICATIONS = "notifications";

export interface Provisioned {
  /** `api`, `file`, or empty: made in the UI, or without a provenance. */
  readonly provenance: string;
  /** What the configuration asks for; undefined leaves it as it is. */
  readonly wantedProvenance: string | undefined;
}

/** Whose an object is, as the ledger has it. Provenance `api` proves nothing: Terraform and curl write it, too. */
export function ledgerOwnership(
  { ledger }: KindContext,
  address: string,
  id: string,
  provenance: string,
): { ownership: Ownership; applied?: AppliedMarker; touched: true } {
  const entry = ledger.entries.get(address);
  if (provenance === "file") {
    const why = "it is provisioned from a file on Grafana's own disk: remove it from that file first";
    return { ownership: { state: "locked", manager: "file provisioning", why }, touched: true };
  }
  if (entry) return { ownership: { state: "ours" }, applied: markerOf(entry, id), touched: true };
  return { ownership: { state: "foreign" }, touched: true };
}

/** The setting as Grafana spells it. */
export function provenanceOf({ settings }: KindContext, provenance: string): Provisioned {
  const wanted = settings.provenance === undefined ? undefined : settings.provenance === "none" ? "" : "api";
  return { provenance, wantedProvenance: wanted };
}

/** Keeps an existing object's provenance, unless the configuration says another. */
export function provenanceHeaders({ settings }: KindContext, live: Provisioned | undefined): Record<string, string> {
  const none = settings.provenance === "none" || (settings.provenance === undefined && live?.provenance === "");
  return none ? { "X-Disable-Provenance": "true" } : {};
}

/** Adds what the configuration asks for, where it asks: a difference of its own. */
export function withProvenance<Form extends Record<string, Json>>(
  form: Form,
  live: Provisioned | undefined,
  provenance: string | undefined,
): Form {
  if (!live || live.wantedProvenance === undefined) return form;
  return { ...form, provenance: provenance || "none" };
}

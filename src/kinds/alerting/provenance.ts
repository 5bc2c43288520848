import type { Limits } from "../../engine/facets.ts";
import type { KindContext, Restore } from "../../engine/kind-context.ts";
import type { LiveObject } from "../../engine/model.ts";
import type { Json, JsonObject } from "../../util/json.ts";
import type { Provisioned } from "./provisioned.ts";

/**
 * Keeps an existing object's provenance, unless the configuration says another. Where there is no ledger it is all that tells
 * what was adopted: one that had none gets one.
 */
export function provenanceHeaders(
  { settings, grafana }: KindContext,
  live: Provisioned | undefined,
): Record<string, string> {
  const keeps = settings.provenance === undefined && grafana.marks;
  const none = settings.provenance === "none" || (keeps && live?.provenance === "");
  return none ? { "X-Disable-Provenance": "true" } : {};
}

/** A deletion is of what is there: Grafana refuses one in the name of another provenance. */
export function removalHeaders(live: Pick<Provisioned, "provenance">): Record<string, string> {
  return live.provenance === "" ? { "X-Disable-Provenance": "true" } : {};
}

/** As an object was; Grafana takes a provenance away from nothing but rules. */
export function restoreHeaders(
  before: Pick<Provisioned, "provenance">,
  live: Pick<Provisioned, "provenance"> | undefined,
): Record<string, string> {
  return removalHeaders({ provenance: live?.provenance || before.provenance });
}

/** What of a provenance `restoreHeaders` can't bring back; `what` with its article. */
export function provenanceLimits(what: string, { before, live }: Restore<LiveObject & Provisioned>): Limits {
  if (before.provenance !== "" || live?.provenance !== "api") return { losses: [] };
  return { losses: [`it stays locked in Grafana's UI: Grafana does not give ${what} back`] };
}

/** Grafana gives none of these back to its UI; `what` with its article. */
export function provenanceObstacle(what: string, live: Provisioned | undefined): string | undefined {
  if (live?.wantedProvenance !== "" || live.provenance !== "api") return undefined;
  return `Grafana does not give ${what} back to its UI: delete it and apply again, or leave out alerting.provenance "none"`;
}

/** A canonical form without what the configuration adds to it. */
export function withoutProvenance({ provenance: _, ...form }: JsonObject): JsonObject {
  return form;
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

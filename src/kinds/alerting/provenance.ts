import type { Limits } from "../../engine/facets.ts";
import type { KindContext, Restore } from "../../engine/kind-context.ts";
import type { LiveObject } from "../../engine/model.ts";
import type { Json, JsonObject } from "../../util/json.ts";
import type { Provisioned } from "./provisioned.ts";

/**
 * Keeps the provenance of an existing object unless the configuration sets one. Without a ledger, the provenance is the only
 * sign of ownership, so an object without one gets one.
 */
export function provenanceHeaders(
  { settings, grafana }: KindContext,
  live: Provisioned | undefined,
): Record<string, string> {
  const keeps = settings.provenance === undefined && grafana.marks;
  const none = settings.provenance === "none" || (keeps && live?.provenance === "");
  return none ? { "X-Disable-Provenance": "true" } : {};
}

/** A deletion must have the object's provenance: Grafana rejects any other. */
export function removalHeaders(live: Pick<Provisioned, "provenance">): Record<string, string> {
  return live.provenance === "" ? { "X-Disable-Provenance": "true" } : {};
}

/** Restores the former provenance. Grafana can remove one only from rules. */
export function restoreHeaders(
  before: Pick<Provisioned, "provenance">,
  live: Pick<Provisioned, "provenance"> | undefined,
): Record<string, string> {
  return removalHeaders({ provenance: live?.provenance || before.provenance });
}

/** The part of a provenance that `restoreHeaders` can't restore. `what`: the object with its article. */
export function provenanceLimits(what: string, { before, live }: Restore<LiveObject & Provisioned>): Limits {
  if (before.provenance !== "" || live?.provenance !== "api") return { losses: [] };
  return { losses: [`it remains read-only in Grafana's UI, because Grafana can't remove the provenance of ${what}`] };
}

/** Grafana can't make these objects editable again. `what`: the object with its article. */
export function provenanceObstacle(what: string, live: Provisioned | undefined): string | undefined {
  if (live?.wantedProvenance !== "" || live.provenance !== "api") return undefined;
  return `Grafana can't make ${what} editable in its UI again; delete it and apply again, or remove alerting.provenance "none" from the configuration`;
}

/** A canonical form without the provenance of the configuration. */
export function withoutProvenance({ provenance: _, ...form }: JsonObject): JsonObject {
  return form;
}

/** Adds the provenance of the configuration, if it sets one, as a separate difference. */
export function withProvenance<Form extends Record<string, Json>>(
  form: Form,
  live: Provisioned | undefined,
  provenance: string | undefined,
): Form {
  if (!live || live.wantedProvenance === undefined) return form;
  return { ...form, provenance: provenance || "none" };
}

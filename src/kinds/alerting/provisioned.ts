import { z } from "zod";
import type { Access } from "../../engine/resource.ts";
import type { KindContext, Restore } from "../../engine/kind-context.ts";
import type { Limits } from "../../engine/facets.ts";
import type { LiveObject, Ownership } from "../../engine/model.ts";
import { markerOf } from "../../ownership/ledger.ts";
import type { AppliedMarker } from "../../ownership/marker.ts";
import { equal, isObject, type Json, type JsonObject } from "../../util/json.ts";
import { ask, Nothing } from "../../grafana/ask.ts";
import { unlessNotFound } from "../../grafana/errors.ts";

// What the five alerting kinds share: they can't be marked themselves, and have a provenance.

/** Notification objects are read, changed and written as one document: two writes at once would lose one of them. */
export const NOTIFICATIONS = "notifications";

/** All four kinds are guarded alike (`pkg/services/ngalert/api/authorization.go`); the narrowest alternative stands first. */
export const NOTIFICATION_ACCESS: Access = (() => {
  const write = {
    any: [
      { action: "alert.notifications.provisioning:write" },
      { action: "alert.provisioning:write" },
      { all: [{ action: "alert.notifications:write" }, { action: "alert.provisioning.provenance:write" }] },
    ],
  };
  const read = {
    any: [
      { action: "alert.notifications.provisioning:read" },
      { action: "alert.notifications:read" },
      { action: "alert.provisioning:read" },
      { action: "alert.provisioning.secrets:read" },
    ],
  };
  return { read, write: () => write, restore: () => write, remove: () => write };
})();

export interface Provisioned {
  /** `api`, `file`, or empty: made in the UI, or without a provenance. */
  readonly provenance: string;
  /** What the configuration asks for; undefined leaves it as it is. */
  readonly wantedProvenance: string | undefined;
}

/**
 * Whose an object is, as the ledger has it. Provenance `api` proves nothing: Terraform and curl write it, too. Where there is
 * no ledger, the lack of it proves that it isn't ours.
 */
export function ledgerOwnership(
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

/** Whether nothing of it may be taken. */
export function isOthers({ ownership: { state } }: LiveObject): boolean {
  return state === "foreign" || state === "locked";
}

/** The setting as Grafana spells it. */
export function provenanceOf({ settings }: KindContext, provenance: string): Provisioned {
  const wanted = settings.provenance === undefined ? undefined : settings.provenance === "none" ? "" : "api";
  return { provenance, wantedProvenance: wanted };
}

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

/** Deletes exactly the version that was read from a collection. An object that no longer exists is a success. */
export async function removeVersion(
  { grafana }: KindContext,
  path: string,
  live: LiveObject & Pick<Provisioned, "provenance">,
): Promise<void> {
  const version = `${path}/${encodeURIComponent(live.id)}?version=${encodeURIComponent(live.version)}`;
  const request = { method: "DELETE", path: version, headers: removalHeaders(live) } as const;
  await unlessNotFound(ask(grafana.client, request, Nothing));
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

/**
 * Grafana renames a contact point wherever it is used, when the last of its integrations takes another name. What that
 * changed between a plan and a write is no change of somebody else's: everything is equal but receivers that are there
 * no longer.
 */
export async function onlyRenamed({ grafana }: KindContext, before: Json, now: Json): Promise<boolean> {
  const former = new Set<string>();
  if (!equalBut(before, now, former)) return false;
  if (former.size === 0) return true;
  const request = { method: "GET", path: "/api/v1/provisioning/contact-points" } as const;
  const names = await ask(grafana.client, request, z.array(z.looseObject({ name: z.string() })));
  return names.every(({ name }) => !former.has(name));
}

/** Equal but for receivers, whose former names are collected. */
function equalBut(before: Json | undefined, now: Json | undefined, former: Set<string>, key = ""): boolean {
  if (key === "receiver" && typeof before === "string" && typeof now === "string") {
    if (before !== now) former.add(before);
    return true;
  }
  if (Array.isArray(before) && Array.isArray(now)) {
    return before.length === now.length && before.every((item, index) => equalBut(item, now[index], former));
  }
  if (!isObject(before) || !isObject(now)) return equal(before, now);
  const keys = Object.keys(before);
  return (
    keys.length === Object.keys(now).length &&
    keys.every((name) => name in now && equalBut(before[name], now[name], former, name))
  );
}

/** The settings of a route, or of a rule's notifications, with receivers renamed. */
export function withReceivers(settings: JsonObject, names: ReadonlyMap<string, string>): JsonObject {
  const { receiver, routes } = settings;
  return {
    ...settings,
    ...(typeof receiver === "string" ? { receiver: names.get(receiver) ?? receiver } : {}),
    ...(Array.isArray(routes)
      ? { routes: routes.map((route) => (isObject(route) ? withReceivers(route, names) : route)) }
      : {}),
  };
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

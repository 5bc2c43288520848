import { isSchemaV2 } from "./dashboard-views.ts";
import { isObject, text } from "./json.ts";
import type { Mode } from "./mode.ts";
import { annotation, internalIdLabel, type Draft } from "./k8s/metadata.ts";
import type { StoredObject } from "./k8s/objects.ts";
import { badRequest, failure } from "./k8s/status.ts";

/** Rejects writes to objects that Git sync manages. */
export function validateManager(draft: Draft, mode: Mode): void {
  if (draft.annotations[annotation.managedBy] !== "repo") return;
  const message = "this resource is managed by a repository";
  throw mode === "unified" ? failure(403, message, "Forbidden") : failure(500, message);
}

/** Moves metadata out of the spec. Exported JSON contains it. */
export function takeOutServerFields(draft: Draft): void {
  const { spec } = draft;
  delete spec["uid"];
  delete spec["version"];
  if (typeof spec["id"] !== "number") return;
  const id = Math.trunc(spec["id"]);
  delete spec["id"];
  if (id !== 0) draft.labels = { ...draft.labels, [internalIdLabel]: String(id) };
}

/** Rejects a change of the internal id. */
export function keepsInternalId(draft: Draft, previous: StoredObject): void {
  const id = draft.labels[internalIdLabel];
  if (id === undefined || id === previous.metadata.labels?.[internalIdLabel]) return;
  throw badRequest(`cannot change the ID of a dashboard. set the label ${internalIdLabel} to the previous value`);
}

/** Checks title, uid, message, tags and refresh. */
export function validateDashboard(draft: Draft): void {
  const { spec, name } = draft;
  validateTitle(text(spec["title"]));
  if ((draft.annotations[annotation.message] ?? "").length > 500) {
    throw badRequest("message too long, max 500 characters");
  }
  if (!/^[a-zA-Z0-9_-]*$/.test(name)) throw badRequest("uid contains illegal characters");
  if (name.length > 40) throw badRequest("uid too long, max 40 characters");
  const tags = Array.isArray(spec["tags"]) ? spec["tags"] : [];
  if (tags.some((tag) => Buffer.byteLength(text(tag)) > 50)) {
    throw badRequest("dashboard tag too long, max 50 characters");
  }
  if (isTooFast(refreshOf(draft))) throw badRequest("Dashboard refresh interval is too low");
}

function refreshOf({ version, spec }: Draft): unknown {
  if (!isSchemaV2(version)) return spec["refresh"];
  return isObject(spec["timeSettings"]) ? spec["timeSettings"]["autoRefresh"] : undefined;
}

/** The older API also checks the title first. */
export function validateTitle(title: string): void {
  if (title === "") throw badRequest("Dashboard title cannot be empty");
  if (Buffer.byteLength(title) > 5000) throw badRequest("Dashboard title cannot contain more than 5 000 characters");
}

const milliseconds: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const minimumRefresh = 5000;

/** Whether the refresh interval is shorter than Grafana's minimum. */
export function isTooFast(refresh: unknown): boolean {
  const match = /^(\d+)(ms|s|m|h)$/.exec(text(refresh));
  return match !== null && Number(match[1]) * (milliseconds[match[2] ?? ""] ?? 0) < minimumRefresh;
}

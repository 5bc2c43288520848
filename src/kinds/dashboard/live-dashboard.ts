import { canonicalDashboard, DASHBOARD_FORM } from "./model/canonical.ts";
import { lastingContent } from "./model/differences.ts";
import { assignPanelIds } from "./model/panel-ids.ts";
import { assignRefIds } from "./model/panels.ts";
import type { Surroundings } from "./model/saved-in-ui/saved-in-ui.ts";
import { lossesText, schemaV2Losses } from "./model/schema-v2-losses.ts";
import { toJson, type Json, type JsonObject } from "../../util/json.ts";
import { hasHash, isComparable } from "../../ownership/edited.ts";
import type { AppliedMarker } from "../../ownership/marker.ts";
import { folderOf, isRecreated, lastWrite, ownershipOf, tagOf } from "../../ownership/annotations.ts";
import type { KindContext } from "../../engine/kind-context.ts";
import type { LiveObject, Ownership } from "../../engine/model.ts";
import type { OtherForm } from "../../engine/facets.ts";
import type { KubernetesObject } from "../../grafana/kubernetes-object.ts";
import { formV2, type DashboardSchemaName } from "./v2/form.ts";
import { withEdits } from "./v2/model/merge.ts";

export interface LiveDashboard extends LiveObject {
  readonly parent: string | undefined;
  /** The owner's tag, which is not content. It can be in the body, and in code that is a copy of a body. */
  readonly tag: string;
  readonly surroundings: Surroundings;
  /** The schema that it is compared in: that of the code or, if the code is not known, that of its mark. */
  readonly schema: DashboardSchemaName;
  /** `spec`: the body in the classic schema. `stored`: the body in schema v2, if Grafana stores it in v2. At least one if it is complete. */
  readonly object: KubernetesObject;
  /** The body in schema v2 as Grafana converts it, if it is stored in the classic schema and needed in v2. */
  readonly converted?: JsonObject;
  /** What the last apply left, in both schemas, if the classic schema was applied and another client saved it in schema v2 since. */
  readonly left?: BothSchemas;
  /** The body after the last apply. Only if it is known and needed to recognize panels that were changed in Grafana. */
  readonly former?: JsonObject;
}

/** The body of one version, in the classic schema and as Grafana converts it to schema v2. */
interface BothSchemas {
  readonly classic: JsonObject;
  readonly v2: JsonObject;
}

interface Known {
  /** The uids of dashboards with the owner's tag, if bodies were not read. */
  readonly tagged?: ReadonlySet<string>;
  /** Default: that of the mark. */
  readonly schema?: DashboardSchemaName;
  readonly converted?: JsonObject | undefined;
  readonly left?: BothSchemas;
}

export function liveDashboard(
  object: KubernetesObject,
  context: KindContext,
  { tagged = new Set(), schema: wanted, converted, left }: Known = {},
): LiveDashboard {
  const {
    grafana: { marks },
    owner,
  } = context;
  const tag = tagOf(owner);
  const body = object.spec ?? object.stored?.spec ?? converted;
  const isTagged = body ? tagsOf(body as JsonObject).includes(tag) : tagged.has(object.metadata.name);
  const { ownership, applied } = ownershipOf(object, context, ownershipByTag(tag, isTagged, marks));
  const title = body?.["title"];
  const schema = wanted ?? schemaOfMark(applied);
  const read = { object, tag, schema, ...(converted ? { converted } : {}), ...(left ? { left } : {}) };
  return {
    id: object.metadata.name,
    title: typeof title === "string" ? title : object.metadata.name,
    parent: folderOf(object),
    version: object.metadata.resourceVersion,
    ownership,
    ...(applied ? { applied } : {}),
    touched: !applied || isTouched(object, applied),
    ...lastWrite(object),
    complete: body !== undefined,
    surroundings: surroundingsAtWrite(read, context, applied),
    ...read,
  };
}

/** The part of a live dashboard that determines its canonical form. */
type Readable = Pick<LiveDashboard, "object" | "tag" | "schema" | "converted" | "left">;

export function schemaOfMark(applied: Pick<AppliedMarker, "schema"> | undefined): DashboardSchemaName {
  return applied?.schema === "v2" ? "v2" : "classic";
}

function storedSchema({ object }: Pick<LiveDashboard, "object">): DashboardSchemaName {
  return object.stored ? "v2" : "classic";
}

/** The canonical form. In the classic schema, with the elements of the stored dashboard that it can't represent. */
export function observedForm(live: LiveDashboard): JsonObject {
  const form = formOf(live, live.surroundings);
  if (live.schema === "v2") return form;
  const losses = lossesOf(live);
  const schema = changesSchema(live) ? { storedAs: "v2" } : {};
  return { ...form, ...schema, ...(lossesText(losses) === undefined ? {} : { schemaV2: toJson(losses) }) };
}

/** Whether code in the classic schema replaces a dashboard that this project applied in schema v2. */
export function changesSchema(live: LiveDashboard): boolean {
  return live.schema === "classic" && live.object.stored !== undefined && schemaOfMark(live.applied) === "v2";
}

function formOf(live: Readable, surroundings: Surroundings): JsonObject {
  const folder = folderOf(live.object) ?? "";
  if (live.schema === "v2") return formV2(folder, specV2Of(live), storedSchema(live), surroundings);
  return editedForm(folder, live, surroundings) ?? canonical(folder, specOf(live), surroundings);
}

/**
 * The classic form of a dashboard that was saved in schema v2: what the last apply left, with the edits since then. What
 * Grafana's conversion between the schemas changes is no edit.
 */
function editedForm(
  folder: string,
  { object, left, tag }: Readable,
  surroundings: Surroundings,
): JsonObject | undefined {
  if (!left || !object.stored) return undefined;
  const applied = canonical(folder, specOf({ object: { ...object, spec: left.classic }, tag }), surroundings);
  const [before, after] = [left.v2, object.stored.spec].map((spec) =>
    formV2(folder, withoutTag(spec, tag), "v2", surroundings),
  );
  return withEdits(applied, before ?? {}, after ?? {});
}

/** The body in schema v2. */
export function specV2Of({ object, converted, tag }: Readable): JsonObject {
  return withoutTag(object.stored?.spec ?? converted, tag);
}

/** How Grafana stores a dashboard that its UI saved in schema v2. `before`: the former state that replaces it. Default: the code does. */
export function otherFormOf(live: LiveDashboard, before?: LiveDashboard): OtherForm | undefined {
  if (!live.object.stored || (live.schema === "v2" && !before)) return undefined;
  const parts = before?.object.stored ? undefined : lossesText(lossesOf(live));
  return { note: "saved in schema v2", ...(parts ? { lost: { parts, form: "the classic schema" } } : {}) };
}

function lossesOf({ object: { stored } }: LiveDashboard) {
  return stored ? schemaV2Losses(toJson(stored.spec) as JsonObject) : {};
}

/** The body in the classic schema, with the ids that Grafana gives to panels and queries when it shows them. */
export function specOf({ object, tag }: Pick<LiveDashboard, "object" | "tag">): JsonObject {
  const model = withoutTag(object.spec, tag);
  assignPanelIds(model);
  assignRefIds(model);
  return model;
}

/** A copy of a body without this tag. */
export function withoutTag(spec: object | undefined, tag: string): JsonObject {
  const model = toJson(spec ?? {}) as JsonObject;
  const tags = tagsOf(model);
  if (tags.includes(tag)) model["tags"] = tags.filter((one) => one !== tag);
  return model;
}

export function tagsOf({ tags }: JsonObject): Json[] {
  return Array.isArray(tags) ? tags : [];
}

/** `folder`: undefined if it is not stated. Without the live surroundings, which only a comparison needs, to detect whether the code has changed. */
export function canonical(folder: string | undefined, model: JsonObject, surroundings?: Surroundings): JsonObject {
  return { ...(folder === undefined ? {} : { folder }), ...canonicalDashboard(model, surroundings) };
}

export function surroundingsOf({ grafana }: KindContext): Surroundings {
  const { version, defaultDatasource, minRefreshInterval } = grafana;
  return {
    version,
    ...(defaultDatasource ? { defaultDatasource } : {}),
    ...(minRefreshInterval ? { minRefreshInterval } : {}),
  };
}

export function isUnmarked({ metadata }: KubernetesObject): boolean {
  return metadata.annotations?.["grafana.app/managedBy"] === undefined;
}

/** Whether a dashboard may have been written after its mark. */
function isTouched(object: KubernetesObject, applied: AppliedMarker): boolean {
  return applied.version !== object.metadata.generation || isRecreated(object, applied);
}

/** The current default datasource may not have been the default when the dashboard was written. Then no default is assumed. */
function surroundingsAtWrite(read: Readable, context: KindContext, applied: AppliedMarker | undefined): Surroundings {
  const { object } = read;
  const now = surroundingsOf(context);
  const wasWritten =
    applied !== undefined &&
    isComparable({ comparison: { since: DASHBOARD_FORM } }, applied) &&
    isTouched(object, applied);
  if (!(object.spec ?? object.stored) || !wasWritten || !now.defaultDatasource) return now;
  const then = withoutDefault(now);
  const isAsApplied = (surroundings: Surroundings) => hasContentOf(applied, read, surroundings);
  return !isAsApplied(now) && isAsApplied(then) ? then : now;
}

function withoutDefault({ defaultDatasource: _, ...rest }: Surroundings): Surroundings {
  return rest;
}

/** Whether a complete dashboard has the content that its mark records, regardless of its version. */
export function isAsMarked(live: LiveDashboard): boolean {
  const { surroundings, applied } = live;
  const [now, then] = [surroundings, withoutDefault(surroundings)];
  return applied !== undefined && [now, then].some((one) => hasContentOf(applied, live, one));
}

function hasContentOf({ contentHash }: AppliedMarker, live: Readable, surroundings: Surroundings): boolean {
  const form = formOf(live, surroundings);
  return hasHash({ placement: { property: "folder" } }, lastingContent(form), contentHash);
}

/** The ownership of a dashboard without a mark; undefined if it has no tag. */
function ownershipByTag(tag: string, isTagged: boolean, marks: boolean): Ownership | undefined {
  // It was applied before this Grafana kept marks. A copy has the tag too, so it must not be deleted.
  if (marks) return isTagged ? { state: "unknown", markable: true } : undefined;
  if (isTagged) return { state: "ours" };
  return { state: "foreign", note: `not owned by this project: it has no tag "${tag}"` };
}

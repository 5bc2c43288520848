import { canonicalDashboard, DASHBOARD_FORM } from "./model/canonical.ts";
import { lastingContent } from "./model/differences.ts";
import { assignPanelIds } from "./model/panel-ids.ts";
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

export interface LiveDashboard extends LiveObject {
  readonly parent: string | undefined;
  /** The owner's tag, which is not content. It can be in the body, and in code that is a copy of a body. */
  readonly tag: string;
  readonly surroundings: Surroundings;
  readonly object: KubernetesObject;
  /** The body after the last apply. Only if it is known and needed to recognize panels that were changed in Grafana. */
  readonly former?: JsonObject;
}

/** `tagged`: the uids of dashboards with the owner's tag, if bodies were not read. */
export function liveDashboard(
  object: KubernetesObject,
  context: KindContext,
  tagged: ReadonlySet<string> = new Set(),
): LiveDashboard {
  const {
    grafana: { marks },
    owner,
  } = context;
  const tag = tagOf(owner);
  const isTagged = object.spec ? tagsOf(object.spec as JsonObject).includes(tag) : tagged.has(object.metadata.name);
  const { ownership, applied } = ownershipOf(object, context, ownershipByTag(tag, isTagged, marks));
  const title = object.spec?.["title"];
  return {
    id: object.metadata.name,
    title: typeof title === "string" ? title : object.metadata.name,
    parent: folderOf(object),
    tag,
    version: object.metadata.resourceVersion,
    ownership,
    ...(applied ? { applied } : {}),
    touched: !applied || isTouched(object, applied),
    ...lastWrite(object),
    complete: object.spec !== undefined,
    surroundings: surroundingsAtWrite(object, tag, context, applied),
    object,
  };
}

/** Adds the body as it is stored, if another client wrote it last: this tool writes the classic schema. */
export async function withStoredForm(object: KubernetesObject, context: KindContext): Promise<LiveDashboard> {
  const live = liveDashboard(object, context);
  if (!live.touched) return live;
  const hasLosses = (spec: object) => lossesText(schemaV2Losses(toJson(spec) as JsonObject)) !== undefined;
  const stored = await context.grafana.dashboards.storedForm?.(object, hasLosses);
  return stored ? { ...live, object: { ...object, stored } } : live;
}

/** The canonical form, with the elements of the stored dashboard that the classic schema can't represent. */
export function observedForm(live: LiveDashboard): JsonObject {
  const form = canonical(live.parent ?? "", specOf(live), live.surroundings);
  const losses = lossesOf(live);
  return lossesText(losses) === undefined ? form : { ...form, schemaV2: toJson(losses) };
}

/** How Grafana stores a dashboard that its UI saved in schema v2. `before`: the former state that replaces it. Default: the code does. */
export function otherFormOf(live: LiveDashboard, before?: LiveDashboard): OtherForm | undefined {
  if (!live.object.stored) return undefined;
  const parts = before?.object.stored ? undefined : lossesText(lossesOf(live));
  return { note: "saved in schema v2", ...(parts ? { lost: { parts, form: "the classic schema" } } : {}) };
}

function lossesOf({ object: { stored } }: LiveDashboard) {
  return stored ? schemaV2Losses(toJson(stored.spec) as JsonObject) : {};
}

/** The body, with the panel ids that Grafana gives to panels when it shows them. */
export function specOf({ object, tag }: Pick<LiveDashboard, "object" | "tag">): JsonObject {
  const model = withoutTag(object.spec, tag);
  assignPanelIds(model);
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
function surroundingsAtWrite(
  object: KubernetesObject,
  tag: string,
  context: KindContext,
  applied: AppliedMarker | undefined,
): Surroundings {
  const now = surroundingsOf(context);
  const wasWritten =
    applied !== undefined &&
    isComparable({ comparison: { since: DASHBOARD_FORM } }, applied) &&
    isTouched(object, applied);
  if (!object.spec || !wasWritten || !now.defaultDatasource) return now;
  const then = withoutDefault(now);
  const isAsApplied = (surroundings: Surroundings) => hasContentOf(applied, { object, tag, surroundings });
  return !isAsApplied(now) && isAsApplied(then) ? then : now;
}

function withoutDefault({ defaultDatasource: _, ...rest }: Surroundings): Surroundings {
  return rest;
}

/** Whether a complete dashboard has the content that its mark records, regardless of its version. */
export function isAsMarked({ object, tag, surroundings, applied }: LiveDashboard): boolean {
  const [now, then] = [surroundings, withoutDefault(surroundings)];
  return applied !== undefined && [now, then].some((one) => hasContentOf(applied, { object, tag, surroundings: one }));
}

function hasContentOf(
  { contentHash }: AppliedMarker,
  { object, tag, surroundings }: Pick<LiveDashboard, "object" | "tag" | "surroundings">,
): boolean {
  const form = canonical(folderOf(object) ?? "", specOf({ object, tag }), surroundings);
  return hasHash({ placement: { property: "folder" } }, lastingContent(form), contentHash);
}

/** The ownership of a dashboard without a mark; undefined if it has no tag. */
function ownershipByTag(tag: string, isTagged: boolean, marks: boolean): Ownership | undefined {
  // It was applied before this Grafana kept marks. A copy has the tag too, so it must not be deleted.
  if (marks) return isTagged ? { state: "unknown", markable: true } : undefined;
  if (isTagged) return { state: "ours" };
  return { state: "foreign", note: `not owned by this project: it has no tag "${tag}"` };
}

import type { Dashboard as SdkDashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import { z } from "zod";
import { dashboardDifferences, lastingContent } from "./model/differences.ts";
import { datasourceUses } from "./model/datasource-uses.ts";
import { misspelt } from "./model/misspelt.ts";
import { assignPanelIds, assignRefIds } from "./model/panels.ts";
import { hash, toJson, type JsonObject } from "../../util/json.ts";
import { FORM } from "../../ownership/marker.ts";
import {
  isTemporary,
  markAnnotation,
  markedMetadata,
  objectUidOf,
  restoredMetadata,
  tagOf,
} from "../../ownership/annotations.ts";
import type { Need } from "../../engine/permissions.ts";
import { folderScopes, type FolderTree } from "../../grafana/folder-scopes.ts";
import type { Desired, Reference } from "../../engine/model.ts";
import type { KindContext, Write } from "../../engine/kind-context.ts";
import type { ResourceKind } from "../../engine/resource.ts";
import type { ObjectToWrite } from "../../grafana/collection.ts";
import { Forbidden, Rejected } from "../../grafana/errors.ts";
import { parseObject } from "../../grafana/kubernetes-object.ts";
import { searchDashboards } from "../../grafana/search.ts";
import type { Fault } from "../../util/errors.ts";
import { folderUid, type ExistingFolder, type Folder } from "../folder.ts";
import {
  canonical,
  DASHBOARD_FORM,
  isUnmarked,
  liveDashboard,
  observedForm,
  otherFormOf,
  specOf,
  surroundingsOf,
  tagsOf,
  withoutTag,
  withStoredForm,
  type LiveDashboard,
} from "./live-dashboard.ts";
import { deriveUid, reference, ResourceReference, Uid } from "../reference.ts";
import { DASHBOARD_DOCUMENTS } from "./documents.ts";
import { DashboardModelSchema } from "./model/schema.ts";

/** A dashboard's JSON in the classic schema, as the SDK types it; what is left out is what Grafana takes by default. */
export type DashboardModel = Partial<SdkDashboard>;

/** A panel written by hand: its common properties are known, the plugin's own are whatever they are. */
export interface PlainPanel {
  readonly type: string;
  readonly title?: string;
  readonly [property: string]: unknown;
}

/** A dashboard written by hand, where the SDK's types ask for its enums and for what its builders fill in. */
export type PlainDashboard = Omit<
  DashboardModel,
  "panels" | "templating" | "annotations" | "links" | "graphTooltip"
> & {
  readonly panels?: readonly PlainPanel[];
  readonly templating?: { readonly list?: readonly object[] };
  readonly annotations?: { readonly list?: readonly object[] };
  readonly links?: readonly object[];
  /** 0: none, 1: a shared crosshair, 2: a shared tooltip, too. */
  readonly graphTooltip?: number;
};

/** A dashboard, in a folder or at the root. */
export interface Dashboard {
  readonly kind: "dashboard";
  /** Letters, digits, `-` and `_`, 40 at most. Default: the model's own, else derived from project, folder and title. */
  readonly uid?: string;
  readonly folder?: Folder | ExistingFolder;
  /** The built model. */
  readonly spec: DashboardModel;
  /** Read from a file of JSON or YAML: a datasource that nothing declares is a warning there, and a fault in TypeScript. */
  readonly plain?: boolean;
}

/**
 * Declares a dashboard from a Foundation SDK builder, or from a plain typed object.
 *
 * @example export default dashboard({ folder: toolboxai, spec: new DashboardBuilder("FastAPI").uid("fastapi") });
 */
export function dashboard(dashboard: {
  readonly uid?: string;
  readonly folder?: Folder | ExistingFolder;
  readonly spec: Builder<SdkDashboard> | DashboardModel | PlainDashboard;
}): Dashboard {
  const { spec } = dashboard;
  return { kind: "dashboard", ...dashboard, spec: isBuilder(spec) ? spec.build() : (spec as DashboardModel) };
}

function isBuilder(spec: Builder<SdkDashboard> | DashboardModel | PlainDashboard): spec is Builder<SdkDashboard> {
  return "build" in spec && typeof spec.build === "function";
}

const DashboardSchema = z.strictObject({
  kind: z.literal("dashboard"),
  uid: Uid.exactOptional(),
  folder: ResourceReference("folder").exactOptional(),
  spec: DashboardModelSchema,
  plain: z.boolean().exactOptional(),
});

/** @internal */
export const dashboardKind: ResourceKind<Dashboard, LiveDashboard> = {
  name: "dashboard",
  dependsOn: ["folder", "datasource"],
  marking: "annotations",
  idIs: "uid",
  schema: DashboardSchema,
  access: {
    read: { action: "dashboards:read" },
    readsAll: { action: "dashboards:read", scopes: ["folders:*", "dashboards:*"] },
    write: (desired, live, folders) => writeNeed(folderIn(desired), live, folders),
    restore: (before, live, folders) => writeNeed(before.parent, live, folders),
    remove: (live, folders) => ({ action: "dashboards:delete", scopes: scopesOf(live, folders) }),
  },

  id: ({ uid, spec, folder }, project) =>
    uid ?? (spec.uid || deriveUid(spec.title ?? "", [project, "dashboard", folder ? folderUid(folder, project) : ""])),
  title: ({ spec }) => spec.title ?? "",
  references: ({ folder, spec, plain = false }, project) => [
    ...(folder ? [reference(folder, "folder", folderUid(folder, project))] : []),
    ...datasourceReferences(spec, plain),
  ],

  async list(context) {
    const { grafana, owner } = context;
    const all = await grafana.dashboards.list({ metadataAlone: true });
    const objects = all.filter((object) => !isTemporary(object));
    // Tags stand in bodies, which are not read for this.
    const hits = objects.some(isUnmarked) ? await searchDashboards(grafana.client, tagOf(owner)) : [];
    const tagged = new Set(hits.map(({ uid }) => uid));
    return objects.map((object) => liveDashboard(object, context, tagged));
  },
  async find(context, id) {
    const object = await context.grafana.dashboards.find(id);
    return object && withStoredForm(object, context);
  },

  desired: (desired, live) =>
    canonical(folderIn(desired), modelToSend(desired.resource, live, live?.tag), live?.surroundings),
  observed: observedForm,

  async write(context, { desired, ...rest }) {
    // A copy: its spec, which is kept compressed, is made once for all that follows.
    const resource = { ...desired.resource };
    const write = { ...rest, desired: { ...desired, resource } };
    const schemaVersion = resource.spec.schemaVersion ?? SCHEMA_VERSION;
    // Grafana migrates an older schema as it stores it: a save without a change would look like one made there.
    const content = schemaVersion === SCHEMA_VERSION ? undefined : await asStored(context, write);
    const { dashboards } = context.grafana;
    const object = objectToWrite(context, write, content);
    if (write.live) await dashboards.update(object, write.live.object);
    else await dashboards.create(object);
  },
  remove: ({ grafana }, live) => grafana.dashboards.remove(live.object),

  rollback: {
    snapshot: ({ object: { status: _, ...object } }) => toJson(object) as JsonObject,
    restoreSnapshot: (context, snapshot) => liveDashboard(parseObject(snapshot), context),
    content: (observed, { object: { stored } }) => (stored ? { ...observed, stored: toJson(stored) } : observed),
    limits: ({ live }) => ({
      losses: live ? [] : ["its former versions and permissions that were set on it do not come back"],
    }),
    async restore({ grafana }, { before, live }) {
      // What somebody had changed before the run reads as such again.
      const version = before.touched ? 0 : 1 + (live?.object.metadata.generation ?? 0);
      const metadata = restoredMetadata(before.object, live?.object, version);
      const object = { metadata, spec: before.object.spec ?? {}, ...before.object.stored };
      if (live) await grafana.dashboards.update(object, live.object);
      else await grafana.dashboards.create(object);
    },
  },

  bulk: "spec",
  checks: {
    code: (all) => all.flatMap(misspellings),
    sideEffect: ({ resource: { uid, spec } }, live) =>
      live || uid || spec.uid
        ? undefined
        : "it has no uid of its own: this one is made of project, folder and title, and with another title it is another dashboard",
  },
  comparison: {
    since: DASHBOARD_FORM,
    otherForm: otherFormOf,
    content: lastingContent,
    differences: dashboardDifferences,

    async verify(context, write) {
      const { live } = write;
      const after = live && (await asStored(context, write, live.surroundings));
      return live && after && { before: dashboardKind.observed(live), after };
    },
    stored: async (context, write) =>
      (await asStored(context, write)) ??
      canonical(folderIn(write.desired), modelToSend(write.desired.resource, write.live, tagOf(context.owner))),
  },
  documents: DASHBOARD_DOCUMENTS,
  reading: {
    async bodies(context, objects) {
      const found = await context.grafana.dashboards.read(objects.map(({ id }) => id));
      return Promise.all(found.map((object) => withStoredForm(object, context)));
    },
    async past(context, live) {
      const versions = await context.grafana.dashboards.history?.(live.id, live.applied?.version);
      const then = (versions ?? []).map(({ spec, uid, generation, annotations, managedFields }) => {
        const metadata = { name: live.id, resourceVersion: "", uid, generation, annotations, managedFields };
        return liveDashboard({ metadata, spec }, context);
      });
      // A save in the UI takes the mark along: it tells of the version that it was written with.
      const at = then.findIndex(({ ownership, touched }) => ownership.state === "ours" && !touched);
      const applied = then[at];
      if (!versions || !applied) return undefined;
      const saves = versions.slice(0, at).map(({ by, at: when }) => ({
        ...(by === undefined ? {} : { by }),
        ...(when === undefined ? {} : { at: when }),
      }));
      return { applied: dashboardKind.observed(applied), saves };
    },
  },
  view: {
    section: { title: "Dashboards", rank: 100 },
    risks: { deletion: "is deleted, with its history and permissions" },
    html: () => import("./view/html.ts"),
    screenshots: () => import("./view/screenshots.ts"),
  },
  writing: {
    async renewMark({ grafana }, { id, version, object }, hashes) {
      const { metadata, stored } = object;
      // In schema v2, a write of annotations only makes no generation.
      const generation = metadata.generation + (stored ? 0 : 1);
      const marker = { form: FORM, ...hashes, version: generation, uid: id, ...objectUidOf(object) };
      await grafana.dashboards.annotate?.(id, markAnnotation(marker), version, stored?.apiVersion);
    },
  },
};

function writeNeed(folder: string | undefined, live: LiveDashboard | undefined, folders: FolderTree): Need {
  const create = { action: "dashboards:create", scopes: folderScopes(folder, folders) };
  if (!live) return create;
  const write = { action: "dashboards:write", scopes: scopesOf(live, folders) };
  return live.parent === folder ? write : { all: [write, create] };
}

/** The canonical form of what Grafana would make of this write; undefined where it can't say. */
async function asStored(
  context: KindContext,
  write: Write<Dashboard, LiveDashboard>,
  surroundings = surroundingsOf(context),
): Promise<JsonObject | undefined> {
  const { dashboards } = context.grafana;
  try {
    const answer = await dashboards.dryRun?.(objectToWrite(context, write), write.live?.object);
    const model = answer && withoutTag(answer.spec, tagOf(context.owner));
    return model && canonical(folderIn(write.desired), model, surroundings);
  } catch (error) {
    // A Viewer may not; and what Grafana refuses now it will refuse at the write, with its own words.
    if (error instanceof Forbidden || error instanceof Rejected) return undefined;
    throw error;
  }
}

/** `content`: what Grafana makes of it, where that is known to be something else. */
function objectToWrite(
  context: KindContext,
  { desired, live }: Write<Dashboard, LiveDashboard>,
  content?: JsonObject,
): ObjectToWrite {
  const { grafana, owner } = context;
  const surroundings = surroundingsOf(context);
  const tag = tagOf(owner);
  const model = modelToSend(desired.resource, live, tag);
  const spec = grafana.marks ? model : { ...model, tags: [...tagsOf(model), tag] };
  const { id, source } = desired;
  const folder = folderIn(desired);
  const marker = {
    form: FORM,
    codeHash: desired.hash,
    contentHash: hash(lastingContent(content ?? canonical(folder, model, surroundings))),
    // Known beforehand: 1 for a new object, and every write adds 1.
    version: 1 + (live?.object.metadata.generation ?? 0),
    uid: id,
    ...objectUidOf(live?.object),
  };
  return { metadata: markedMetadata({ id, owner, source, folder, marker, live: live?.object }), spec };
}

/** The schema version that a model in TypeScript is written in, where it doesn't say: without one Grafana takes it for the oldest. */
const SCHEMA_VERSION = 42;

function modelToSend({ spec }: Dashboard, live: LiveDashboard | undefined, tag = ""): JsonObject {
  const model = withoutTag(spec, tag);
  for (const key of ["id", "uid", "version", "__inputs", "__requires", "__elements"]) delete model[key];
  model["schemaVersion"] ??= SCHEMA_VERSION;
  assignPanelIds(model, live?.complete ? specOf(live) : undefined);
  assignRefIds(model);
  return model;
}

function folderIn({ references }: Pick<Desired, "references">): string | undefined {
  return references.find(({ path }) => path === "folder")?.id;
}

function scopesOf(live: LiveDashboard, folders: FolderTree): string[] {
  return [...folderScopes(live.parent, folders), `dashboards:uid:${live.id}`];
}

/** Warnings: Grafana keeps what it doesn't know. What it exported itself nobody misspelt. */
function misspellings({ resource: { spec, plain }, source }: Desired<Dashboard>): Fault[] {
  if (plain) return [];
  return misspelt(spec).map(({ path, meant }) => ({
    level: "warning",
    ...source,
    path: `spec.${path}`,
    message: `Grafana knows no such property: is ${meant} meant?`,
  }));
}

function datasourceReferences(spec: DashboardModel, plain: boolean): Reference[] {
  return datasourceUses(spec).map(({ path, name, existing }) => ({
    kind: "datasource",
    id: name,
    path: `spec.${path}`,
    existing,
    untyped: plain,
    property: { name: "ref", example: "datasource: prometheus.ref" },
  }));
}

import type { Dashboard as SdkDashboard } from "@grafana/grafana-foundation-sdk/dashboard";
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import { z } from "zod";
import { canonicalDashboard } from "../dashboard-model/canonical.ts";
import { datasourceUses } from "../dashboard-model/datasource-uses.ts";
import { assignPanelIds, assignRefIds } from "../dashboard-model/panels.ts";
import { hash, toJson, type JsonObject } from "../engine/json.ts";
import { FORM } from "../engine/marker.ts";
import { folderOf, lastWrite, markedMetadata, ownershipOf, restoredMetadata } from "../engine/ownership.ts";
import { folderScopes, type FolderTree, type Need } from "../engine/permissions.ts";
import {
  address,
  type Desired,
  type KindContext,
  type LiveObject,
  type Reference,
  type ResourceKind,
  type Write,
} from "../engine/resource.ts";
import type { ObjectToWrite } from "../grafana/collection.ts";
import { Forbidden, Rejected } from "../grafana/errors.ts";
import { parseObject, type KubernetesObject } from "../grafana/kubernetes.ts";
import { folderUid, type ExistingFolder, type Folder } from "./folder.ts";
import { deriveUid, reference, ResourceReference, Uid } from "./reference.ts";
import { DashboardModelSchema } from "../dashboard-model/schema.ts";

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

interface LiveDashboard extends LiveObject {
  readonly parent: string | undefined;
  readonly object: KubernetesObject;
}

export const dashboardKind: ResourceKind<Dashboard, LiveDashboard> = {
  name: "dashboard",
  dependsOn: ["folder", "datasource"],
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

  async list({ grafana, owner }) {
    const objects = await grafana.dashboards.list({ metadataAlone: true });
    return objects.map((object) => liveDashboard(object, owner));
  },
  async read({ grafana, owner }, objects) {
    const found = await grafana.dashboards.read(objects.map(({ id }) => id));
    return found.map((object) => liveDashboard(object, owner));
  },
  async find({ grafana, owner }, id) {
    const object = await grafana.dashboards.find(id);
    return object && liveDashboard(object, owner);
  },

  desired: (desired, live) => canonical(folderIn(desired), modelToSend(desired.resource, live)),
  observed: (live) => canonical(live.parent, specOf(live)),

  async verify(context, write) {
    const after = write.live && (await asStored(context, write));
    return write.live && after && { before: canonical(write.live.parent, specOf(write.live)), after };
  },

  containedIn: (live) => live.parent && address({ kind: "folder", id: live.parent }),

  async write(context, write) {
    const schemaVersion = write.desired.resource.spec.schemaVersion ?? SCHEMA_VERSION;
    // Grafana migrates an older schema as it stores it: a save without a change would look like one made there.
    const content = schemaVersion === SCHEMA_VERSION ? undefined : await asStored(context, write);
    const { dashboards } = context.grafana;
    const object = objectToWrite(context, write, content);
    if (write.live) await dashboards.update(object, write.live.object);
    else await dashboards.create(object);
  },
  remove: ({ grafana }, live) => grafana.dashboards.remove(live.object),

  snapshot: ({ object }) => toJson(object) as JsonObject,
  revived: ({ owner }, snapshot) => liveDashboard(parseObject(snapshot), owner),
  limits: ({ live }) => ({
    losses: live ? [] : ["its former versions and permissions that were set on it do not come back"],
  }),
  async restore({ grafana }, { before, live }) {
    // What somebody had changed before the run reads as such again.
    const version = before.touched ? 0 : 1 + (live?.object.metadata.generation ?? 0);
    const metadata = restoredMetadata(before.object, live?.object, version);
    const object = { metadata, spec: before.object.spec ?? {} };
    if (live) await grafana.dashboards.update(object, live.object);
    else await grafana.dashboards.create(object);
  },
};

function writeNeed(folder: string | undefined, live: LiveDashboard | undefined, folders: FolderTree): Need {
  const create = { action: "dashboards:create", scopes: folderScopes(folder, folders) };
  if (!live) return create;
  const write = { action: "dashboards:write", scopes: scopesOf(live, folders) };
  return live.parent === folder ? write : { all: [write, create] };
}

/** The canonical form of what Grafana would make of this write; undefined where it can't say. */
async function asStored(context: KindContext, write: Write<Dashboard, LiveDashboard>): Promise<JsonObject | undefined> {
  const { dashboards } = context.grafana;
  try {
    const answer = await dashboards.dryRun?.(objectToWrite(context, write), write.live?.object);
    return answer && canonical(folderIn(write.desired), toJson(answer.spec) as JsonObject);
  } catch (error) {
    // A Viewer may not; and what Grafana refuses now it will refuse at the write, with its own words.
    if (error instanceof Forbidden || error instanceof Rejected) return undefined;
    throw error;
  }
}

/** `content`: what Grafana makes of it, where that is known to be something else. */
function objectToWrite(
  { owner }: KindContext,
  { desired, live }: Write<Dashboard, LiveDashboard>,
  content?: JsonObject,
): ObjectToWrite {
  const model = modelToSend(desired.resource, live);
  const { id, source } = desired;
  const folder = folderIn(desired);
  const marker = {
    form: FORM,
    codeHash: desired.hash,
    contentHash: hash(content ?? canonical(folder, model)),
    // Known beforehand: 1 for a new object, and every write adds 1.
    version: 1 + (live?.object.metadata.generation ?? 0),
    uid: id,
  };
  return { metadata: markedMetadata({ id, owner, source, folder, marker, live: live?.object }), spec: model };
}

/** The schema version that a model in TypeScript is written in, where it doesn't say: without one Grafana takes it for the oldest. */
const SCHEMA_VERSION = 42;

function modelToSend({ spec }: Dashboard, live: LiveDashboard | undefined): JsonObject {
  const model = toJson(spec) as JsonObject;
  for (const key of ["id", "uid", "version", "__inputs", "__requires", "__elements"]) delete model[key];
  model["schemaVersion"] ??= SCHEMA_VERSION;
  assignPanelIds(model, live?.complete ? specOf(live) : undefined);
  assignRefIds(model);
  return model;
}

function canonical(folder: string | undefined, model: JsonObject): JsonObject {
  return { ...(folder ? { folder } : {}), ...canonicalDashboard(model) };
}

function folderIn({ references }: Pick<Desired, "references">): string | undefined {
  return references.find(({ path }) => path === "folder")?.id;
}

function scopesOf(live: LiveDashboard, folders: FolderTree): string[] {
  return [...folderScopes(live.parent, folders), `dashboards:uid:${live.id}`];
}

function specOf(live: LiveDashboard): JsonObject {
  return (live.object.spec ?? {}) as JsonObject;
}

function liveDashboard(object: KubernetesObject, owner: string): LiveDashboard {
  const { ownership, applied } = ownershipOf(object, owner);
  const title = object.spec?.["title"];
  return {
    id: object.metadata.name,
    title: typeof title === "string" ? title : object.metadata.name,
    parent: folderOf(object),
    version: object.metadata.resourceVersion,
    ownership,
    ...(applied ? { applied } : {}),
    touched: applied?.version !== object.metadata.generation,
    ...lastWrite(object),
    complete: object.spec !== undefined,
    object,
  };
}

function datasourceReferences(spec: DashboardModel, plain: boolean): Reference[] {
  return datasourceUses(spec).map(({ path, name, existing }) => ({
    kind: "datasource",
    id: name,
    path: `spec.${path}`,
    existing,
    untyped: plain,
  }));
}

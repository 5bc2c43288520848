import { onTestFinished } from "vitest";
import { apply } from "../../src/engine/apply.ts";
import type { Outcome } from "../../src/engine/events.ts";
import type { JsonObject } from "../../src/util/json.ts";
import type { Change } from "../../src/engine/change.ts";
import type { ExecutablePlan } from "../../src/engine/executable-plan.ts";
import { address } from "../../src/engine/model.ts";
import type { KindContext } from "../../src/engine/kind-context.ts";
import { unlessNotFound } from "../../src/grafana/errors.ts";
import { kinds } from "../../src/kinds/index.ts";
import { dashboard, folder, type Dashboard, type Folder } from "../../src/index.ts";
import { testProject, type TestProject } from "../helpers/cli.ts";
import type { TestGrafana } from "../helpers/grafana.ts";
import { KUBERNETES } from "../helpers/mode.ts";

const COLLECTIONS = {
  dashboard: { apiVersion: "dashboard.grafana.app/v1beta1", kind: "Dashboard", resource: "dashboards" },
  folder: { apiVersion: "folder.grafana.app/v1beta1", kind: "Folder", resource: "folders" },
} as const;

type StoredKind = keyof typeof COLLECTIONS;

/** A folder or a dashboard as Grafana stores it, read without the tool, in the shape of the Kubernetes-style API. */
export interface Stored {
  readonly metadata: {
    name: string;
    resourceVersion: string;
    generation: number;
    annotations: Record<string, string>;
    labels: Record<string, string>;
  };
  readonly spec: JsonObject;
}

export interface StoredDatasource {
  readonly uid: string;
  readonly version: number;
  readonly isDefault: boolean;
  readonly [field: string]: unknown;
}

const FOLDER = "grafana.app/folder";
const OLD_PATHS = { dashboard: "/api/dashboards/uid", folder: "/api/folders" } as const;

/** The path for writes of objects. */
export function collection(kind: StoredKind): string {
  if (!KUBERNETES) return kind === "folder" ? "/api/folders" : "/api/dashboards/db";
  const { apiVersion, resource } = COLLECTIONS[kind];
  return `/apis/${apiVersion}/namespaces/default/${resource}`;
}

/** The path of one object. */
export function objectPath(kind: StoredKind, uid: string): string {
  return `${KUBERNETES ? collection(kind) : OLD_PATHS[kind]}/${uid}`;
}

/** Reads an object as any client; undefined if it does not exist. */
export async function find({ other }: TestGrafana, kind: StoredKind, uid: string): Promise<Stored | undefined> {
  const answer = await unlessNotFound(other.send({ method: "GET", path: objectPath(kind, uid) }));
  return answer === undefined || KUBERNETES ? (answer as Stored | undefined) : fromOlder(uid, answer);
}

interface OlderAnswer {
  readonly dashboard?: JsonObject;
  readonly meta?: { readonly folderUid: string; readonly version: number };
  readonly title: string;
  readonly parentUid?: string;
  readonly version: number;
}

/** The response of the older API in the shape of the newer one. */
function fromOlder(name: string, answer: unknown): Stored {
  const { dashboard, meta, title, parentUid, version } = answer as OlderAnswer;
  const { id: _id, uid: _uid, version: _version, ...spec } = dashboard ?? { title };
  const [folder, generation] = [meta?.folderUid ?? parentUid, meta?.version ?? version];
  const annotations: Record<string, string> = folder ? { [FOLDER]: folder } : {};
  return { metadata: { name, resourceVersion: String(generation), generation, annotations, labels: {} }, spec };
}

/** The uids of all objects of a kind. */
export async function uidsOf({ other }: TestGrafana, kind: StoredKind): Promise<string[]> {
  if (!KUBERNETES) {
    const type = kind === "folder" ? "dash-folder" : "dash-db";
    const hits = await other.send({ method: "GET", path: `/api/search?type=${type}&limit=5000` });
    return (hits as { uid: string }[]).map(({ uid }) => uid);
  }
  const { items } = (await other.send({ method: "GET", path: collection(kind) })) as { items: Stored[] | null };
  return (items ?? []).map(({ metadata }) => metadata.name);
}

/** All objects of a kind. */
export async function everyStored(grafana: TestGrafana, kind: StoredKind): Promise<Stored[]> {
  if (!KUBERNETES) {
    const uids = await uidsOf(grafana, kind);
    return (await Promise.all(uids.map((uid) => find(grafana, kind, uid)))).filter((one) => one !== undefined);
  }
  const path = `${collection(kind)}?limit=5000`;
  return ((await grafana.other.send({ method: "GET", path })) as { items: Stored[] | null }).items ?? [];
}

export async function stored(grafana: TestGrafana, kind: StoredKind, uid: string): Promise<Stored> {
  const object = await find(grafana, kind, uid);
  if (!object) throw new Error(`Grafana has no ${kind} ${uid}`);
  return object;
}

/** Saves an object like Grafana's pages: with all of its annotations, and without its version. */
export async function edit(
  grafana: TestGrafana,
  kind: StoredKind,
  uid: string,
  change: (object: Stored) => void,
): Promise<void> {
  const object = await stored(grafana, kind, uid);
  const parent = object.metadata.annotations[FOLDER];
  change(object);
  const { name, annotations, labels } = object.metadata;
  if (!KUBERNETES) {
    if (kind === "dashboard") return save(grafana, uid, object, true);
    await grafana.other.send({
      method: "PUT",
      path: `/api/folders/${uid}`,
      body: { ...object.spec, overwrite: true },
    });
    const parentUid = annotations[FOLDER] ?? "";
    if (parentUid !== (parent ?? ""))
      await grafana.other.send({ method: "POST", path: `/api/folders/${uid}/move`, body: { parentUid } });
    return;
  }
  const { apiVersion, kind: type } = COLLECTIONS[kind];
  const body = { apiVersion, kind: type, metadata: { name, annotations, labels }, spec: object.spec };
  await grafana.other.send({ method: "PUT", path: `${collection(kind)}/${uid}`, body });
}

/** Saves it like another client, with the older API. */
async function save(
  { other }: TestGrafana,
  uid: string,
  { metadata, spec }: Pick<Stored, "spec"> & { readonly metadata: { readonly annotations: object } },
  overwrite: boolean,
): Promise<void> {
  const folderUid = FOLDER in metadata.annotations ? metadata.annotations[FOLDER] : "";
  const body = { dashboard: { ...spec, uid }, folderUid, overwrite };
  await other.send({ method: "POST", path: "/api/dashboards/db", body });
}

/** Creates an object as another user. */
export async function make(
  grafana: TestGrafana,
  kind: StoredKind,
  uid: string,
  { spec, annotations = {}, labels = {} }: { spec: object; annotations?: object; labels?: object },
): Promise<void> {
  if (!KUBERNETES) {
    if (kind === "dashboard") return save(grafana, uid, { metadata: { annotations }, spec: spec as JsonObject }, false);
    const parentUid = FOLDER in annotations ? annotations[FOLDER] : "";
    await grafana.other.send({ method: "POST", path: "/api/folders", body: { ...spec, uid, parentUid } });
    return;
  }
  const { apiVersion, kind: type } = COLLECTIONS[kind];
  const body = { apiVersion, kind: type, metadata: { name: uid, annotations, labels }, spec };
  await grafana.other.send({ method: "POST", path: collection(kind), body });
}

export async function remove({ other }: TestGrafana, kind: StoredKind, uid: string): Promise<void> {
  await other.send({ method: "DELETE", path: objectPath(kind, uid) });
}

/** Copies an object like Grafana's pages: the same body and annotations with another uid. */
export async function copy(grafana: TestGrafana, kind: StoredKind, from: string, to: string): Promise<void> {
  const { spec, metadata } = await stored(grafana, kind, from);
  await make(grafana, kind, to, { spec, annotations: metadata.annotations, labels: metadata.labels });
}

export async function datasourceNow({ other }: TestGrafana, uid: string): Promise<StoredDatasource | undefined> {
  const answer = unlessNotFound(other.send({ method: "GET", path: `/api/datasources/uid/${uid}` }));
  return (await answer) as StoredDatasource | undefined;
}

export async function makeDatasource({ other }: TestGrafana, uid: string, fields: object = {}): Promise<void> {
  const body = { uid, name: uid, type: "prometheus", access: "proxy", url: "http://prometheus:9090", ...fields };
  await other.send({ method: "POST", path: "/api/datasources", body });
}

/** Saves a datasource like Grafana's pages. */
export async function editDatasource(grafana: TestGrafana, uid: string, fields: object): Promise<void> {
  const body = { ...(await datasourceNow(grafana, uid)), ...fields };
  await grafana.other.send({ method: "PUT", path: `/api/datasources/uid/${uid}`, body });
}

/** Restores the former default datasource of a shared Grafana. */
export async function keepDefault(grafana: TestGrafana): Promise<void> {
  if (!grafana.real) return;
  const all = (await grafana.other.send({ method: "GET", path: "/api/datasources" })) as StoredDatasource[];
  const former = all.find(({ isDefault }) => isDefault);
  if (!former) return;
  onTestFinished(async () => {
    if (await datasourceNow(grafana, former.uid)) await editDatasource(grafana, former.uid, { isDefault: true });
  });
}

/** A dashboard with one panel, whose query the tests change. */
export function board(
  uid: string,
  { title = uid, expr = "up", folder, ...spec }: { folder?: Folder; expr?: string } & Dashboard["spec"] = {},
): Dashboard {
  const panels = [panel(1, "Requests", expr)] as unknown as NonNullable<Dashboard["spec"]["panels"]>;
  return dashboard({ uid, ...(folder ? { folder } : {}), spec: { title, panels, ...spec } });
}

export function panel(id: number, title: string, expr: string): JsonObject {
  const gridPos = { h: 8, w: 12, x: 0, y: 8 * id };
  return { id, type: "timeseries", title, gridPos, targets: [{ refId: "A", expr }] };
}

/** The query of the panel that `board` makes. */
export function exprOf({ spec }: Stored): unknown {
  const [first] = spec["panels"] as { targets: { expr: string }[] }[];
  return first?.targets[0]?.expr;
}

export function setExpr({ spec }: Stored, expr: string): void {
  const [first] = spec["panels"] as { targets: { expr: string }[] }[];
  const target = first?.targets[0];
  if (target) target.expr = expr;
}

/** A folder whose title is its uid. */
export function place(uid: string, parent?: Folder): Folder {
  return folder({ uid, title: uid, ...(parent ? { parent } : {}) });
}

/** Executes a plan, with the ledger that it was made with, if it has one. */
export function carryOut(
  context: KindContext,
  prepared: ExecutablePlan & { readonly context?: KindContext },
  { signal, onOutcome = () => {} }: { signal?: AbortSignal; onOutcome?: (outcome: Outcome) => void } = {},
): Promise<Outcome[]> {
  return apply(prepared.context ?? context, prepared, {
    kinds,
    concurrency: 8,
    ...(signal ? { signal } : {}),
    emit: (event) => {
      if (event.type === "applied") onOutcome(event.outcome);
    },
  });
}

/** `{ "dashboard/a": "done" }` */
export function statuses(outcomes: readonly Outcome[]): Record<string, string> {
  return Object.fromEntries(outcomes.map(({ change, status }) => [address(change), status]));
}

/** `{ "dashboard/a": "update", "folder/b": "left: foreign" }` */
export function actions({ plan }: ExecutablePlan): Record<string, string> {
  return Object.fromEntries(
    plan.changes.map((change) => [address(change), change.left ? `left: ${change.left.reason}` : change.action]),
  );
}

export function changeOf({ plan }: ExecutablePlan, name: string): Change {
  const change = plan.changes.find((one) => address(one) === name);
  if (!change) throw new Error(`the plan says nothing of ${name}`);
  return change;
}

/** A repository of this project whose resources are what the objects here say, for tests of the command line. */
export async function repository(project: string, resources: readonly object[]): Promise<TestProject> {
  const made = await testProject({
    "grafana.config.ts": `export default {
      project: ${JSON.stringify(project)},
      resources: ["./resources"],
      environments: { ours: { drift: "overwrite" } },
    };\n`,
  });
  await declare(made, resources);
  return made;
}

export async function declare(project: TestProject, resources: readonly object[]): Promise<void> {
  await project.write({ "resources/all.ts": `export const all = ${JSON.stringify(resources)};\n` });
}

import { z } from "zod";
import { type Fault } from "../errors.ts";
import { hash, isObject, toJson, withoutNulls, type JsonObject } from "../engine/json.ts";
import { changedMeanwhile } from "../engine/meanwhile.ts";
import { FORM, formatMarker, parseMarker } from "../engine/marker.ts";
import { address, type Desired, type LiveObject, type Ownership, type ResourceKind } from "../engine/resource.ts";
import { ask, Confirmation } from "../grafana/ask.ts";
import type { Client } from "../grafana/client.ts";
import { GrafanaError, HalfDone, unlessNotFound } from "../grafana/errors.ts";
import { HIDDEN, revealed, Secret, secretsIn } from "../secrets.ts";
import { deriveUid, Uid } from "./reference.ts";

/** How panels, variables and annotations name a datasource: `{ type, uid }`. */
export interface DatasourceRef {
  readonly type?: string;
  readonly uid: string;
}

/** A datasource that Grafana has and the code doesn't manage: made by `existing.datasource(uid)`. */
export interface ExistingDatasource {
  readonly kind: "datasource";
  readonly uid: string;
  readonly existing: true;
  readonly ref: DatasourceRef;
}

/** A datasource. What is left out is what Grafana takes by default; `isDefault` left out is left as it is. */
export interface Datasource {
  readonly kind: "datasource";
  readonly name: string;
  /** The plugin's id: `prometheus`, `loki`, `jaeger`. */
  readonly type: string;
  /** Letters, digits, `-` and `_`, 40 at most. Default: derived from the project and the name. */
  readonly uid?: string;
  readonly url?: string;
  /** `proxy` (the default): Grafana's server asks the datasource; `direct`: the browser does. */
  readonly access?: "proxy" | "direct";
  readonly isDefault?: boolean;
  readonly user?: string;
  readonly database?: string;
  readonly basicAuth?: boolean;
  readonly basicAuthUser?: string;
  readonly withCredentials?: boolean;
  /** The plugin's settings, as its documentation names them. Every viewer can read them: no secrets here. */
  readonly jsonData?: Readonly<Record<string, unknown>>;
  /** The plugin's secrets: `{ basicAuthPassword: secret(env("PROMETHEUS_PASSWORD")) }`. */
  readonly secureJsonData?: Readonly<Record<string, Secret>>;
}

/**
 * Declares a datasource. Its `ref` is what panels take:
 *
 * @example
 * export const prometheus = datasource({ uid: "prometheus", name: "Prometheus", type: "prometheus", url: "http://prometheus:9090" });
 * new PanelBuilder().datasource(prometheus.ref)
 */
export function datasource(
  datasource: Omit<Datasource, "kind"> & { readonly uid: string },
): Datasource & { readonly ref: DatasourceRef } {
  // Not enumerable: a spread makes another datasource, which must not carry this one's ref.
  return Object.defineProperty({ kind: "datasource" as const, ...datasource }, "ref", {
    value: { type: datasource.type, uid: datasource.uid },
  }) as Datasource & { readonly ref: DatasourceRef };
}

const DatasourceSchema = z.strictObject({
  kind: z.literal("datasource"),
  name: z.string().trim().min(1, "the name is empty"),
  type: z.string().min(1, "the type is empty: it is the plugin's id, such as prometheus"),
  uid: Uid.exactOptional(),
  url: z.string().min(1, "the URL is empty: leave it out, or is a variable of the environment unset?").exactOptional(),
  access: z.enum(["proxy", "direct"]).exactOptional(),
  isDefault: z.boolean().exactOptional(),
  user: z.string().exactOptional(),
  database: z.string().exactOptional(),
  basicAuth: z.boolean().exactOptional(),
  basicAuthUser: z.string().exactOptional(),
  withCredentials: z.boolean().exactOptional(),
  jsonData: z.record(z.string(), z.unknown()).exactOptional(),
  secureJsonData: z
    .record(
      z.string(),
      z.instanceof(Secret, { error: 'a secret stands in clear in the code: write secret(env("NAME"))' }),
    )
    .exactOptional(),
});

const LiveDatasource = z.looseObject({
  uid: z.string(),
  name: z.string(),
  version: z.number().default(0),
  readOnly: z.boolean().default(false),
  isDefault: z.boolean().default(false),
  jsonData: z.record(z.string(), z.unknown()).nullish(),
  secureJsonFields: z.record(z.string(), z.boolean()).nullish(),
});

const Uids = z.looseObject({ uid: z.string() });
/** What a write is answered with. */
const Written = z.looseObject({ datasource: Uids });

type DatasourceBody = z.infer<typeof LiveDatasource>;

interface LiveDatasource extends LiveObject {
  readonly body: DatasourceBody;
}

/** Where a datasource keeps what folders and dashboards keep in annotations. Every viewer can read it: no secret goes in. */
const MARK = "grafana-provision";
const FIELDS = [
  "name",
  "type",
  "url",
  "access",
  "user",
  "database",
  "basicAuth",
  "basicAuthUser",
  "withCredentials",
] as const;

export const datasourceKind: ResourceKind<Datasource, LiveDatasource> = {
  name: "datasource",
  dependsOn: [],
  // The first one created becomes the default: two at once could both believe that they are.
  writeQueue: "datasource",
  schema: DatasourceSchema,
  access: {
    read: { action: "datasources:read" },
    write: ({ id }, live) =>
      live ? { action: "datasources:write", scopes: [`datasources:uid:${id}`] } : { action: "datasources:create" },
    remove: ({ id }) => ({ action: "datasources:delete", scopes: [`datasources:uid:${id}`] }),
  },

  id: ({ uid, name }, project) => uid ?? deriveUid(name, [project, "datasource"]),
  title: ({ name }) => name,
  references: () => [],
  check: (all) => [
    ...repeated(all, "name"),
    ...repeated(
      all.filter(({ resource }) => resource.isDefault === true),
      "isDefault",
    ),
  ],

  async list({ grafana: { client }, owner }) {
    const listed = await ask(client, { method: "GET", path: "/api/datasources" }, z.array(Uids));
    // The list lacks `version`, `basicAuthUser` and `withCredentials`.
    const bodies = await Promise.all(listed.map(({ uid }) => bodyOf(client, uid)));
    return bodies.filter((body) => body !== undefined).map((body) => liveDatasource(body, owner));
  },
  async find({ grafana: { client }, owner }, id) {
    const body = await bodyOf(client, id);
    return body === undefined ? undefined : liveDatasource(body, owner);
  },

  desired({ resource }, live) {
    const isDefault = resource.isDefault ?? live?.body.isDefault;
    return canonical({ ...resource, isDefault }, Object.keys(resource.secureJsonData ?? {}));
  },
  observed: ({ body }) => canonical(body, secretKeys(body)),
  // Secrets that were set by hand stay, as long as the code has none at all.
  beside(form, { resource }) {
    const { secureJsonData: _, ...rest } = form;
    return resource.secureJsonData ? form : rest;
  },
  secrets: ({ secureJsonData = {} }) => ({ uses: secretsIn(secureJsonData, ["secureJsonData"]), always: false }),
  // Another datasource that becomes the default takes it from this one.
  content: (form) => Object.fromEntries(Object.entries(form).filter(([key]) => key !== "isDefault")),

  obstacle({ resource, id }, live, all) {
    const namesake = all.find((other) => other.title === resource.name && other.id !== id);
    if (namesake) {
      return `a datasource named "${resource.name}" exists with the uid ${namesake.id}: use that uid, or another name`;
    }
    for (const field of ["url", "basicAuthUser"] as const) {
      if (live && live.body[field] && !resource[field]) {
        return `Grafana can't clear the ${field} of a datasource: give it one, or delete the datasource and apply again`;
      }
    }
    return undefined;
  },
  sideEffect({ resource, id }, _live, all) {
    const former = all.find((other) => other.body.isDefault && other.id !== id);
    return resource.isDefault && former ? `datasource/${former.id} is no longer the default` : undefined;
  },

  async write(context, { desired, live }) {
    const { client } = context.grafana;
    const { resource, id } = desired;
    const { isDefault: _default, ...content } = datasourceKind.desired(desired, live);
    const base = live?.body.version ?? 0;
    const uses = datasourceKind.secrets?.(resource).uses ?? [];
    const [current, sent] = [context.secrets.fingerprint(uses), live?.applied?.secrets];
    // What the plan doesn't say isn't sent: secrets that nobody could compare stay as they are.
    const sendsAll =
      !live || context.secrets.refresh || (current !== undefined && sent !== undefined && current !== sent);
    const fingerprint = sendsAll ? (current ?? sent) : sent;
    const hashes = { codeHash: desired.hash, contentHash: hash(content) };
    const marker = {
      form: FORM,
      ...hashes,
      version: base + 1,
      uid: id,
      ...(fingerprint ? { secrets: fingerprint } : {}),
    };
    const { kind: _, secureJsonData = {}, ...fields } = resource;
    const there = new Set(live && !sendsAll ? secretKeys(live.body) : []);
    const wanted = Object.fromEntries(Object.entries(secureJsonData).filter(([key]) => !there.has(key)));
    const secrets = revealed(wanted, (variable) => context.secrets.read(variable)) as Record<string, unknown>;
    // Grafana keeps what a request leaves out, and forgets what is empty.
    for (const key of live && resource.secureJsonData ? secretKeys(live.body) : [])
      if (!(key in secureJsonData)) secrets[key] = "";
    // Another one that this apply made the default took it without a new version: the plan's answer is out of date.
    const now =
      live?.body.isDefault && resource.isDefault === undefined ? await datasourceKind.find(context, id) : live;
    const isDefault = resource.isDefault ?? now?.body.isDefault ?? false;
    const body = (version: number, mark = marker) => ({
      access: "proxy",
      ...fields,
      uid: id,
      isDefault,
      ...(Object.keys(secrets).length > 0 ? { secureJsonData: secrets } : {}),
      jsonData: { ...resource.jsonData, [MARK]: { owner: context.owner, applied: formatMarker(mark) } },
      version,
    });
    const path = `/api/datasources/uid/${id}`;
    if (live) {
      await ask(client, { method: "PUT", path, body: body(base) }, Written);
      return;
    }
    await ask(client, { method: "POST", path: "/api/datasources", body: body(0) }, Written);
    // Grafana makes the first datasource the default, whatever the request says.
    if (resource.isDefault !== false) return;
    try {
      const made = await bodyOf(client, id);
      if (!made?.isDefault) return;
      await ask(client, { method: "PUT", path, body: body(1, { ...marker, version: 2 }) }, Written);
    } catch (error) {
      if (!(error instanceof GrafanaError)) throw error;
      throw new HalfDone(`${error.message} (after ${address(desired)} was made, which Grafana took for the default)`, {
        exitCode: error.exitCode,
        hint: "Run the command again: it goes on where it stopped.",
      });
    }
  },

  async remove(context, live) {
    const { client } = context.grafana;
    // Its DELETE takes no version: it is read again just before.
    const now = await datasourceKind.find(context, live.id);
    if (now && (now.version !== live.version || now.ownership.state !== "ours")) {
      throw changedMeanwhile({ kind: "datasource", id: live.id }, "Run `plan` again to see how it looks now.");
    }
    const path = `/api/datasources/uid/${live.id}`;
    await unlessNotFound(ask(client, { method: "DELETE", path }, Confirmation));
  },
};

function bodyOf(client: Client, uid: string): Promise<DatasourceBody | undefined> {
  return unlessNotFound(ask(client, { method: "GET", path: `/api/datasources/uid/${uid}` }, LiveDatasource));
}

function liveDatasource(body: DatasourceBody, owner: string): LiveDatasource {
  const mark = body.jsonData?.[MARK];
  const applied = parseMarker(isObject(mark) ? mark["applied"] : undefined);
  const ownership = ownershipOf(body, isObject(mark) ? mark["owner"] : undefined, applied?.uid, owner);
  return {
    id: body.uid,
    title: body.name,
    version: String(body.version),
    ownership,
    ...(applied && ownership.state === "ours" ? { applied } : {}),
    touched: applied !== undefined && applied.version !== body.version,
    complete: true,
    body,
  };
}

function ownershipOf(body: DatasourceBody, marked: unknown, uid: string | undefined, owner: string): Ownership {
  if (body.readOnly) {
    const why = "it is provisioned from a file on Grafana's own disk: remove it from that file first";
    return { state: "locked", manager: "file provisioning", why };
  }
  if (marked === owner && uid === body.uid) return { state: "ours" };
  if (typeof marked !== "string") return { state: "foreign" };
  return marked === owner
    ? { state: "foreign", note: `a copy of ${uid ?? "another"}` }
    : { state: "foreign", manager: marked };
}

/** Grafana says which secrets there are, never what they are. */
function secretKeys({ secureJsonFields }: DatasourceBody): string[] {
  return Object.entries(secureJsonFields ?? {}).flatMap(([key, set]) => (set ? [key] : []));
}

function canonical(fields: Readonly<Record<string, unknown>>, secrets: readonly string[]): JsonObject {
  const form: JsonObject = {};
  if (secrets.length > 0) form["secureJsonData"] = Object.fromEntries(secrets.map((key) => [key, HIDDEN]));
  for (const field of FIELDS) {
    const value = fields[field];
    // Grafana reads what was left out as "", false, or access "proxy".
    if (typeof value === "boolean" ? value : value && !(field === "access" && value === "proxy"))
      form[field] = toJson(value);
  }
  if (fields["isDefault"] !== undefined) form["isDefault"] = fields["isDefault"] === true;
  const jsonData = withoutNulls(toJson(fields["jsonData"] ?? {}));
  if (isObject(jsonData)) {
    delete jsonData[MARK];
    if (Object.keys(jsonData).length > 0) form["jsonData"] = jsonData;
  }
  return form;
}

function repeated(all: readonly Desired<Datasource>[], field: "name" | "isDefault"): Fault[] {
  return all.flatMap((one, index) => {
    const first = all.findIndex((other) => other.resource[field] === one.resource[field]);
    if (first === index) return [];
    const other = all[first] ?? one;
    const what =
      field === "name" ? `the name "${one.resource.name}" is taken` : "only one datasource can be the default";
    const message = `${what}: see ${address(other)} in ${other.source.file}`;
    return [{ level: "error", file: one.source.file, export: one.source.export, path: field, message } as const];
  });
}

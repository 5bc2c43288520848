import { z } from "zod";
import { diff } from "../../engine/diff.ts";
import type { Difference } from "../../engine/difference.ts";
import type { Shape } from "../../engine/shape.ts";
import type { KindRisk } from "../../engine/view.ts";
import type { Fault } from "../../util/errors.ts";
import { equal, hash, isObject, textOf, toJson, withoutNulls, type Json, type JsonObject } from "../../util/json.ts";
import { changedSincePlan } from "../../engine/conflicts.ts";
import { FORM, formatMarker, isMarkOf, parseMarker, type AppliedMarker } from "../../ownership/marker.ts";
import type { Need } from "../../engine/permissions.ts";
import { address, type Desired, type LiveObject, type Ownership } from "../../engine/model.ts";
import type { KindContext, Restore } from "../../engine/kind-context.ts";
import type { ResourceKind } from "../../engine/resource.ts";
import type { SecretValues } from "../../secrets/values.ts";
import { ask, Confirmation } from "../../grafana/ask.ts";
import type { Client } from "../../grafana/client.ts";
import { GrafanaError, HalfDone, unlessNotFound } from "../../grafana/errors.ts";
import { HIDDEN, revealed, Secret, secretsIn, type SecretUse } from "../../secrets/secret.ts";
import { deriveUid, Uid } from "../reference.ts";

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

/** What `datasource()` takes. */
export interface DatasourceOptions extends Omit<Datasource, "kind" | "jsonData"> {
  readonly uid: string;
  /** A function where datasources name each other: it runs when their files are loaded, all of them. */
  readonly jsonData?: Datasource["jsonData"] | (() => NonNullable<Datasource["jsonData"]>);
}

/**
 * Declares a datasource. Its `ref` is what panels take, its `uid` what the settings of other datasources take:
 *
 * @example
 * export const prometheus = datasource({ uid: "prometheus", name: "Prometheus", type: "prometheus", url: "http://prometheus:9090" });
 * new PanelBuilder().datasource(prometheus.ref)
 * @example
 * // jaeger.ts imports loki.ts, and loki.ts imports jaeger.ts: neither is there yet when the other is read.
 * datasource({ uid: "loki", …, jsonData: (): LokiJsonData => ({ derivedFields: [{ …, datasourceUid: jaeger.uid }] }) })
 */
export function datasource(
  options: DatasourceOptions,
): Datasource & { readonly uid: string; readonly ref: DatasourceRef } {
  const { jsonData, ...fields } = options;
  const made = { kind: "datasource" as const, ...fields, ...(typeof jsonData === "object" ? { jsonData } : {}) };
  if (typeof jsonData === "function") {
    let settings: Datasource["jsonData"];
    Object.defineProperty(made, "jsonData", { enumerable: true, get: () => (settings ??= jsonData()) });
  }
  // Not enumerable: a spread makes another datasource, which must not carry this one's ref.
  return Object.defineProperty(made, "ref", {
    value: { type: options.type, uid: options.uid },
  }) as typeof made & { readonly ref: DatasourceRef };
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

const SHAPE: Shape = { values: { name: { meaning: () => "renamed" }, jsonData: { absent: {} } } };

/** @internal */
export const datasourceKind: ResourceKind<Datasource, LiveDatasource> = {
  name: "datasource",
  dependsOn: [],
  marking: "own-data",
  idIs: "uid",
  schema: DatasourceSchema,
  access: {
    read: { action: "datasources:read" },
    write: ({ id }, live) => writeNeed(id, live),
    restore: ({ id }, live) => writeNeed(id, live),
    remove: ({ id }) => ({ action: "datasources:delete", scopes: [`datasources:uid:${id}`] }),
  },

  id: ({ uid, name }, project) => uid ?? deriveUid(name, [project, "datasource"]),
  title: ({ name }) => name,
  references: () => [],

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

  async write(context, { desired, live }) {
    const { resource, id } = desired;
    const { isDefault: _default, ...content } = datasourceKind.desired(desired, live);
    const uses = secretsOf(resource);
    const [current, sent] = [context.secrets.fingerprint(uses), live?.applied?.secrets];
    // What the plan doesn't say isn't sent: secrets that nobody could compare stay as they are.
    const known = new Set(live ? secretKeys(live.body) : []);
    const areNew = uses.length > 0 && uses.every(({ path }) => !known.has(textOf(path.at(-1))));
    const sendsAll =
      !live || areNew || context.secrets.refresh || (current !== undefined && sent !== undefined && current !== sent);
    const fingerprint = sendsAll ? (current ?? sent) : sent;
    const hashes = { codeHash: desired.hash, contentHash: hash(content) };
    const marker = {
      form: FORM,
      ...hashes,
      uid: id,
      ...(fingerprint ? { secrets: fingerprint } : {}),
      // Without any in the code, those that are there stay.
      places: resource.secureJsonData ? uses : (live?.applied?.places ?? uses),
    };
    const { kind: _, secureJsonData = {}, isDefault: wanted, jsonData, ...fields } = resource;
    const there = new Set(live && !sendsAll ? secretKeys(live.body) : []);
    const sending = Object.fromEntries(Object.entries(secureJsonData).filter(([key]) => !there.has(key)));
    const secrets = revealed(sending, (variable) => context.secrets.read(variable)) as Record<string, unknown>;
    // Grafana keeps what a request leaves out, and forgets what is empty.
    for (const key of live && resource.secureJsonData ? secretKeys(live.body) : [])
      if (!(key in secureJsonData)) secrets[key] = "";
    // Another one that this apply made the default took it without a new version: the plan's answer is out of date.
    const now = live?.body.isDefault && wanted === undefined ? await datasourceKind.find(context, id) : live;
    await save(context, {
      live,
      fields: { ...fields, uid: id },
      isDefault: wanted ?? now?.body.isDefault ?? false,
      firstMayBeDefault: wanted === undefined,
      secrets,
      jsonData: (version) => ({ ...jsonData, [MARK]: markOf(context.owner, { ...marker, version }) }),
    });
  },

  async remove(context, live) {
    const { client } = context.grafana;
    // Its DELETE takes no version: it is read again just before.
    const now = await datasourceKind.find(context, live.id);
    if (now && (now.version !== live.version || now.ownership.state !== "ours")) {
      throw changedSincePlan({ kind: "datasource", id: live.id }, "Run `plan` again to see how it looks now.");
    }
    const path = `/api/datasources/uid/${live.id}`;
    await unlessNotFound(ask(client, { method: "DELETE", path }, Confirmation));
  },

  rollback: {
    snapshot({ body }, places) {
      const keys = new Set(secretKeys(body));
      const known = places.flatMap(({ path: [, key], variable, unsure, unproven }) =>
        typeof key === "string" && keys.has(key) && !unsure && !unproven ? [[key, new Secret(variable)] as const] : [],
      );
      return { ...(toJson(body) as JsonObject), secureJsonData: Object.fromEntries(known) };
    },
    restoreSnapshot({ owner }, snapshot) {
      return liveDatasource(LiveDatasource.parse(snapshot), owner);
    },
    limits(restore, { all, secrets }) {
      const { before, live } = restore;
      const fates = fatesOf(restore, secrets);
      const namesake = all.find((other) => other.title === before.title && other.id !== before.id);
      const unclearable = (["url", "basicAuthUser"] as const).find(
        (field) => live && live.body[field] && !before.body[field],
      );
      const obstacle = namesake
        ? `a datasource named "${before.title}" exists with the uid ${namesake.id}`
        : unclearable && `Grafana can't clear the ${unclearable} of a datasource: delete it, and roll back again`;
      return { losses: fates.map(({ says }) => says), ...(obstacle ? { obstacle } : {}) };
    },
    async restore(context, restore) {
      const { before, live } = restore;
      const { body } = before;
      const fates = fatesOf(restore, context.secrets);
      const secrets = Object.fromEntries(fates.flatMap(({ key, send }) => (send === undefined ? [] : [[key, send]])));
      for (const key of live ? secretKeys(live.body) : []) if (!secretKeys(body).includes(key)) secrets[key] = "";
      const mark = body.jsonData?.[MARK];
      const applied = appliedAgain(restore, context.secrets);
      await save(context, {
        live,
        fields: fieldsOf(body),
        isDefault: body.isDefault,
        firstMayBeDefault: false,
        secrets,
        jsonData: (version) => ({
          ...body.jsonData,
          // What somebody had changed before the run reads as such again.
          ...(applied && isObject(mark)
            ? { [MARK]: markOf(textOf(mark["owner"]), { ...applied, version: before.touched ? 0 : version }) }
            : {}),
        }),
      });
    },
  },

  // Old dashboards name a datasource by its name.
  aliases: ({ title }) => [title],
  checks: {
    code: (all) => [
      ...repeated(all, "name"),
      ...repeated(
        all.filter(({ resource }) => resource.isDefault === true),
        "isDefault",
      ),
    ],
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
  },
  comparison: {
    // Another datasource that becomes the default takes it from this one.
    content: contentOf,
    differences: (before, after) => diff(before, after, SHAPE),
  },
  existing: { create: createExisting },
  secrets: {
    place: "a datasource's secureJsonData",
    sentAlways: false,
    uses: secretsOf,
    // Secrets that were set by hand stay, as long as the code has none at all.
    redactLike(form, { resource }) {
      const { secureJsonData: _, ...rest } = form;
      return resource.secureJsonData ? form : rest;
    },
    inSnapshot: ({ body }) => secretsIn(body["secureJsonData"], ["secureJsonData"]),
  },
  sharedParts: {
    taken: ({ resource }) => (resource.isDefault ? ["default"] : []),
    held: ({ body }) => (body.isDefault ? ["default"] : []),
    lostOnly: (before, live) =>
      equal(contentOf(datasourceKind.observed(before)), contentOf(datasourceKind.observed(live))),
  },
  view: {
    section: { title: "Folders and datasources", rank: 410 },
    risks: { deletion: "is deleted: panels and rules that query it get no data", ofDifference: riskOf },
    facts: ({ type, url }) => `${textOf(type)}, ${textOf(url) || "without a URL"}`,
  },
  writing: {
    async renewMark(context, live, hashes) {
      const { id, body, applied } = live;
      await save(context, {
        live,
        fields: fieldsOf(body),
        isDefault: body.isDefault,
        firstMayBeDefault: false,
        // Grafana keeps those that a request leaves out.
        secrets: {},
        jsonData: (version) => ({
          ...body.jsonData,
          [MARK]: markOf(context.owner, { ...applied, form: FORM, ...hashes, version, uid: id }),
        }),
      });
    },
    // The first one created becomes the default: two at once could both believe that they are.
    queue: "datasource",
  },
};

function secretsOf({ secureJsonData = {} }: Datasource): SecretUse[] {
  return secretsIn(secureJsonData, ["secureJsonData"]);
}

function riskOf({ path, before, after }: Difference): KindRisk | undefined {
  if (path !== "url" && path !== "type" && path !== "database") return undefined;
  return { text: `queries another source: ${path} ${shown(before)} → ${shown(after)}` };
}

function shown(value: Json | undefined): string {
  return value === undefined ? "nothing" : typeof value === "string" ? value : JSON.stringify(value);
}

/** What isn't a uid is the name of a datasource in an old dashboard. */
async function createExisting(client: Client, id: string): Promise<void> {
  const names = Uid.safeParse(id).success ? { uid: id, name: `${id} (existing)` } : { name: id };
  const body = { ...names, type: "prometheus", access: "proxy", url: "http://existing.invalid" };
  await client.send({ method: "POST", path: "/api/datasources", body });
}

function writeNeed(id: string, live: LiveDatasource | undefined): Need {
  return live ? { action: "datasources:write", scopes: [`datasources:uid:${id}`] } : { action: "datasources:create" };
}

/** Another datasource that becomes the default takes it from this one. */
function contentOf({ isDefault: _, ...form }: JsonObject): JsonObject {
  return form;
}

interface Saving {
  readonly live: LiveDatasource | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly isDefault: boolean;
  /** Nobody minds when Grafana makes it the default because it is the first one. */
  readonly firstMayBeDefault: boolean;
  readonly secrets: Readonly<Record<string, unknown>>;
  /** With the version that a write makes. */
  readonly jsonData: (version: number) => object;
}

async function save(
  context: KindContext,
  { live, fields, isDefault, firstMayBeDefault, secrets, jsonData }: Saving,
): Promise<void> {
  const { client } = context.grafana;
  const id = textOf(fields["uid"]);
  const body = (version: number) => ({
    access: "proxy",
    ...fields,
    isDefault,
    ...(Object.keys(secrets).length > 0 ? { secureJsonData: secrets } : {}),
    jsonData: jsonData(version + 1),
    version,
  });
  const path = `/api/datasources/uid/${id}`;
  if (live) {
    await ask(client, { method: "PUT", path, body: body(live.body.version) }, Written);
    return;
  }
  await ask(client, { method: "POST", path: "/api/datasources", body: body(0) }, Written);
  // Grafana makes the first datasource the default, whatever the request says.
  if (isDefault || firstMayBeDefault) return;
  try {
    const made = await bodyOf(client, id);
    if (made?.isDefault) await ask(client, { method: "PUT", path, body: body(1) }, Written);
  } catch (error) {
    if (!(error instanceof GrafanaError)) throw error;
    throw new HalfDone(`${error.message} (after datasource/${id} was made, which Grafana took for the default)`, {
      exitCode: error.exitCode,
      hint: "Run the command again: it goes on where it stopped.",
    });
  }
}

/** What becomes of one secret of a datasource that is brought back. */
interface Fate {
  readonly key: string;
  /** Absent: it is not sent. */
  readonly send?: string;
  readonly says: string;
}

/** Grafana never shows one: those that the run may have sent, or that are gone, are sent where their variables are known. */
function fatesOf({ before, live }: Restore<LiveDatasource>, secrets: SecretValues): Fate[] {
  const there = new Set(live ? secretKeys(live.body) : []);
  const variables = new Map(sealedVariables(before));
  const another = before.applied?.secrets !== live?.applied?.secrets;
  const now = new Map(live?.applied?.places?.map(({ path, variable }) => [textOf(path.at(-1)), variable]));
  return secretKeys(before.body).flatMap((key): Fate[] => {
    const same = !another && now.get(key) === variables.get(key);
    if (there.has(key) && same && !secrets.refresh) return [];
    const variable = variables.get(key);
    const value = variable === undefined ? undefined : secrets.read(variable);
    const what = `the secret ${key}`;
    if (value !== undefined) return [{ key, send: value, says: `${what} is sent from ${variable}, as it is set now` }];
    if (there.has(key)) return [{ key, says: `${what} stays as it is now` }];
    const how = variable === undefined ? "set it in Grafana" : `set ${variable} to have it sent, or set it in Grafana`;
    return [{ key, says: `${what} does not come back: ${how}` }];
  });
}

function sealedVariables({ body }: LiveDatasource): [key: string, variable: string][] {
  return secretsIn(body["secureJsonData"]).map(({ path: [key = ""], variable }) => [String(key), variable]);
}

/** The mark that a datasource had, with the fingerprint of the secrets that it has in the end, where that is known. */
function appliedAgain(restore: Restore<LiveDatasource>, secrets: SecretValues): AppliedMarker | undefined {
  const { before, live } = restore;
  const { applied } = before;
  const fates = fatesOf(restore, secrets);
  if (!applied || (fates.length === 0 && applied.secrets === live?.applied?.secrets)) return applied;
  const { secrets: _, ...mark } = applied;
  const all = secretKeys(before.body).every((key) => fates.some((one) => one.key === key && one.send !== undefined));
  const fingerprint = all ? secrets.fingerprint(applied.places ?? []) : undefined;
  return { ...mark, ...(fingerprint === undefined ? {} : { secrets: fingerprint }) };
}

/** What stands in `jsonData`, with the variables of the secrets that were sent. */
function markOf(owner: string, { places = [], ...applied }: AppliedMarker): JsonObject {
  const secrets = places.map(({ path, variable }): Json => [textOf(path.at(-1)), variable]);
  return { owner, applied: formatMarker(applied), ...(secrets.length > 0 ? { secrets } : {}) };
}

function fieldsOf(body: DatasourceBody): Record<string, unknown> {
  return { uid: body.uid, ...Object.fromEntries(FIELDS.map((field) => [field, body[field]])) };
}

function bodyOf(client: Client, uid: string): Promise<DatasourceBody | undefined> {
  return unlessNotFound(ask(client, { method: "GET", path: `/api/datasources/uid/${uid}` }, LiveDatasource));
}

function liveDatasource(body: DatasourceBody, owner: string): LiveDatasource {
  const mark = body.jsonData?.[MARK];
  const parsed = parseMarker(isObject(mark) ? mark["applied"] : undefined);
  const applied = parsed && { ...parsed, places: placesIn(isObject(mark) ? mark["secrets"] : undefined) };
  const ownership = ownershipOf(body, isObject(mark) ? mark["owner"] : undefined, applied, owner);
  return {
    id: body.uid,
    title: body.name,
    version: String(body.version),
    ownership,
    ...(applied && ownership.state === "ours" ? { applied } : {}),
    touched: applied !== undefined && (applied.version !== body.version || !isAsSent(body, applied)),
    complete: true,
    body,
  };
}

/** A datasource that was deleted and created again from its own JSON has the mark and the version of the deleted one. */
function isAsSent(body: DatasourceBody, { contentHash }: AppliedMarker): boolean {
  const { secureJsonData: _, ...withoutSecrets } = contentOf(canonical(body, secretKeys(body)));
  // Code without secrets leaves those that were set by hand.
  const forms = [contentOf(canonical(body, secretKeys(body))), withoutSecrets];
  return forms.some((form) => hash(form) === contentHash);
}

function ownershipOf(
  body: DatasourceBody,
  marked: unknown,
  applied: AppliedMarker | undefined,
  owner: string,
): Ownership {
  if (body.readOnly) {
    const why = "it is provisioned from a file on Grafana's own disk: remove it from that file first";
    return { state: "locked", manager: "file provisioning", why };
  }
  if (marked === owner && applied && isMarkOf(applied, body.uid)) return { state: "ours" };
  if (typeof marked !== "string") return { state: "foreign" };
  return marked === owner
    ? { state: "foreign", note: `a copy of ${applied?.uid ?? "another"}` }
    : { state: "foreign", manager: marked };
}

function placesIn(stored: unknown): SecretUse[] {
  const pairs = z.array(z.tuple([z.string(), z.string()])).safeParse(stored).data ?? [];
  return pairs.map(([key, variable]) => ({ path: ["secureJsonData", key], variable }));
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

import type { ContactPoint as SdkContactPoint } from "@grafana/grafana-foundation-sdk/alerting";
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import { z } from "zod";
import { clearSecrets, integrationType, withSecretsHidden } from "../alerting/integration-secrets.ts";
import { jsonObject, objectsOf } from "../alerting/rule.ts";
import { CONTACT_POINT } from "../alerting/shapes.ts";
import { diff } from "../../engine/diff.ts";
import { equal, hash, isObject, withoutNulls, type Json, type JsonObject, textOf } from "../../util/json.ts";
import { changedSincePlan } from "../../engine/conflicts.ts";
import { address, type Desired, type LiveObject } from "../../engine/model.ts";
import type { HiddenPlace } from "../../engine/facets.ts";
import type { KindContext, Write } from "../../engine/kind-context.ts";
import type { ResourceKind } from "../../engine/resource.ts";
import { ask, Confirmation } from "../../grafana/ask.ts";
import type { SecretValues } from "../../secrets/values.ts";
import { EXIT, type Fault } from "../../util/errors.ts";
import type { Request } from "../../grafana/client.ts";
import { Conflict, GrafanaError, HalfDone, Rejected } from "../../grafana/errors.ts";
import { HIDDEN, revealed, Secret, secretsIn, type SecretUse } from "../../secrets/secret.ts";
import type { ExistingMessageTemplate, MessageTemplate } from "../message-template.ts";
import {
  isOthers,
  ledgerOwnership,
  NOTIFICATION_ACCESS,
  NOTIFICATIONS,
  provenanceHeaders,
  provenanceLimits,
  provenanceObstacle,
  provenanceOf,
  removalHeaders,
  restoreHeaders,
  withoutProvenance,
  withProvenance,
  type Provisioned,
} from "../alerting/provisioned.ts";
import { deriveUid, reference, ResourceReference, Uid } from "../reference.ts";

/** A contact point that Grafana has and the code doesn't manage: made by `existing.contactPoint(name)`. */
export interface ExistingContactPoint {
  readonly kind: "contact-point";
  readonly name: string;
  readonly existing: true;
}

/** One way in which a contact point notifies. */
export interface Integration {
  /** `email`, `slack`, `webhook`, `pagerduty`… as Grafana's documentation names them. */
  readonly type: string;
  /** Letters, digits, `-` and `_`, 40 at most. Default: derived from the project, the name, the type and its number. */
  readonly uid?: string;
  /** As the integration's documentation names them; `secret(env("NAME"))` at any place. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly disableResolveMessage?: boolean;
}

/** A contact point: several integrations under one name. Policies and rules name it by its object. */
export interface ContactPoint {
  readonly kind: "contact-point";
  readonly name: string;
  readonly integrations: readonly Integration[];
  /** Templates that the settings name: written before, and checked to be there. */
  readonly templates?: readonly (MessageTemplate | ExistingMessageTemplate)[];
}

/**
 * Declares a contact point. Its integrations are plain typed objects or the SDK's `ContactPointBuilder`.
 *
 * @example
 * export const ops = contactPoint({
 *   name: "ops",
 *   integrations: [{ type: "slack", settings: { recipient: "#ops", url: secret(env("SLACK_WEBHOOK_URL")) } }],
 * });
 */
export function contactPoint(
  point: Omit<ContactPoint, "kind" | "integrations"> & {
    readonly integrations: readonly (Integration | Builder<SdkContactPoint>)[];
  },
): ContactPoint {
  return { kind: "contact-point", ...point, integrations: point.integrations.map(integrationOf) };
}

function integrationOf(one: Integration | Builder<SdkContactPoint>): Integration {
  if (!("build" in one)) return one;
  const { type, uid, settings, disableResolveMessage } = one.build();
  return {
    type,
    settings: settings as Record<string, unknown>,
    ...(uid ? { uid } : {}),
    ...(disableResolveMessage === undefined ? {} : { disableResolveMessage }),
  };
}

const ContactPointSchema = z.strictObject({
  kind: z.literal("contact-point"),
  name: z.string().trim().min(1, "the name is empty"),
  integrations: z
    .array(
      z.strictObject({
        type: z.string().min(1, "the type is empty: it is one such as email, slack or webhook"),
        uid: Uid.exactOptional(),
        settings: z.record(z.string(), z.unknown()),
        disableResolveMessage: z.boolean().exactOptional(),
      }),
    )
    .min(1, "a contact point must have at least one integration"),
  templates: z.array(ResourceReference("message-template")).exactOptional(),
});

const Answer = z.looseObject({
  uid: z.string().default(""),
  name: z.string(),
  type: z.string(),
  settings: z.record(z.string(), z.unknown()).nullish(),
  disableResolveMessage: z.boolean().default(false),
  provenance: z.string().default(""),
});

type Answer = z.infer<typeof Answer>;

interface LiveContactPoint extends LiveObject, Provisioned {
  readonly integrations: readonly Answer[];
}

const PATH = "/api/v1/provisioning/contact-points";
/** What Grafana gives in a secret's place. */
const REDACTED = "[REDACTED]";

/** @internal */
export const contactPointKind: ResourceKind<ContactPoint, LiveContactPoint> = {
  name: "contact-point",
  dependsOn: ["message-template"],
  marking: "ledger",
  idIs: "name",
  schema: ContactPointSchema,
  access: NOTIFICATION_ACCESS,

  id: ({ name }) => name,
  title: ({ name }) => name,
  references: ({ templates = [] }) =>
    templates.map((template, index) => reference(template, `templates[${index}]`, template.name)),

  async list(context) {
    const answers = await readAll(context);
    return [...Map.groupBy(answers, ({ name }) => name)].map(([name, own]) => liveContactPoint(name, own, context));
  },
  async find(context, id) {
    const own = (await readAll(context)).filter(({ name }) => name === id);
    return own.length === 0 ? undefined : liveContactPoint(id, own, context);
  },

  desired(desired, live) {
    const form = canonical(
      integrationsOf(desired).map((one) => {
        const before = live?.integrations.find(({ uid }) => uid === one.uid);
        return { ...one, settings: hideUnreadable(jsonObject(one.settings), jsonObject(before?.settings)) };
      }),
    );
    return withProvenance(form, live, live?.wantedProvenance);
  },
  observed: (live) => withProvenance(canonical(live.integrations.map(withRedactedHidden)), live, live.provenance),

  write: (context, write) =>
    save(context, {
      id: write.desired.id,
      live: write.live,
      integrations: integrationsOf(write.desired),
      headersOf: () => provenanceHeaders(context, write.live),
      stays: () => false,
      ...(write.resumed ? { progress: (now) => progressOf(write, now) } : {}),
    }),
  async remove(context, live) {
    // Integrations that took another name since the plan belong to another contact point now.
    const now = (await readAll(context)).filter(({ name }) => name === live.id);
    const planned = new Map(live.integrations.map((one) => [one.uid, versionOf([one])]));
    if (now.some((one) => planned.get(one.uid) !== versionOf([one]))) {
      throw changedSincePlan({ kind: "contact-point", id: live.id });
    }
    const headers = removalHeaders(live);
    for (const [index, { uid }] of now.entries()) {
      try {
        await ask(context.grafana.client, { method: "DELETE", path: `${PATH}/${uid}`, headers }, Confirmation);
      } catch (error) {
        // What is left is ours, and half of what it was: no conflict that leaves it to somebody else.
        throw index > 0 && error instanceof Conflict ? halfDeleted(error, index, now.length) : error;
      }
    }
  },

  rollback: {
    snapshot: ({ id, integrations }, places, secrets) => ({
      name: id,
      integrations: integrations.map((one) => ({ ...jsonObject(one), settings: sealedSettings(one, places, secrets) })),
    }),
    restoreSnapshot(context, snapshot) {
      const { name, integrations } = Snapshot.parse(snapshot);
      return liveContactPoint(name, integrations, context);
    },
    content: withoutProvenance,
    limits(restore, { all, secrets }) {
      const { losses } = provenanceLimits("a contact point", restore);
      const there = new Map(all.flatMap(({ integrations }) => integrations.map((one) => [one.uid, one] as const)));
      const fates = restore.before.integrations.flatMap((one) => fatesOf(one, there.get(one.uid), secrets));
      const obstacle = obstacleOf(fates);
      return { losses: [...losses, ...fates.flatMap(({ says }) => says ?? [])], ...(obstacle ? { obstacle } : {}) };
    },
    async restore(context, { before, live, siblings = [] }) {
      const there = new Map((await readAll(context)).map((one) => [one.uid, one]));
      const others = siblings.filter(({ id }) => id !== before.id).flatMap(({ integrations }) => integrations);
      const integrations = before.integrations.map((one) => {
        const fates = fatesOf(one, there.get(one.uid), context.secrets);
        const obstacle = obstacleOf(fates);
        if (obstacle) throw new Rejected(`contact-point/${before.id}: ${obstacle}`, { exitCode: EXIT.failure });
        const { uid, type, disableResolveMessage } = one;
        const settings = fates.reduce<unknown>(
          (form, { path, send = "" }) => withAt(form, path, send),
          jsonObject(one.settings),
        );
        return { uid, type, settings: jsonObject(settings), disableResolveMessage };
      });
      await save(context, {
        id: before.id,
        live,
        integrations,
        headersOf: (one) => restoreHeaders(before, one),
        // Taken over before its former contact point lets it go, it keeps its secrets.
        stays: (uid) => others.some((one) => one.uid === uid),
      });
    },
  },

  checks: {
    code: (all) => [...repeatedUids(all), ...all.flatMap(secretsInClear)],
    obstacle(desired, live, all) {
      const provenance = provenanceObstacle("a contact point", live);
      if (provenance) return provenance;
      const mine = new Set(integrationsOf(desired).map(({ uid }) => uid));
      const holder = all.find(
        (other) => other.id !== desired.id && isOthers(other) && other.integrations.some(({ uid }) => mine.has(uid)),
      );
      return (
        holder &&
        `the uid of one of its integrations is taken by the contact point "${holder.id}", which is not this project's`
      );
    },
    sideEffect(desired, _live, all) {
      const mine = new Set(integrationsOf(desired).map(({ uid }) => uid));
      const former = all.find(
        (other) => other.id !== desired.id && other.integrations.some(({ uid }) => mine.has(uid)),
      );
      return (
        former &&
        `contact-point/${former.id} loses the integrations that keep their uid; without any left it is renamed, wherever it is used`
      );
    },
  },
  comparison: { content: withoutProvenance, differences: (before, after) => diff(before, after, CONTACT_POINT) },
  deletion: { inParts: ({ integrations }) => integrations.length > 1 },
  existing: {
    async create(client, name) {
      const all = await ask(client, { method: "GET", path: PATH }, z.array(Answer));
      // Grafana takes a second integration of a name for one of the same contact point.
      if (all.some((one) => one.name === name)) return;
      const body = { name, type: "email", settings: { addresses: "existing@example.invalid" } };
      await client.send({ method: "POST", path: PATH, body });
    },
  },
  secrets: {
    place: "a contact point's settings",
    sentAlways: true,
    uses: ({ integrations }) => secretsIn(integrations, ["integrations"]),
    places: secretPlaces,
    redactLike: (form, desired) => hideSecrets(form, desired),
    hide: hideAll,
    inSnapshot: sealedIn,
    // Most are never given back. A webhook's URL is: another than the code's was put there by somebody.
    differ: (places, live, secrets) =>
      places.some(({ path, variable, within }) => {
        const settings = jsonObject(live.integrations.find(({ uid }) => uid === within)?.settings);
        const [shown, wanted] = [valueAt(settings, path.slice(SETTINGS)), secrets.given(variable)];
        return typeof shown === "string" && shown !== REDACTED && wanted !== undefined && shown !== wanted;
      }),
  },
  sharedParts: {
    taken: (desired) => integrationsOf(desired).map(({ uid }) => uid),
    held: ({ integrations }) => integrations.map(({ uid }) => uid),
    renamesUsers: true,
    lostOnly(before, live) {
      const places = sealedIn(before);
      const form = (one: Answer) => hideAll(canonical([withRedactedHidden(one)]), places);
      const was = new Map(before.integrations.map((one) => [one.uid, form(one)]));
      return live.integrations.every((one) => equal(was.get(one.uid), form(one)));
    },
  },
  view: {
    section: { title: "Who is notified", rank: 310 },
    risks: {
      deletion: "is deleted: no more notifications are sent to it",
      update: "changes how notifications are sent",
    },
    facts: (form) =>
      objectsOf(form["integrations"])
        .map(({ type }) => textOf(type))
        .join(", "),
  },
  writing: {
    queue: NOTIFICATIONS,
    parts: (form) => Object.fromEntries(integrationsIn(form)),
    isPartial: (write, now) => progressOf(write, now).ours,
  },
};

function halfDeleted({ message, exitCode, hint }: Conflict, deleted: number, all: number): HalfDone {
  return new HalfDone(`${message} (after ${deleted} of its ${all} integrations were deleted)`, {
    exitCode,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Grafana would take a word for a secret that nobody knows. */
function obstacleOf(fates: readonly Fate[]): string | undefined {
  const lost = fates.filter(({ send }) => send === undefined).map(({ what }) => what);
  if (lost.length === 0) return undefined;
  return `${lost.join(", ")} can't be brought back: set its variable, or make the contact point by hand`;
}

const Snapshot = z.strictObject({ name: z.string(), integrations: z.array(Answer) });

interface Saving {
  readonly id: string;
  readonly live: LiveContactPoint | undefined;
  readonly integrations: readonly IntegrationWithUid[];
  /** For one request; `there`: the integration as Grafana has it, under whatever name. */
  readonly headersOf: (there: Answer | undefined) => Record<string, string>;
  /** Whether an integration that is not among these is left for another contact point to take. */
  readonly stays: (uid: string) => boolean;
  /** How far a former attempt came. */
  readonly progress?: (now: LiveContactPoint) => Progress;
}

async function save(
  context: KindContext,
  { id, live, integrations, headersOf, stays, progress }: Saving,
): Promise<void> {
  const all = await readAll(context);
  const now = all.filter(({ name }) => name === id);
  // There is no version to send along: the window for a lost update is narrowed, not closed.
  const former = progress?.(liveContactPoint(id, now, context));
  const free = former?.ours === true || versionOf(now) === (live?.version ?? versionOf([]));
  if (!free) throw changedSincePlan({ kind: "contact-point", id });
  const { client } = context.grafana;
  let carriedOut = 0;
  const send = async (request: Request, answer: typeof Answer | typeof Confirmation) => {
    try {
      await ask(client, request, answer);
      carriedOut++;
    } catch (error) {
      if (carriedOut === 0 || !(error instanceof GrafanaError)) throw error;
      const message = `${error.message} (after ${carriedOut} of the requests for contact-point/${id} had been carried out)`;
      throw new HalfDone(message, {
        exitCode: error.exitCode,
        outcomeUnknown: error.outcomeUnknown,
        retryAfter: error.retryAfter,
        hint: "Run the command again: it goes on where it stopped.",
      });
    }
  };
  for (const one of integrations) {
    if (former?.done.has(one.uid)) continue;
    const body = { ...one, name: id, settings: revealed(one.settings, (variable) => context.secrets.read(variable)) };
    const there = all.find(({ uid }) => uid === one.uid);
    const headers = headersOf(there);
    if (there) await send({ method: "PUT", path: `${PATH}/${one.uid}`, body, headers }, Confirmation);
    else await send({ method: "POST", path: PATH, body, headers }, Answer);
  }
  for (const one of now) {
    if (integrations.some(({ uid }) => uid === one.uid) || stays(one.uid)) continue;
    await send({ method: "DELETE", path: `${PATH}/${one.uid}`, headers: removalHeaders(one) }, Confirmation);
  }
}

function sealedIn({ integrations }: LiveContactPoint): SecretUse[] {
  return integrations.flatMap(({ uid, settings }, index) =>
    secretsIn(settings, ["integrations", index, "settings"]).map((use) => ({ ...use, within: uid })),
  );
}

/** What becomes of one secret of an integration that is brought back. */
interface Fate {
  readonly path: SecretUse["path"];
  /** `url of ops1` */
  readonly what: string;
  /** Absent: nobody knows it. */
  readonly send?: Json;
  readonly says?: string;
}

/** `there`: the integration as Grafana has it now. It keeps a secret that is sent as it shows it, but not one within another setting. */
function fatesOf(one: Answer, there: Answer | undefined, secrets: SecretValues): Fate[] {
  const settings = jsonObject(one.settings);
  const known = secretsIn(one.settings ?? {});
  const shown = pathsOf(settings, REDACTED).map((path) => ({ path, variable: undefined }));
  return [...known, ...shown].map(({ path, variable }): Fate => {
    const what = `the secret ${path.join(".")} of ${one.uid}`;
    const value = variable === undefined ? undefined : secrets.read(variable);
    if (value !== undefined)
      return { path, what, send: value, says: `${what} is sent from ${variable}, as it is set now` };
    const now = there && valueAt(jsonObject(there.settings), path);
    const name = variable === undefined ? what : `${what} (${variable})`;
    if (typeof now !== "string" || (now === REDACTED && path.length > 1)) return { path, what: name };
    return { path, what: name, send: now, says: `${name} stays as it is now` };
  });
}

function pathsOf(value: Json, wanted: Json, path: SecretUse["path"] = []): SecretUse["path"][] {
  if (value === wanted) return [path];
  if (Array.isArray(value)) return value.flatMap((item, index) => pathsOf(item, wanted, [...path, index]));
  return isObject(value) ? Object.entries(value).flatMap(([key, item]) => pathsOf(item, wanted, [...path, key])) : [];
}

/** Settings with `Secret`s in place of their values. A place without `within` matches any integration with the same value. */
function sealedSettings(one: Answer, places: readonly HiddenPlace[], secrets: SecretValues): unknown {
  const settings = jsonObject(one.settings);
  const known = new Set(places.map(({ within }) => within));
  return places.reduce<unknown>((form, { path: whole, variable, within, unsure, unproven }) => {
    const path = whole.slice(SETTINGS);
    const value = valueAt(settings, path);
    if (value === undefined || (within === undefined ? known.has(one.uid) : within !== one.uid)) return form;
    if (unsure && value !== secrets.given(variable)) return form;
    const same = within !== undefined || value === secrets.given(variable);
    return withAt(form, path, same && !unproven ? new Secret(variable) : REDACTED);
  }, settings);
}

async function readAll({ grafana }: KindContext): Promise<Answer[]> {
  return ask(grafana.client, { method: "GET", path: PATH }, z.array(Answer));
}

function liveContactPoint(name: string, integrations: readonly Answer[], context: KindContext): LiveContactPoint {
  const provenance = integrations[0]?.provenance ?? "";
  return {
    id: name,
    title: name,
    version: versionOf(integrations),
    ...ledgerOwnership(context, address({ kind: "contact-point", id: name }), name, provenance),
    ...provenanceOf(context, provenance),
    complete: true,
    integrations,
  };
}

function versionOf(integrations: readonly Answer[]): string {
  return hash(integrations.map((one) => jsonObject(one)));
}

interface IntegrationWithUid extends Integration {
  readonly uid: string;
}

/** With the uids that the code leaves out: derived, so that a second run finds what the first one made. */
function integrationsOf({
  resource,
  project,
}: Pick<Desired<ContactPoint>, "resource" | "project">): IntegrationWithUid[] {
  return resource.integrations.map((one, index) => ({
    ...one,
    uid: one.uid ?? deriveUid(`${resource.name} ${one.type}`, [project, "contact-point", textOf(index)]),
  }));
}

function canonical(
  integrations: readonly { uid: string; type: string; settings?: unknown; disableResolveMessage?: boolean }[],
): JsonObject {
  return {
    integrations: integrations
      .map(({ uid, type, settings, disableResolveMessage }) => ({
        uid,
        type: integrationType(type),
        settings: withSecretsHidden(type, jsonObject(withoutNulls(jsonObject(settings)))),
        ...(disableResolveMessage === true ? { disableResolveMessage } : {}),
      }))
      .toSorted((a, b) => (a.uid < b.uid ? -1 : 1)),
  };
}

interface Progress {
  readonly ours: boolean;
  readonly done: ReadonlySet<string>;
}

/** How far an attempt came whose requests nobody has the answers to. */
function progressOf({ desired, live }: Write<ContactPoint, LiveContactPoint>, now: LiveContactPoint): Progress {
  const planned = new Map(live?.integrations.map((one) => [one.uid, versionOf([one])]));
  const wanted = new Map(integrationsIn(contactPointKind.desired(desired, now)));
  const made = new Map(integrationsIn(hideSecrets(contactPointKind.observed(now), desired)));
  const changed = now.integrations.filter((one) => planned.get(one.uid) !== versionOf([one]));
  const there = new Set(now.integrations.map(({ uid }) => uid));
  return {
    // Each one is as the plan read it or as the code says, and none is gone that is wanted.
    ours:
      changed.every(({ uid }) => wanted.get(uid) === made.get(uid)) &&
      [...planned.keys()].every((uid) => there.has(uid) || !wanted.has(uid)),
    // What looks the same as before may have got other secrets, or not.
    done: new Set(changed.map(({ uid }) => uid).filter((uid) => wanted.get(uid) === made.get(uid))),
  };
}

/** By uid, as text. */
function integrationsIn(form: JsonObject): [string, string][] {
  const integrations = Array.isArray(form["integrations"]) ? form["integrations"].filter(isObject) : [];
  return integrations.map((one) => [textOf(one["uid"]), hash(one)]);
}

function withRedactedHidden(one: Answer): Answer {
  return { ...one, settings: jsonObject(hideWhere(jsonObject(one.settings), (value) => value === REDACTED)) };
}

function hideWhere(value: Json, hidden: (value: Json) => boolean): Json {
  if (hidden(value)) return HIDDEN;
  if (Array.isArray(value)) return value.map((item) => hideWhere(item, hidden));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, hideWhere(item, hidden)]));
}

/** Grafana hides secrets of types that this tool does not know, so their values can't be compared. An empty one counts as absent. */
function hideUnreadable(wanted: Json, live: Json | undefined): Json {
  if (live === REDACTED && wanted !== "" && wanted !== null) return HIDDEN;
  if (!isObject(wanted)) return wanted;
  return Object.fromEntries(
    Object.entries(wanted).map(([key, item]) => [key, hideUnreadable(item, isObject(live) ? live[key] : undefined)]),
  );
}

/** Live values at the places where the code has secrets: a webhook's URL is read back in clear. */
function hideSecrets(form: JsonObject, desired: Desired<ContactPoint>): JsonObject {
  const own = integrationsOf(desired);
  const places = secretPlaces(desired);
  return inSettings(form, (settings, uid, type) => {
    const known = own.some((one) => one.uid === uid);
    // One under another uid may hold what the code now sends under its own.
    const alike = own.filter((one) => (known ? one.uid === uid : integrationType(one.type) === type));
    return alike.flatMap((one) => settingsPaths(places, one.uid)).reduce(hideAt, settings);
  });
}

function hideAll(form: JsonObject, places: readonly SecretUse[]): JsonObject {
  return inSettings(form, (settings, uid) => settingsPaths(places, uid).reduce(hideAt, settings));
}

function inSettings(
  form: JsonObject,
  change: (settings: Json, uid: Json | undefined, type: Json | undefined) => Json,
): JsonObject {
  const integrations = Array.isArray(form["integrations"]) ? form["integrations"].filter(isObject) : [];
  return {
    ...form,
    integrations: integrations.map((one) => ({
      ...one,
      settings: change(one["settings"] ?? {}, one["uid"], one["type"]),
    })),
  };
}

/** A path begins with `integrations`, a number, and `settings`. */
const SETTINGS = 3;

function secretPlaces(desired: Pick<Desired<ContactPoint>, "resource" | "project">): SecretUse[] {
  return integrationsOf(desired).flatMap(({ uid, settings }, index) =>
    secretsIn(settings, ["integrations", index, "settings"]).map((use) => ({ ...use, within: uid })),
  );
}

/** Where secrets stand in the settings of one integration. */
function settingsPaths(places: readonly SecretUse[], uid: Json | undefined): SecretUse["path"][] {
  return places.filter(({ within }) => within === uid).map(({ path }) => path.slice(SETTINGS));
}

function valueAt(value: Json | undefined, path: readonly (string | number)[]): Json | undefined {
  const [head, ...rest] = path;
  if (head === undefined) return value;
  if (Array.isArray(value)) return typeof head === "number" ? valueAt(value[head], rest) : undefined;
  return isObject(value) ? valueAt(value[head], rest) : undefined;
}

function hideAt(value: Json, path: SecretUse["path"]): Json {
  return withAt(value, path, HIDDEN) as Json;
}

/** A copy with something else at a path, where there is anything. */
function withAt(value: unknown, [head, ...rest]: SecretUse["path"], other: unknown): unknown {
  if (head === undefined) return other;
  if (Array.isArray(value)) return value.map((item, index) => (index === head ? withAt(item, rest, other) : item));
  if (!isObject(value) || value instanceof Secret || !Object.hasOwn(value, head)) return value;
  return { ...value, [head]: withAt(value[head], rest, other) };
}

/** Sent as they are; but Grafana never gives them back, and no hash of them may be kept there. */
function secretsInClear({ resource, source }: Desired<ContactPoint>): Fault[] {
  return resource.integrations.flatMap(({ type, settings }, index) =>
    clearSecrets(type, settings).map((path): Fault => {
      const message =
        'a secret stands in clear in the code, where a change of it is not seen: write secret(env("NAME"))';
      return { level: "warning", ...source, path: `integrations[${index}].settings.${path}`, message };
    }),
  );
}

function repeatedUids(all: readonly Desired<ContactPoint>[]): Fault[] {
  const seen = new Map<string, string>();
  return all.flatMap((one) =>
    integrationsOf(one).flatMap(({ uid }, index): Fault[] => {
      const first = seen.get(uid);
      seen.set(uid, one.id);
      if (first === undefined) return [];
      const message = `the uid ${uid} is taken by an integration of "${first}"`;
      return [{ level: "error", ...one.source, path: `integrations[${index}].uid`, message }];
    }),
  );
}

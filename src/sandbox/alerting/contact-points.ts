import type { Routes } from "../context.ts";
import { legacyError } from "../errors.ts";
import { reply } from "../http.ts";
import { isObject } from "../json.ts";
import type { Json, JsonObject } from "../json.ts";
import { shortId } from "../k8s/metadata.ts";
import type { Alerting } from "./alerting.ts";
import { readStruct } from "./body.ts";
import type { GoObject } from "./go-object.ts";
import {
  integrationTypeOf,
  invalidContactPoint,
  shownTypeOf,
  storedTypeOf,
  validateIntegration,
} from "./integration.ts";
import { byText, isUid } from "./names.ts";
import type { Integration, NotificationDocument, Receiver } from "./notification-document.ts";
import type { NotificationStore } from "./notification-store.ts";
import { provenanceOf, shownProvenance } from "./provenance.ts";
import type { Provenance } from "./provenance.ts";
import { publicError, serverError } from "./public-error.ts";
import { allRoutes } from "./route.ts";
import { rewriteRules } from "./rule-groups.ts";
import { redacted, redactedSettings, takeSecrets, withSecrets } from "./secret-settings.ts";

const pointsPath = "/api/v1/provisioning/contact-points";
const errorId = "alerting.notifications.contact-points";

/** Contact points: one entry an integration, those of one name together are a receiver. */
export function contactPointRoutes(alerting: Alerting): Routes {
  const { notifications } = alerting;
  return (app) => {
    app.get(pointsPath, (c) => reply(200, pointForms(notifications, c.req.query("name") ?? "", false)));
    app.get(`${pointsPath}/export`, (c) => {
      const decrypt = c.req.query("decrypt") === "true";
      return reply(200, exportForm(pointForms(notifications, c.req.query("name") ?? "", decrypt)));
    });
    app.post(pointsPath, async (c) => {
      const sent = readPoint(await readStruct(c), "");
      const provenance = provenanceOf(c);
      return reply(202, await alerting.write(async () => create(alerting, sent, provenance)));
    });
    app.put(`${pointsPath}/:uid`, async (c) => {
      const sent = readPoint(await readStruct(c), c.req.param("uid"));
      const provenance = provenanceOf(c);
      await alerting.write(async () => update(alerting, sent, provenance));
      return reply(202, { message: "contactpoint updated" });
    });
    app.delete(`${pointsPath}/:uid`, async (c) => {
      const uid = c.req.param("uid");
      await alerting.write(async () => remove(alerting, uid));
      return reply(202, { message: "contactpoint deleted" });
    });
  };
}

/** The provenance of a receiver: the first that any of its integrations has. */
export function receiverProvenance({ integrations }: Receiver): Provenance {
  return integrations.find(({ provenance }) => provenance !== "")?.provenance ?? "";
}

interface SentPoint {
  readonly uid: string;
  readonly name: string;
  readonly type: string;
  readonly settings: Json | undefined;
  readonly disableResolveMessage: boolean;
  readonly provenance: string;
}

interface PointForm {
  readonly uid: string;
  readonly name: string;
  readonly type: string;
  readonly settings: JsonObject;
  readonly disableResolveMessage: boolean;
  readonly provenance?: string;
}

function readPoint(body: GoObject, uid: string): SentPoint {
  const sentUid = body.text("uid");
  return {
    uid: uid === "" ? sentUid : uid,
    name: body.text("name"),
    type: body.text("type"),
    settings: body.value("settings"),
    disableResolveMessage: body.flag("disableResolveMessage"),
    provenance: body.text("provenance"),
  };
}

function pointForms(notifications: NotificationStore, name: string, decrypt: boolean): PointForm[] {
  const receivers = notifications.document.receivers.filter((receiver) => name === "" || receiver.name === name);
  const points = receivers.flatMap((receiver) =>
    receiver.integrations.map(({ uid, type, settings, disableResolveMessage }) => {
      const secrets = notifications.secretsOf(uid);
      const paths = integrationTypeOf(type)?.secrets ?? [];
      return {
        uid,
        name: receiver.name,
        type: shownTypeOf(type),
        settings: decrypt ? withSecrets(settings, secrets) : redactedSettings(settings, secrets, paths),
        disableResolveMessage,
        ...shownProvenance(receiverProvenance(receiver)),
      };
    }),
  );
  return points.toSorted((a, b) => byText(a.name, b.name) || byText(a.uid, b.uid));
}

/** The form of a provisioning file, where `$` begins a variable and is doubled for that reason. */
function exportForm(points: readonly PointForm[]): JsonObject {
  const names = [...new Set(points.map(({ name }) => name))];
  if (names.length === 0) return { apiVersion: 1 };
  const contactPoints = names.map((name) => ({
    orgId: 1,
    name: name.replaceAll("$", "$$$$"),
    receivers: points
      .filter((point) => point.name === name)
      .map(({ uid, type, settings, disableResolveMessage }) => ({
        uid,
        type,
        settings: JSON.parse(JSON.stringify(settings).replaceAll("$", "$$$$")) as JsonObject,
        disableResolveMessage,
      })),
  }));
  return { apiVersion: 1, contactPoints };
}

async function create(alerting: Alerting, sent: SentPoint, provenance: Provenance): Promise<JsonObject> {
  if (sent.name === "") throw invalidContactPoint("name is required");
  const type = storedTypeOf(sent.type);
  // Grafana crashes without settings.
  if (sent.settings === undefined) throw serverError();
  validateIntegration(type, sent.settings);
  const settings = ownSettings(sent.settings);
  const secrets = takeSecrets(settings, integrationTypeOf(type)?.secrets ?? []);
  const uid = sent.uid || shortId();
  if (!isUid(uid)) throw invalidContactPoint(`cannot create contact point with UID '${uid}'`);

  const draft = alerting.notifications.draft();
  const { receivers } = draft.document;
  const holder = receivers.find(({ integrations }) => integrations.some((other) => other.uid === uid));
  if (holder !== undefined) throw uidInUse(uid, holder.name);
  const { name, disableResolveMessage } = sent;
  const integration = { uid, type, disableResolveMessage, settings, provenance };
  place(draft.document, name, integration);
  if (Object.keys(secrets).length > 0) draft.secrets.set(uid, secrets);
  await alerting.notifications.store(draft);
  // The answer names a nested secret by its path, as one key.
  const covered = Object.fromEntries(Object.keys(secrets).map((path) => [path, redacted]));
  const shown = { ...settings, ...covered };
  return { uid, name, type, settings: shown, disableResolveMessage, ...shownProvenance(sent.provenance) };
}

async function update(alerting: Alerting, sent: SentPoint, provenance: Provenance): Promise<void> {
  const { notifications } = alerting;
  if (sent.settings === undefined) throw invalidContactPoint("settings should not be empty");
  const type = storedTypeOf(sent.type);
  const paths = integrationTypeOf(type)?.secrets ?? [];
  const draft = notifications.draft();
  const { receivers } = draft.document;
  const old = receivers.find(({ integrations }) => integrations.some(({ uid }) => uid === sent.uid));
  const existing = old?.integrations.find(({ uid }) => uid === sent.uid);
  if (old === undefined || existing === undefined) {
    throw legacyError(404, `object not found: contact point with uid '${sent.uid}' not found`);
  }
  const known = withSecrets(existing.settings, notifications.secretsOf(sent.uid));
  const settings = isObject(sent.settings) ? withKnownSecrets(sent.settings, known, paths) : sent.settings;
  if (sent.name === "") throw invalidContactPoint("name is required");
  validateIntegration(type, settings);
  if (existing.provenance !== "" && existing.provenance !== provenance) {
    throw legacyError(500, `cannot change provenance from '${existing.provenance}' to '${provenance}'`);
  }
  const own = ownSettings(settings);
  const secrets = takeSecrets(own, paths);
  const { uid, name, disableResolveMessage } = sent;
  const integration: Integration = { uid, type, disableResolveMessage, settings: own, provenance };
  if (Object.keys(secrets).length > 0) draft.secrets.set(uid, secrets);
  else draft.secrets.delete(uid);

  if (old.name === name) {
    old.integrations[old.integrations.indexOf(existing)] = integration;
    await notifications.store(draft);
    return;
  }
  const oldName = old.name;
  const wasLast = move(draft.document, old, existing, name, integration);
  const users = wasLast ? alerting.rules.all().filter((rule) => rule.notificationSettings?.receiver === oldName) : [];
  if (wasLast) {
    refuseForeignUsers(
      draft.document,
      oldName,
      users.map((rule) => rule.provenance),
      provenance,
    );
    for (const route of allRoutes(draft.document.route)) if (route.receiver === oldName) route.receiver = name;
  }
  await notifications.store(draft);
  await rewriteRules(alerting, users, (rule) => {
    const settings = rule.notificationSettings;
    return settings === undefined ? rule : { ...rule, notificationSettings: { ...settings, receiver: name } };
  });
}

async function remove({ notifications, rules }: Alerting, uid: string): Promise<void> {
  const draft = notifications.draft();
  const { document } = draft;
  const receiver = document.receivers.find(({ integrations }) => integrations.some((other) => other.uid === uid));
  if (receiver === undefined) return;
  receiver.integrations = receiver.integrations.filter((other) => other.uid !== uid);
  if (receiver.integrations.length === 0) {
    if (allRoutes(document.route).some((route) => route.receiver === receiver.name)) {
      throw publicError(
        409,
        `${errorId}.referenced`,
        "Contact point is currently referenced by a notification policy.",
      );
    }
    if (rules.all().some((rule) => rule.notificationSettings?.receiver === receiver.name)) {
      throw publicError(409, `${errorId}.used-by-rule`, "Contact point is currently used by alert rules.");
    }
    document.receivers.splice(document.receivers.indexOf(receiver), 1);
  }
  draft.secrets.delete(uid);
  await notifications.store(draft);
}

function ownSettings(settings: Json): JsonObject {
  return isObject(settings) ? structuredClone(settings) : {};
}

/** A covered secret keeps its value; a nested one does not, as Grafana looks for it under its path as one key. */
function withKnownSecrets(sent: JsonObject, known: JsonObject, paths: readonly string[]): JsonObject {
  const settings = { ...sent };
  for (const path of paths) {
    const value = known[path];
    if (settings[path] === redacted) settings[path] = typeof value === "string" ? value : "";
  }
  return settings;
}

function place({ receivers }: NotificationDocument, name: string, integration: Integration): void {
  const receiver = receivers.find((other) => other.name === name);
  if (receiver === undefined) receivers.push({ name, integrations: [integration] });
  else receiver.integrations.push(integration);
}

/** Takes an integration to the receiver of its new name; tells whether the old one is gone. */
function move(
  document: NotificationDocument,
  old: Receiver,
  existing: Integration,
  name: string,
  integration: Integration,
): boolean {
  const wasLast = old.integrations.length === 1;
  if (wasLast && document.receivers.every((other) => other.name !== name)) {
    old.name = name;
    old.integrations = [integration];
    return true;
  }
  old.integrations = old.integrations.filter((other) => other !== existing);
  if (wasLast) document.receivers.splice(document.receivers.indexOf(old), 1);
  place(document, name, integration);
  return wasLast;
}

/** A new name is carried on only to what nobody keeps, or the same API. */
function refuseForeignUsers(
  document: NotificationDocument,
  name: string,
  ruleProvenances: readonly Provenance[],
  provenance: Provenance,
): void {
  const isForeign = (other: Provenance): boolean => other !== "" && other !== provenance;
  const routed = allRoutes(document.route).some(({ receiver }) => receiver === name);
  if ((routed && isForeign(document.routeProvenance)) || ruleProvenances.some(isForeign)) {
    throw legacyError(500, "Receiver cannot be renamed because it is used by provisioned resources");
  }
}

function uidInUse(uid: string, name: string): Error {
  const message = `Receiver configuration with UID '${uid}' already exists in contact point '${name}'.`;
  return publicError(409, `${errorId}.uidInUse`, message, { Name: name, UID: uid });
}

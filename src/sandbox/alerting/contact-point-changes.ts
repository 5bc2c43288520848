import { legacyError } from "../errors.ts";
import { isObject, type Json, type JsonObject } from "../json.ts";
import { shortId } from "../k8s/metadata.ts";
import type { Alerting } from "./alerting.ts";
import { integrationTypeOf, invalidContactPoint, storedTypeOf, validateIntegration } from "./integration.ts";
import { isUid } from "./names.ts";
import { allTrees, type Integration, type NotificationDocument, type Receiver } from "./notification-document.ts";
import { shownProvenance, type Provenance } from "./provenance.ts";
import { publicError, serverError } from "./public-error.ts";
import { allRoutes } from "./route.ts";
import { rewriteRules } from "./rule-changes.ts";
import { redacted, takeSecrets, withSecrets } from "./secret-settings.ts";

const errorId = "alerting.notifications.contact-points";

/** A contact point as sent by a client. */
export interface SentPoint {
  readonly uid: string;
  readonly name: string;
  readonly type: string;
  readonly settings: Json | undefined;
  readonly disableResolveMessage: boolean;
  readonly provenance: string;
}

/** Adds an integration. In the response a nested secret has its path as a single key, like in Grafana. */
export async function createPoint(alerting: Alerting, sent: SentPoint, provenance: Provenance): Promise<JsonObject> {
  if (sent.name === "") throw invalidContactPoint("name is required");
  const type = storedTypeOf(sent.type);
  // Grafana crashes if there are no settings.
  if (sent.settings === undefined) throw serverError();
  validateIntegration(type, sent.settings, sent);
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
  const covered = Object.fromEntries(Object.keys(secrets).map((path) => [path, redacted]));
  const shown = { ...settings, ...covered };
  return { uid, name, type, settings: shown, disableResolveMessage, ...shownProvenance(sent.provenance) };
}

/** Replaces an integration. A new name moves it to a different receiver and can rename references. */
export async function updatePoint(alerting: Alerting, sent: SentPoint, provenance: Provenance): Promise<void> {
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
  validateIntegration(type, settings, sent);
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
    checkUsersProvenance(
      draft.document,
      oldName,
      users.map((rule) => rule.provenance),
      provenance,
    );
    for (const route of allTrees(draft.document).flatMap(allRoutes))
      if (route.receiver === oldName) route.receiver = name;
  }
  await notifications.store(draft);
  await rewriteRules(alerting, users, (rule) => {
    const settings = rule.notificationSettings;
    return settings === undefined ? rule : { ...rule, notificationSettings: { ...settings, receiver: name } };
  });
}

/** Deletes an integration, and its receiver with the last one unless that is in use. A missing one is not an error. */
export async function deletePoint({ notifications, rules }: Alerting, uid: string): Promise<void> {
  const draft = notifications.draft();
  const { document } = draft;
  const receiver = document.receivers.find(({ integrations }) => integrations.some((other) => other.uid === uid));
  if (receiver === undefined) return;
  receiver.integrations = receiver.integrations.filter((other) => other.uid !== uid);
  if (receiver.integrations.length === 0) {
    if (
      allTrees(document)
        .flatMap(allRoutes)
        .some((route) => route.receiver === receiver.name)
    ) {
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

/** A redacted secret keeps its value. A nested one loses it, because Grafana looks for its path as a single key. */
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

/** Moves an integration to the receiver with its new name. Returns whether the old receiver was removed. */
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

/** Grafana renames references only in objects without provenance or with the same provenance. */
function checkUsersProvenance(
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

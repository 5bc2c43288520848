import { callerOf } from "../access/caller.ts";
import { any, permission } from "../access/evaluator.ts";
import type { Routes } from "../context.ts";
import { reply } from "../http.ts";
import type { JsonObject } from "../json.ts";
import type { Alerting } from "./alerting.ts";
import { readStruct } from "./body.ts";
import { createPoint, deletePoint, updatePoint, type SentPoint } from "./contact-point-changes.ts";
import type { GoObject } from "./go-object.ts";
import { integrationTypeOf, shownTypeOf } from "./integration.ts";
import { byText } from "./names.ts";
import type { Receiver } from "./notification-document.ts";
import type { NotificationStore } from "./notification-store.ts";
import { provenanceOf, shownProvenance, type Provenance } from "./provenance.ts";
import { unauthorized } from "./rule-access.ts";
import { redactedSettings, withSecrets } from "./secret-settings.ts";

const pointsPath = "/api/v1/provisioning/contact-points";

const readsReceiverSecrets = any(permission("alert.notifications.receivers.secrets:read"));
const readsSecrets = any(permission("alert.provisioning.secrets:read"), readsReceiverSecrets);

/** Contact points. Each entry is an integration; entries with the same name form a receiver. */
export function contactPointRoutes(alerting: Alerting): Routes {
  const { notifications } = alerting;
  return (app) => {
    app.get(pointsPath, (c) => reply(200, pointForms(notifications, c.req.query("name") ?? "", false)));
    app.get(`${pointsPath}/export`, (c) => {
      const decrypt = c.req.query("decrypt") === "true";
      if (decrypt && !alerting.access.allows(callerOf(c), readsSecrets)) {
        throw unauthorized(
          "read any decrypted receiver",
          any(any(permission("alert.provisioning.secrets:read")), readsReceiverSecrets),
        );
      }
      return reply(200, exportForm(pointForms(notifications, c.req.query("name") ?? "", decrypt)));
    });
    app.post(pointsPath, async (c) => {
      const sent = readPoint(await readStruct(c), "");
      const provenance = provenanceOf(c);
      return reply(202, await alerting.write(async () => createPoint(alerting, sent, provenance)));
    });
    app.put(`${pointsPath}/:uid`, async (c) => {
      const sent = readPoint(await readStruct(c), c.req.param("uid"));
      const provenance = provenanceOf(c);
      await alerting.write(async () => updatePoint(alerting, sent, provenance));
      return reply(202, { message: "contactpoint updated" });
    });
    app.delete(`${pointsPath}/:uid`, async (c) => {
      const uid = c.req.param("uid");
      await alerting.write(async () => deletePoint(alerting, uid));
      return reply(202, { message: "contactpoint deleted" });
    });
  };
}

/** The provenance of a receiver: the first one among its integrations. */
function receiverProvenance({ integrations }: Receiver): Provenance {
  return integrations.find(({ provenance }) => provenance !== "")?.provenance ?? "";
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

/** The form of a provisioning file, in which `$` starts a variable and must be escaped. */
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

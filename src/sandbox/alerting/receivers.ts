import type { Context } from "hono";
import { callerOf } from "../access/caller.ts";
import { any, permission, type Evaluator } from "../access/evaluator.ts";
import type { Routes } from "../context.ts";
import { readBody, reply } from "../http.ts";
import { isObject, parseObject, text, type JsonObject } from "../json.ts";
import { failure, type KindNames } from "../k8s/status.ts";
import { uidOfName } from "../sql/rows.ts";
import type { Alerting } from "./alerting.ts";
import { shownTypeOf } from "./integration.ts";
import { byText } from "./names.ts";
import type { Integration, Receiver } from "./notification-document.ts";
import { withSecrets } from "./secret-settings.ts";

const names: KindNames = { group: "notifications.alerting.grafana.app", kind: "Receiver", plural: "receivers" };
const apiVersion = `${names.group}/v0alpha1`;
const path = `/apis/${apiVersion}/namespaces/:namespace/${names.plural}`;

const reads = any(permission("alert.notifications:read"), permission("alert.notifications.receivers:read"));
const tests = any(permission("alert.notifications:write"), permission("alert.notifications.receivers.test:create"));

/** Contact points in the newer API, read-only, and their test messages. Only webhooks are sent. */
export function receiverRoutes(alerting: Alerting): Routes {
  const { notifications } = alerting;
  const check = (c: Context, condition: Evaluator): void => {
    if (alerting.access.allows(callerOf(c), condition)) return;
    const { group, plural } = names;
    const message = `${plural}.${group} is forbidden: User "${callerOf(c).login}"`;
    throw failure(403, message, "Forbidden", { group, kind: plural });
  };
  const form = ({ name, integrations }: Receiver): JsonObject => ({
    metadata: { name: nameOf(name), namespace: "default", uid: uidOfName({ group: "", kind: "", plural: "" }, name) },
    spec: {
      title: name,
      integrations: integrations.map(({ uid, type, disableResolveMessage, settings }) => {
        const secure = Object.keys(notifications.secretsOf(uid)).map((key) => [key, true] as const);
        return {
          uid,
          type: shownTypeOf(type),
          version: "v1",
          disableResolveMessage,
          settings,
          ...(secure.length > 0 ? { secureFields: Object.fromEntries(secure) } : {}),
        };
      }),
    },
  });
  return (app) => {
    app.get(`/apis/${apiVersion}`, () => {
      const common = { singularName: "", namespaced: true };
      const resources = [
        { ...common, name: names.plural, singularName: "receiver", kind: names.kind, verbs: ["get", "list"] },
        { ...common, name: `${names.plural}/test`, kind: "ResourceCallOptions", verbs: ["create"] },
      ];
      return reply(200, { kind: "APIResourceList", apiVersion: "v1", groupVersion: apiVersion, resources });
    });
    app.get(path, (c) => {
      check(c, reads);
      const items = notifications.document.receivers.toSorted((a, b) => byText(a.name, b.name)).map(form);
      return reply(200, { kind: "ReceiverList", apiVersion, metadata: {}, items });
    });
    app.post(`${path}/:name/test`, async (c) => {
      check(c, tests);
      const sent = parseObject(await readBody(c)) ?? {};
      const receiver = notifications.document.receivers.find(({ name }) => nameOf(name) === c.req.param("name"));
      if (!receiver) throw testError("notFound", "Receiver not found");
      const uid = isObject(sent["integration"]) ? text(sent["integration"]["uid"]) : "";
      const integration = receiver.integrations.find((one) => one.uid === uid);
      if (!integration) throw testError("testing.integrationNotFound", "Integration not found");
      const settings = withSecrets(integration.settings, notifications.secretsOf(uid));
      return reply(200, await send(integration, settings, isObject(sent["alert"]) ? sent["alert"] : {}));
    });
  };
}

/** `b3Bz` for `ops`. */
function nameOf(title: string): string {
  return Buffer.from(title).toString("base64url");
}

function testError(id: string, message: string) {
  return failure(404, message, "NotFound", { uid: `alerting.notifications.receivers.${id}` });
}

async function send({ type }: Integration, settings: JsonObject, alert: JsonObject): Promise<JsonObject> {
  const failed = (error: string) => ({ status: "failure", duration: "0s", error });
  if (type !== "webhook") return failed("the sandbox sends only webhooks");
  const url = text(settings["url"]);
  const body = { receiver: type, status: "firing", alerts: [{ status: "firing", ...alert }] };
  try {
    const headers = { "content-type": "application/json" };
    const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
    if (response.ok) return { status: "success", duration: "0s" };
    return failed(`webhook response status ${response.status} ${response.statusText}`);
  } catch {
    return failed(
      `Post "<redacted>": dial tcp ${URL.canParse(url) ? new URL(url).host : ""}: connect: connection refused`,
    );
  }
}

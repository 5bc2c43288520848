import { jsonText } from "../../go-template/json.ts";
import { GoInt, GoStruct, type GoField } from "../../go-template/values.ts";
import { isObject, textOf } from "../../util/json.ts";
import type { Labels } from "../matching.ts";
import { dataOf, type Notified } from "./data.ts";

/** What is sent as a whole, beside the texts of settings. */
export interface Payload {
  /** A template for all of it, in place of Grafana's own form. */
  readonly template: string | undefined;
  readonly variables: Labels;
}

export function payloadOf(settings: Readonly<Record<string, unknown>>): Payload {
  const payload = isObject(settings["payload"]) ? settings["payload"] : {};
  const variables = isObject(payload["vars"]) ? payload["vars"] : {};
  return {
    template: textOf(payload["template"] ?? "") || undefined,
    variables: Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, textOf(value)])),
  };
}

/** The JSON of webhooks in Grafana's own form, with the texts of the settings. */
export function webhookBody(type: string, notified: Notified, texts: Labels): string {
  const { fields } = dataOf(notified);
  const isFiring = fields["Status"]?.value === "firing";
  const { GroupKey: _key, TruncatedAlerts: _truncated, ...shared } = fields;
  const version: GoField = { value: "1", json: "version" };
  const groupKey: GoField = { value: notified.groupKey, json: "groupKey" };
  const message: GoField = { value: texts["message"] ?? "", json: "message" };
  if (type === "mqtt") return jsonText(new GoStruct("mqtt", { ...shared, version, groupKey, message }));
  const truncated: GoField = { value: new GoInt(notified.truncated ?? 0), json: "truncatedAlerts" };
  const orgId: GoField = { value: new GoInt(notified.orgId), json: "orgId" };
  const title: GoField = { value: texts["title"] ?? "", json: "title" };
  const state: GoField = { value: isFiring ? "alerting" : "ok", json: "state" };
  const own =
    type === "oncall"
      ? { version, groupKey, orgId, title, state, message, truncated }
      : { version, groupKey, truncated, orgId, title, state, message };
  return jsonText(new GoStruct(type, { ...shared, ...own }));
}

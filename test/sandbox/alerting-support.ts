import { call, folder, foldersPath } from "./support.ts";

export const groupsPath = "/api/v1/provisioning/folder";
export const rulesPath = "/api/v1/provisioning/alert-rules";
export const rulerPath = "/api/ruler/grafana/api/v1/rules";
export const pointsPath = "/api/v1/provisioning/contact-points";
export const timingsPath = "/api/v1/provisioning/mute-timings";
export const templatesPath = "/api/v1/provisioning/templates";
export const policiesPath = "/api/v1/provisioning/policies";

/** A valid rule. */
export function rule(uid: string, more: Record<string, unknown> = {}) {
  return {
    uid,
    title: uid,
    condition: "A",
    for: "300s",
    noDataState: "NoData",
    execErrState: "Error",
    data: [{ refId: "A", datasourceUid: "__expr__", model: { type: "math", expression: "1 > 0" } }],
    ...more,
  };
}

/** Writes a group and returns the status. */
export async function putGroup(
  server: { url: string },
  place: string,
  rules: readonly object[],
  more: Record<string, unknown> = {},
): Promise<number> {
  const [folderUid = "", group = ""] = place.split("/");
  const path = `${groupsPath}/${folderUid}/rule-groups/${group}`;
  return (await call(server, "PUT", path, { interval: 60, rules, ...more })).status;
}

/** A contact point with a webhook that has a password. */
export function webhook(uid: string, name: string, settings: Record<string, unknown> = {}) {
  return { uid, name, type: "webhook", settings: { url: "http://127.0.0.1/hook", ...settings } };
}

/** Fields that only the ruler API shows. */
export interface RulerRule {
  uid: string;
  guid: string;
  version: number;
  rule_group: string;
  namespace_uid: string;
  intervalSeconds: number;
  provenance?: string;
}

/** All rules in the form of the ruler API. */
export async function rulerRules(server: { url: string }): Promise<RulerRule[]> {
  const { body } = await call(server, "GET", rulerPath);
  const folders = body as Record<string, { rules: { grafana_alert: RulerRule }[] }[]>;
  return Object.values(folders).flatMap((groups) =>
    groups.flatMap(({ rules }) => rules.map(({ grafana_alert: alert }) => alert)),
  );
}

/** Creates root folders. */
export async function makeFolders(server: { url: string }, ...names: string[]): Promise<void> {
  for (const name of names) await call(server, "POST", foldersPath, folder(name));
}

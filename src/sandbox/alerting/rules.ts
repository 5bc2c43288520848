import type { Context } from "hono";
import { callerOf } from "../access/caller.ts";
import type { Routes } from "../context.ts";
import { jsonReply, reply } from "../http.ts";
import { readRule, ruleForm, type AlertRule } from "./alert-rule.ts";
import type { Alerting } from "./alerting.ts";
import { readStruct } from "./body.ts";
import { provenanceOf } from "./provenance.ts";
import { emptyNotFound } from "./public-error.ts";
import { groupNotFound } from "./rule-error.ts";
import { createRule, deleteGroup, deleteRule, replaceGroup, updateRule, withoutAlertFields } from "./rule-groups.ts";
import type { Writer } from "./rule-changes.ts";

const rulesPath = "/api/v1/provisioning/alert-rules";
const groupPath = "/api/v1/provisioning/folder/:folder/rule-groups/:group";

/** The provisioning API of alert and recording rules. */
export function ruleRoutes(alerting: Alerting): Routes {
  const { rules, ruleAccess } = alerting;
  return (app) => {
    app.get(rulesPath, (c) => {
      const seen = ruleAccess.provisioned(rules.all(), callerOf(c));
      return jsonReply(200, `[${seen.map(shown).join(",")}]`);
    });
    app.post(rulesPath, async (c) => {
      const sent = withoutAlertFields(readRule(await readStruct(c)));
      const writer = writerOf(c);
      const created = await alerting.write(async () => createRule(alerting, sent, writer));
      return reply(201, ruleForm(created, writer.provenance));
    });
    app.get(`${rulesPath}/:uid`, (c) => {
      const rule = rules.get(c.req.param("uid"));
      if (rule === undefined) throw emptyNotFound();
      ruleAccess.requireRead(rule.folderUid, callerOf(c));
      return jsonReply(200, shown(rule));
    });
    app.put(`${rulesPath}/:uid`, async (c) => {
      const sent = withoutAlertFields(readRule(await readStruct(c)));
      const writer = writerOf(c);
      const uid = c.req.param("uid");
      const updated = await alerting.write(async () => updateRule(alerting, uid, sent, writer));
      return reply(200, ruleForm(updated, writer.provenance));
    });
    app.delete(`${rulesPath}/:uid`, async (c) => {
      const uid = c.req.param("uid");
      await alerting.write(async () => deleteRule(alerting, uid, callerOf(c)));
      return new Response(null, { status: 204 });
    });
    app.get(groupPath, (c) => {
      const { folder, group } = nameOf(c);
      const found = rules.group(folder, group);
      const [first] = found;
      if (first === undefined) throw groupNotFound();
      return reply(200, {
        title: group,
        folderUid: folder,
        interval: first.intervalSeconds,
        rules: found.map((rule) => ruleForm(rule, "")),
      });
    });
    app.put(groupPath, async (c) => {
      const { folder, group } = nameOf(c);
      const body = await readStruct(c);
      // Only the types of these two are checked: the path determines the values.
      body.text("title");
      body.text("folderUid");
      const interval = body.integer("interval");
      const sent = body.objects("rules")?.map(readRule);
      const rulesOf = (sent ?? []).map(withoutAlertFields);
      await alerting.write(async () =>
        replaceGroup(alerting, { folderUid: folder, name: group, interval, rules: rulesOf }, writerOf(c)),
      );
      const echo = sent?.map((rule) => ruleForm(rule, rule.provenance)) ?? null;
      return reply(200, { title: group, folderUid: folder, interval, rules: echo });
    });
    app.delete(groupPath, async (c) => {
      const { folder, group } = nameOf(c);
      await alerting.write(async () => deleteGroup(alerting, folder, group, callerOf(c)));
      return new Response(null, { status: 204 });
    });
  };
}

function writerOf(c: Context): Writer {
  return { provenance: provenanceOf(c), caller: callerOf(c) };
}

const texts = new WeakMap<AlertRule, string>();

/** A rule as JSON text. Cached, because rules are immutable. */
function shown(rule: AlertRule): string {
  const known = texts.get(rule);
  if (known !== undefined) return known;
  const made = JSON.stringify(ruleForm(rule, rule.provenance));
  texts.set(rule, made);
  return made;
}

function nameOf(c: Context): { folder: string; group: string } {
  return { folder: c.req.param("folder") ?? "", group: c.req.param("group") ?? "" };
}

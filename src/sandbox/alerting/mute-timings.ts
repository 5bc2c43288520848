import type { Routes } from "../context.ts";
import { reply } from "../http.ts";
import type { JsonObject } from "../json.ts";
import type { AlertRule } from "./alert-rule.ts";
import type { Alerting } from "./alerting.ts";
import { readStruct } from "./body.ts";
import type { GoObject } from "./go-object.ts";
import { byText, uidOfName } from "./names.ts";
import { allTrees, type MuteTiming, type NotificationDocument } from "./notification-document.ts";
import { provenanceOf, checkProvenance, shownProvenance, type Provenance } from "./provenance.ts";
import { badRequestData, publicError } from "./public-error.ts";
import { allRoutes } from "./route.ts";
import { rewriteRules } from "./rule-changes.ts";
import { readTimeIntervals, timeIntervalForm, timingVersion } from "./time-interval.ts";
import { checkVersion } from "./versions.ts";

const timingsPath = "/api/v1/provisioning/mute-timings";
const errorId = "alerting.notifications.time-intervals";

export function muteTimingRoutes(alerting: Alerting): Routes {
  const { notifications } = alerting;
  return (app) => {
    app.get(timingsPath, () =>
      reply(200, notifications.document.muteTimings.toSorted((a, b) => byText(a.name, b.name)).map(timingForm)),
    );
    app.get(`${timingsPath}/:name`, (c) => reply(200, timingForm(find(notifications.document, c.req.param("name")))));
    app.post(timingsPath, async (c) => {
      const timing = readTiming(await readStruct(c), provenanceOf(c));
      await alerting.write(async () => {
        const draft = notifications.draft();
        checkNameIsFree(draft.document, timing.name);
        draft.document.muteTimings.push(timing);
        await notifications.store(draft);
      });
      return reply(201, timingForm(timing));
    });
    app.put(`${timingsPath}/:name`, async (c) => {
      const body = await readStruct(c);
      const timing = readTiming(body, provenanceOf(c));
      const version = body.text("version");
      const path = c.req.param("name");
      await alerting.write(async () => replace(alerting, path, timing, version));
      return reply(202, timingForm(timing));
    });
    app.delete(`${timingsPath}/:name`, async (c) => {
      const path = c.req.param("name");
      const version = c.req.query("version") ?? "";
      const provenance = provenanceOf(c);
      await alerting.write(async () => remove(alerting, path, version, provenance));
      return new Response(null, { status: 204 });
    });
  };
}

function timingForm({ name, timeIntervals, provenance }: MuteTiming): JsonObject {
  return {
    name,
    time_intervals: timeIntervals.map(timeIntervalForm),
    version: timingVersion(name, timeIntervals),
    ...shownProvenance(provenance),
  };
}

function readTiming(body: GoObject, provenance: Provenance): MuteTiming {
  const name = body.text("name");
  const timeIntervals = readTimeIntervals(body, "time_intervals");
  if (name === "") throw badRequestData();
  return { name, timeIntervals, provenance };
}

function find({ muteTimings }: NotificationDocument, name: string): MuteTiming {
  const found = muteTimings.find((timing) => timing.name === name);
  if (found === undefined) throw publicError(404, `${errorId}.notFound`, "NotFound");
  return found;
}

function checkNameIsFree({ muteTimings }: NotificationDocument, name: string): void {
  if (muteTimings.every((timing) => timing.name !== name)) return;
  throw publicError(400, `${errorId}.nameExists`, "Time interval with this name already exists.");
}

async function replace(alerting: Alerting, path: string, timing: MuteTiming, version: string): Promise<void> {
  const { notifications, rules } = alerting;
  const draft = notifications.draft();
  const { document } = draft;
  // A timing can be renamed only through its uid, which is derived from its name.
  const named = document.muteTimings.find(({ name }) =>
    timing.name === path ? name === path : uidOfName(name) === path,
  );
  const existing = find(document, named?.name ?? "");
  const renamed = existing.name !== timing.name;
  if (renamed) checkNameIsFree(document, timing.name);
  checkProvenance(existing.provenance, timing.provenance);
  checkVersion(version, timingVersion(existing.name, existing.timeIntervals));
  if (!renamed) {
    document.muteTimings[document.muteTimings.indexOf(existing)] = timing;
    await notifications.store(draft);
    return;
  }
  document.muteTimings.splice(document.muteTimings.indexOf(existing), 1);
  document.muteTimings.push(timing);
  const users = rules.all().filter((rule) => uses(rule, existing.name));
  checkUsersProvenance(document, existing.name, users, timing.provenance);
  const rename = (name: string): string => (name === existing.name ? timing.name : name);
  for (const route of allTrees(document).flatMap(allRoutes)) {
    route.muteTimeIntervals = route.muteTimeIntervals.map(rename);
    route.activeTimeIntervals = route.activeTimeIntervals.map(rename);
  }
  await notifications.store(draft);
  await rewriteRules(alerting, users, (rule) => withRenamedIntervals(rule, rename));
}

async function remove(alerting: Alerting, path: string, version: string, provenance: Provenance): Promise<void> {
  const { notifications, rules } = alerting;
  const draft = notifications.draft();
  const { muteTimings } = draft.document;
  const existing =
    muteTimings.find(({ name }) => name === path) ?? muteTimings.find(({ name }) => uidOfName(name) === path);
  if (existing === undefined) return;
  checkProvenance(existing.provenance, provenance);
  const users = rules.all().filter((rule) => uses(rule, existing.name));
  const inRoutes = isRouted(draft.document, existing.name);
  if (inRoutes) throw inUse(inRoutes, users);
  checkVersion(version, timingVersion(existing.name, existing.timeIntervals));
  if (users.length > 0) throw inUse(inRoutes, users);
  muteTimings.splice(muteTimings.indexOf(existing), 1);
  await notifications.store(draft);
}

function uses({ notificationSettings }: AlertRule, timing: string): boolean {
  const { muteTimeIntervals = [], activeTimeIntervals = [] } = notificationSettings ?? {};
  return muteTimeIntervals.includes(timing) || activeTimeIntervals.includes(timing);
}

function isRouted({ route }: NotificationDocument, timing: string): boolean {
  return allRoutes(route).some(
    ({ muteTimeIntervals, activeTimeIntervals }) =>
      muteTimeIntervals.includes(timing) || activeTimeIntervals.includes(timing),
  );
}

function withRenamedIntervals(rule: AlertRule, rename: (name: string) => string): AlertRule {
  const settings = rule.notificationSettings;
  if (settings === undefined) return rule;
  const muteTimeIntervals = settings.muteTimeIntervals.map(rename);
  const activeTimeIntervals = settings.activeTimeIntervals.map(rename);
  return { ...rule, notificationSettings: { ...settings, muteTimeIntervals, activeTimeIntervals } };
}

/** Grafana renames references only in objects without provenance or with the same provenance. */
function checkUsersProvenance(
  document: NotificationDocument,
  timing: string,
  users: readonly AlertRule[],
  provenance: Provenance,
): void {
  const isForeign = (other: Provenance): boolean => other !== "" && other !== provenance;
  const foreignRules = users.filter((rule) => isForeign(rule.provenance));
  const inRoutes = isRouted(document, timing);
  const foreignRoutes = inRoutes && isForeign(document.routeProvenance);
  if (!foreignRoutes && foreignRules.length === 0) return;
  const extra = usage(inRoutes, foreignRules);
  throw publicError(409, `${errorId}.usedProvisioned`, "Time interval is used by provisioned resources.", extra);
}

function inUse(inRoutes: boolean, users: readonly AlertRule[]): Error {
  return publicError(409, `${errorId}.used`, "Conflict", usage(inRoutes, users));
}

function usage(inRoutes: boolean, rules: readonly AlertRule[]): JsonObject {
  return {
    ...(rules.length === 0 ? {} : { UsedByRules: rules.map(({ uid }) => uid) }),
    ...(inRoutes ? { UsedByRoutes: true } : {}),
  };
}

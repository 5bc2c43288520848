import type { Rule as SdkRule } from "@grafana/grafana-foundation-sdk/alerting";
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import { z } from "zod";
import { parseDuration } from "../../util/duration.ts";
import { canonicalRule, EXPRESSIONS, fromRuler, jsonObject, objectsOf, ruleFaults } from "../alerting/rule.ts";
import { RULE_GROUP } from "../alerting/shapes.ts";
import type { Fault } from "../../util/errors.ts";
import { diff } from "../../engine/diff.ts";
import { equal, isObject, type JsonObject, textOf } from "../../util/json.ts";
import { changedSincePlan } from "../../engine/conflicts.ts";
import type { Need } from "../../engine/permissions.ts";
import { folderScopes, type FolderTree } from "../../grafana/folder-scopes.ts";
import { address, type Desired, type LiveObject, type Reference } from "../../engine/model.ts";
import type { KindContext } from "../../engine/kind-context.ts";
import type { ResourceKind } from "../../engine/resource.ts";
import { ask, Nothing } from "../../grafana/ask.ts";
import { unlessNotFound } from "../../grafana/errors.ts";
import type { ContactPoint, ExistingContactPoint } from "../contact-point/contact-point.ts";
import type { Datasource, ExistingDatasource } from "../datasource/datasource.ts";
import { folderUid, type ExistingFolder, type Folder } from "../folder.ts";
import type { ExistingMuteTiming, MuteTiming } from "../mute-timing.ts";
import {
  isOthers,
  ledgerOwnership,
  onlyRenamed,
  provenanceHeaders,
  provenanceOf,
  removalHeaders,
  withoutProvenance,
  withProvenance,
  withReceivers,
  type Provisioned,
} from "../alerting/provisioned.ts";
import { RULE_RISKS } from "./risks.ts";
import { deriveUid, NamedReference, reference, ResourceReference, Uid } from "../reference.ts";

/** A query, or one of Grafana's expressions, of a rule. */
export interface RuleQuery {
  readonly refId: string;
  /** Where it is asked; left out for an expression. */
  readonly datasource?: Datasource | ExistingDatasource;
  /** Seconds before now. */
  readonly relativeTimeRange?: { readonly from: number; readonly to: number };
  readonly queryType?: string;
  /** The datasource's query, or the expression: `{ type: "threshold", expression: "A", conditions: [...] }`. */
  readonly model: Readonly<Record<string, unknown>>;
}

interface CommonRule {
  readonly title: string;
  /** Letters, digits, `-` and `_`, 40 at most. Default: derived from project, folder and title, which is its own within a folder: it stays when the rule moves to another group. */
  readonly uid?: string;
  readonly data: readonly RuleQuery[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly isPaused?: boolean;
}

/** A rule that fires. Fields are spelled as in Grafana's provisioning API. */
export interface AlertRule extends CommonRule {
  /** The refId whose result fires. */
  readonly condition: string;
  /** How long it has to hold: `2m`. */
  readonly for?: string;
  readonly keep_firing_for?: string;
  readonly noDataState?: "NoData" | "Alerting" | "OK" | "KeepLast";
  readonly execErrState?: "Error" | "Alerting" | "OK" | "KeepLast";
  readonly missingSeriesEvalsToResolve?: number;
  /** Notifies this contact point directly, past the policies. */
  readonly notification_settings?: {
    readonly receiver: ContactPoint | ExistingContactPoint;
    readonly group_by?: readonly string[];
    readonly group_wait?: string;
    readonly group_interval?: string;
    readonly repeat_interval?: string;
    readonly mute_time_intervals?: readonly (MuteTiming | ExistingMuteTiming)[];
    readonly active_time_intervals?: readonly (MuteTiming | ExistingMuteTiming)[];
  };
}

/** A rule that records a new metric. */
export interface RecordingRule extends CommonRule {
  readonly record: { readonly metric: string; readonly from: string; readonly target_datasource_uid?: string };
}

/** Rules that are evaluated together, in one folder. */
export interface RuleGroup {
  readonly kind: "rule-group";
  readonly folder: Folder | ExistingFolder;
  readonly title: string;
  /** Seconds between evaluations: a multiple of 10. */
  readonly interval: number;
  readonly rules: readonly (AlertRule | RecordingRule | SdkRule)[];
}

/**
 * Declares a group of alerting and recording rules: plain typed objects, or the SDK's `RuleBuilder`.
 *
 * @example
 * export default ruleGroup({ folder: toolboxai, title: "critical", interval: 60, rules: [serviceDown, errorRate] });
 */
export function ruleGroup(
  group: Omit<RuleGroup, "kind" | "rules"> & {
    readonly rules: readonly (AlertRule | RecordingRule | Builder<SdkRule>)[];
  },
): RuleGroup {
  return { kind: "rule-group", ...group, rules: group.rules.map((rule) => ("build" in rule ? rule.build() : rule)) };
}

const RuleDuration = z
  .string()
  .refine((text) => text === "" || parseDuration(text) !== undefined, "is no duration: it is written like 30s, 5m, 1d");

const SettingsDuration = (least: number) =>
  z
    .string()
    .refine(
      (text) => (parseDuration(text) ?? -1) >= least,
      `is no duration${least > 0 ? " above zero" : ""}: it is written like 30s, 5m, 4h`,
    );

const Settings = z.strictObject({
  receiver: NamedReference("contact-point"),
  group_by: z.array(z.string()).exactOptional(),
  group_wait: SettingsDuration(0).exactOptional(),
  group_interval: SettingsDuration(1).exactOptional(),
  repeat_interval: SettingsDuration(1).exactOptional(),
  mute_time_intervals: z.array(NamedReference("mute-timing")).exactOptional(),
  active_time_intervals: z.array(NamedReference("mute-timing")).exactOptional(),
});

const Rule = z
  .strictObject({
    title: z.string().trim().min(1, "the title is empty").max(190, "a title has 190 characters at most"),
    uid: Uid.exactOptional(),
    data: z
      .array(
        z.strictObject({
          refId: z.string().min(1, "a query needs a refId, such as A"),
          datasource: ResourceReference("datasource").exactOptional(),
          datasourceUid: z.string().exactOptional(),
          relativeTimeRange: z
            .looseObject({ from: z.number().exactOptional(), to: z.number().exactOptional() })
            .exactOptional(),
          queryType: z.string().exactOptional(),
          model: z.looseObject({}),
        }),
      )
      .min(1, "a rule needs a query"),
    condition: z.string().exactOptional(),
    for: RuleDuration.exactOptional(),
    keep_firing_for: RuleDuration.exactOptional(),
    noDataState: z.enum(["NoData", "Alerting", "OK", "KeepLast"]).exactOptional(),
    execErrState: z.enum(["Error", "Alerting", "OK", "KeepLast"]).exactOptional(),
    missingSeriesEvalsToResolve: z.number().int().positive().exactOptional(),
    labels: z.record(z.string(), z.string()).exactOptional(),
    annotations: z.record(z.string(), z.string()).exactOptional(),
    isPaused: z.boolean().exactOptional(),
    notification_settings: Settings.exactOptional(),
    record: z
      .strictObject({
        metric: z.string().min(1),
        from: z.string().min(1),
        target_datasource_uid: z.string().exactOptional(),
      })
      .exactOptional(),
    // The SDK's builders fill these in; the group decides them.
    id: z.number().exactOptional(),
    orgID: z.number().exactOptional(),
    folderUID: z.string().exactOptional(),
    ruleGroup: z.string().exactOptional(),
    provenance: z.string().exactOptional(),
    updated: z.string().exactOptional(),
  })
  .refine((rule) => rule.record !== undefined || rule.condition, {
    path: ["condition"],
    message: "a rule needs a condition: the refId whose result fires",
  });

const RuleGroupSchema = z.strictObject({
  kind: z.literal("rule-group"),
  folder: ResourceReference("folder"),
  title: z.string().trim().min(1, "the title is empty").max(190, "a title has 190 characters at most"),
  interval: z
    .number()
    .int()
    .positive("the interval is not above zero")
    .multipleOf(10, "the interval is no multiple of 10 seconds, which is how often Grafana evaluates"),
  rules: z.array(Rule).min(1, "a group without rules is none: leave it out"),
});

const Ruler = z.record(
  z.string(),
  z.array(z.looseObject({ name: z.string(), interval: z.string(), rules: z.array(z.looseObject({})) })),
);

/** What a write is answered with. */
const Written = z.looseObject({ title: z.string(), rules: z.array(z.looseObject({})) });

const Snapshot = z.strictObject({
  folder: z.string(),
  title: z.string(),
  interval: z.number(),
  rules: z.array(z.looseObject({ uid: z.string() })),
  provenance: z.string(),
});

interface LiveGroup extends LiveObject, Provisioned {
  readonly parent: string;
  readonly group: string;
  readonly interval: number;
  readonly rules: readonly JsonObject[];
}

const RULER = "/api/ruler/grafana/api/v1/rules";

/** @internal */
export const ruleGroupKind: ResourceKind<RuleGroup, LiveGroup> = {
  name: "rule-group",
  dependsOn: ["folder", "datasource", "contact-point", "mute-timing"],
  marking: "ledger",
  idIs: "name",
  schema: RuleGroupSchema,
  access: {
    read: { all: [{ action: "alert.rules:read" }, { action: "folders:read" }] },
    write: (desired, live, folders) =>
      writeNeed(
        {
          parent: folderOf(desired),
          rules: rulesOf(desired),
          sources: desired.references.filter(({ kind }) => kind === "datasource").map(({ id }) => id),
        },
        live,
        folders,
      ),
    restore: (before, live, folders) => writeNeed({ ...before, sources: sourcesOf(before.rules) }, live, folders),
    remove: (live, folders) => writesRules(live.parent, ["delete"], [], folders),
  },

  id: ({ folder, title }, project) => `${folderUid(folder, project)}/${title}`,
  title: ({ title }) => title,
  references: (group, project) => groupReferences(group, project),

  list: readGroups,
  find: async (context, id) => (await readGroups(context)).find((group) => group.id === id),

  desired: (desired, live) =>
    withProvenance(
      { interval: desired.resource.interval, rules: rulesOf(desired).map(canonicalRule) },
      live,
      live?.wantedProvenance,
    ),
  observed: (live) =>
    withProvenance({ interval: live.interval, rules: live.rules.map(canonicalRule) }, live, live.provenance),

  write: (context, { desired, live, siblings = [] }) =>
    save(context, {
      id: desired.id,
      live,
      group: {
        parent: folderOf(desired),
        group: desired.resource.title,
        interval: desired.resource.interval,
        rules: rulesOf(desired),
      },
      others: (siblings as readonly Desired<RuleGroup>[])
        .filter(({ id }) => id !== desired.id)
        .flatMap((group) => uidsIn(rulesOf(group))),
      headers: provenanceHeaders(context, live),
    }),
  async remove(context, live) {
    const now = (await readGroups(context)).find(({ id }) => id === live.id);
    if (!now) return;
    if (!(await onlyLostRules(context, live, now))) throw changedSincePlan({ kind: "rule-group", id: live.id });
    const path = groupPath(live.parent, live.group);
    const request = { method: "DELETE", path, headers: removalHeaders(live) } as const;
    await unlessNotFound(ask(context.grafana.client, request, Nothing));
  },

  rollback: {
    snapshot: ({ parent, group, interval, rules, provenance }) => ({
      folder: parent,
      title: group,
      interval,
      rules: [...rules],
      provenance,
    }),
    restoreSnapshot(context, snapshot) {
      const { folder, title, interval, rules, provenance } = Snapshot.parse(snapshot);
      const version = "";
      return liveGroup(
        { parent: folder, group: title, interval, rules: rules.map(jsonObject), provenance, version },
        context,
      );
    },
    content: (observed, { provenance }) => ({ ...observed, provenance: provenance || "none" }),
    limits({ before, live }, { all }) {
      const there = new Set([...(live ? [live] : []), ...all].flatMap((group) => uidsIn(group.rules)));
      const gone = uidsIn(before.rules).filter((uid) => !there.has(uid));
      return { losses: gone.length > 0 ? ["rules that were deleted come back without their history and state"] : [] };
    },
    restore: (context, { before, live, siblings = [] }) =>
      save(context, {
        id: before.id,
        live,
        group: { ...before, rules: before.rules.map(canonicalRule) },
        others: siblings.filter(({ id }) => id !== before.id).flatMap(({ rules }) => uidsIn(rules)),
        headers: removalHeaders(before),
      }),
  },

  checks: {
    code: (all) => [...all.flatMap(groupFaults), ...repeatedRules(all)],
    obstacle(desired, _live, all) {
      const mine = new Set(rulesOf(desired).map(({ uid }) => uid));
      for (const group of all) {
        if (group.id === desired.id || !isOthers(group)) continue;
        const taken = group.rules.find(({ uid }) => mine.has(uid));
        if (taken)
          return `the rule ${textOf(taken["uid"])} is in ${address({ kind: "rule-group", id: group.id })}, which is not this project's: give the rule here another uid, or delete it there first`;
      }
      return undefined;
    },
    sideEffect(desired, _live, all) {
      const mine = new Set(rulesOf(desired).map(({ uid }) => uid));
      const moved = all.flatMap((group) =>
        group.id === desired.id
          ? []
          : group.rules.filter(({ uid }) => mine.has(uid)).map((rule) => `"${textOf(rule["title"])}" from ${group.id}`),
      );
      return moved.length > 0 ? `moves ${moved.join(", ")}, with history and state` : undefined;
    },
  },
  comparison: {
    content: withoutProvenance,
    differences: (before, after) => diff(before, after, RULE_GROUP),
    renamed: ({ rules, ...form }, names) => ({
      ...form,
      rules: objectsOf(rules).map(({ notification_settings: settings, ...rule }) => ({
        ...rule,
        ...(isObject(settings) ? { notification_settings: withReceivers(settings, names) } : {}),
      })),
    }),
  },
  deletion: {
    uses: (live) =>
      live.rules.flatMap((rule) => {
        const settings = isObject(rule["notification_settings"]) ? rule["notification_settings"] : {};
        const timings = [settings["mute_time_intervals"], settings["active_time_intervals"]]
          .flat()
          .filter((name) => typeof name === "string");
        const receiver =
          typeof settings["receiver"] === "string"
            ? [address({ kind: "contact-point", id: settings["receiver"] })]
            : [];
        const sources = sourcesOf([rule]).map((id) => address({ kind: "datasource", id }));
        return [...receiver, ...timings.map((name) => address({ kind: "mute-timing", id: name })), ...sources];
      }),
  },
  reading: {
    // The ruler leaves out the groups of folders that the credentials may not read.
    wouldBeListed: (id, everything) =>
      everything.get("folder")?.some((folder) => id.startsWith(`${folder.id}/`)) ?? false,
  },
  sharedParts: {
    taken: (desired) => uidsIn(rulesOf(desired)),
    held: ({ rules }) => uidsIn(rules),
    lostOnly: (before, live) =>
      before.interval === live.interval && equal(keptRules(before, live), live.rules.map(canonicalRule)),
  },
  view: {
    section: { title: "Alerts", rank: 200 },
    risks: RULE_RISKS,
    html: () => import("./view/html.ts"),
  },
  writing: {
    // A rule moves from group to group: two at once could both miss it.
    queue: "rules",
    // A group holds rules for others that have not taken them yet.
    parts: ({ interval, rules }) => ({
      interval: interval ?? null,
      ...Object.fromEntries(objectsOf(rules).map((rule) => [`rule ${textOf(rule["uid"])}`, rule])),
    }),
  },
};

interface Saving {
  readonly id: string;
  readonly live: LiveGroup | undefined;
  readonly group: Pick<LiveGroup, "parent" | "group" | "interval" | "rules">;
  /** Uids of the rules that other groups of this run have in the end. */
  readonly others: readonly string[];
  readonly headers: Record<string, string>;
}

async function save(context: KindContext, { id, live, group, others, headers }: Saving): Promise<void> {
  const all = await readGroups(context);
  const now = all.find((one) => one.id === id);
  // There is no version to send along: the window for a lost update is narrowed, not closed.
  const elsewhere = new Set(others);
  const free = live
    ? now
      ? await onlyLostRules(context, live, now)
      : // A group whose last rule moved to another one is gone.
        uidsIn(live.rules).every((uid) => elsewhere.has(uid))
    : !now;
  if (!free) throw changedSincePlan({ kind: "rule-group", id });
  const { parent, group: title, interval } = group;
  const body = {
    title,
    folderUid: parent,
    interval,
    rules: [...group.rules, ...waiting(group.rules, now, elsewhere)].map((rule) => ({
      noDataState: "NoData",
      execErrState: "Error",
      for: "0s",
      ...rule,
      folderUID: parent,
      ruleGroup: title,
    })),
  };
  await ask(context.grafana.client, { method: "PUT", path: groupPath(parent, title), body, headers }, Written);
}

async function readGroups(context: KindContext): Promise<LiveGroup[]> {
  const answer = await ask(context.grafana.client, { method: "GET", path: RULER }, Ruler);
  return Object.values(answer)
    .flat()
    .map(({ name, interval, rules }) => {
      const nodes = rules.map((rule) => jsonObject(rule));
      const alerts = nodes.map((node) => (isObject(node["grafana_alert"]) ? node["grafana_alert"] : {}));
      const folder = textOf(alerts[0]?.["namespace_uid"] ?? "");
      const provenance = textOf(alerts.find((alert) => alert["provenance"])?.["provenance"] ?? "");
      return liveGroup(
        {
          parent: folder,
          group: name,
          interval: (parseDuration(interval) ?? 0) / 1000,
          version: alerts.map((alert) => `${textOf(alert["uid"])}:${textOf(alert["version"])}`).join(","),
          provenance,
          rules: nodes.map(fromRuler),
        },
        context,
      );
    });
}

function liveGroup(
  group: Pick<LiveGroup, "parent" | "group" | "interval" | "version" | "provenance" | "rules">,
  context: KindContext,
): LiveGroup {
  const id = `${group.parent}/${group.group}`;
  return {
    ...group,
    id,
    title: group.group,
    ...ledgerOwnership(context, address({ kind: "rule-group", id }), id, group.provenance),
    ...provenanceOf(context, group.provenance),
    complete: true,
  };
}

function writeNeed(
  wanted: { readonly parent: string; readonly rules: readonly JsonObject[]; readonly sources: readonly string[] },
  live: LiveGroup | undefined,
  folders: FolderTree,
): Need {
  const [after, before] = [new Set(uidsIn(wanted.rules)), new Set(uidsIn(live?.rules ?? []))];
  const verbs = [
    ...([...after].some((uid) => !before.has(uid)) ? ["create"] : []),
    ...([...after].some((uid) => before.has(uid)) ? ["write"] : []),
    ...([...before].some((uid) => !after.has(uid)) ? ["delete"] : []),
  ];
  return writesRules(wanted.parent, verbs, wanted.sources, folders);
}

/** The uids of the datasources that rules ask, or record into. */
function sourcesOf(rules: readonly JsonObject[]): string[] {
  return rules.flatMap((rule) => {
    const asked = objectsOf(rule["data"]).map((query) => textOf(query["datasourceUid"]));
    const recorded = isObject(rule["record"]) ? textOf(rule["record"]["target_datasource_uid"] ?? "") : "";
    return [...asked.filter((uid) => !EXPRESSIONS.has(uid)), ...(recorded ? [recorded] : [])];
  });
}

/** As Grafana checks it (`AuthorizeRuleChanges`): one of two permissions for everything, or those of the folder. */
function writesRules(folder: string, verbs: readonly string[], sources: readonly string[], folders: FolderTree): Need {
  const scopes = folderScopes(folder, folders);
  return {
    any: [
      {
        all: [
          ...verbs.map((verb) => ({ action: `alert.rules:${verb}`, scopes })),
          { action: "alert.rules:read", scopes },
          { action: "folders:read", scopes },
          { action: "alert.provisioning.provenance:write" },
          ...sources.map((uid) => ({ action: "datasources:query", scopes: [`datasources:uid:${uid}`] })),
        ],
      },
      { action: "alert.rules.provisioning:write" },
      { action: "alert.provisioning:write" },
    ],
  };
}

function groupPath(folder: string, group: string): string {
  return `/api/v1/provisioning/folder/${encodeURIComponent(folder)}/rule-groups/${encodeURIComponent(group)}`;
}

/**
 * Rules that this run moved to another group are gone from here since the plan read it, and Grafana makes a version of
 * every rule that stays: neither is a conflict, another content is.
 */
async function onlyLostRules(context: KindContext, planned: LiveGroup, now: LiveGroup): Promise<boolean> {
  const kept = keptRules(planned, now);
  return (
    planned.interval === now.interval &&
    kept.length === now.rules.length &&
    onlyRenamed(context, kept, now.rules.map(canonicalRule))
  );
}

/** The rules that are still in a group, as they were. */
function keptRules(before: LiveGroup, now: LiveGroup): JsonObject[] {
  const rules = new Map(before.rules.map((rule) => [rule["uid"], rule]));
  return now.rules
    .map(({ uid }) => rules.get(uid))
    .filter((rule) => rule !== undefined)
    .map(canonicalRule);
}

/**
 * Rules that another group of this run takes over and has not taken yet. Grafana deletes what a write leaves out, with its
 * history: so they stay, in the form in which they are, until the other group moves them.
 */
function waiting(
  rules: readonly JsonObject[],
  now: LiveGroup | undefined,
  elsewhere: ReadonlySet<string>,
): JsonObject[] {
  const mine = new Set(uidsIn(rules));
  const waits = (uid: string) => !mine.has(uid) && elsewhere.has(uid);
  return (now?.rules ?? []).filter(({ uid }) => waits(textOf(uid))).map((rule) => canonicalRule(rule));
}

function uidsIn(rules: readonly JsonObject[]): string[] {
  return rules.map(({ uid }) => textOf(uid));
}

function folderOf({ references }: Pick<Desired, "references">): string {
  return references.find(({ path }) => path === "folder")?.id ?? "";
}

/** The rules as Grafana takes them: objects replaced by their names and uids, and uids that the code leaves out derived. */
function rulesOf({
  resource,
  references,
  project,
}: Pick<Desired<RuleGroup>, "resource" | "references" | "project">): JsonObject[] {
  const folder = folderOf({ references });
  return resource.rules.map((rule) => {
    const {
      id: _id,
      orgID: _org,
      folderUID: _folder,
      ruleGroup: _group,
      provenance: _provenance,
      updated: _updated,
      ...json
    } = jsonObject(rule);
    const settings =
      "notification_settings" in rule && rule.notification_settings
        ? namedSettings(rule.notification_settings)
        : undefined;
    return {
      ...withoutEmptyDurations(json),
      uid: rule.uid || deriveUid(rule.title, [project, "rule", folder]),
      data: rule.data.map((query) => namedQuery(query)),
      ...(settings ? { notification_settings: settings } : {}),
    };
  });
}

/** The SDK's builder leaves `for: ""` where nobody says how long: Grafana takes no empty duration. */
function withoutEmptyDurations(rule: JsonObject): JsonObject {
  const { for: pending, keep_firing_for: keep, ...rest } = rule;
  return { ...rest, ...(pending ? { for: pending } : {}), ...(keep ? { keep_firing_for: keep } : {}) };
}

function namedQuery(query: RuleQuery | NonNullable<SdkRule["data"]>[number]): JsonObject {
  const { datasource, ...rest } = query as RuleQuery;
  const { model, ...json } = jsonObject(rest);
  const uid = datasource?.uid ?? ("datasourceUid" in query && query.datasourceUid ? query.datasourceUid : "__expr__");
  return { ...json, datasourceUid: uid, model: { ...(isObject(model) ? model : {}), refId: json["refId"] ?? "" } };
}

function namedSettings(settings: object): JsonObject {
  const named = Object.entries(settings).map(([key, value]: [string, unknown]) => [
    key,
    Array.isArray(value) ? value.map(nameOf) : nameOf(value),
  ]);
  return jsonObject(Object.fromEntries(named));
}

function nameOf(value: unknown): unknown {
  return typeof value === "object" && value !== null && "name" in value ? value.name : value;
}

function groupReferences(group: RuleGroup, project: string): Reference[] {
  const rules = group.rules.flatMap((rule, index): Reference[] => {
    const at = `rules[${index}]`;
    const sources = rule.data.flatMap((query, position): Reference[] => {
      const path = `${at}.data[${position}].datasource`;
      if ("datasource" in query && query.datasource)
        return [reference(query.datasource, path, query.datasource.uid ?? "")];
      const uid = "datasourceUid" in query ? query.datasourceUid : undefined;
      return uid && !EXPRESSIONS.has(uid) ? [{ kind: "datasource", id: uid, path: `${path}Uid`, existing: false }] : [];
    });
    const target = "record" in rule ? rule.record?.target_datasource_uid : undefined;
    const recorded = target
      ? [{ kind: "datasource", id: target, path: `${at}.record.target_datasource_uid`, existing: false }]
      : [];
    const settings =
      "notification_settings" in rule && rule.notification_settings ? rule.notification_settings : undefined;
    return [...sources, ...recorded, ...(settings ? settingsReferences(settings, `${at}.notification_settings`) : [])];
  });
  return [reference(group.folder, "folder", folderUid(group.folder, project)), ...rules];
}

function settingsReferences(settings: object, path: string): Reference[] {
  const one = (kind: string, value: unknown, at: string): Reference => {
    const existing = typeof value === "object" && value !== null && "existing" in value;
    return { kind, id: textOf(nameOf(value)), path: at, existing };
  };
  return Object.entries(settings).flatMap(([key, value]: [string, unknown]): Reference[] => {
    if (key === "receiver") return [one("contact-point", value, `${path}.receiver`)];
    if (!key.endsWith("_time_intervals") || !Array.isArray(value)) return [];
    return value.map((item: unknown, index) => one("mute-timing", item, `${path}.${key}[${index}]`));
  });
}

function groupFaults(group: Desired<RuleGroup>): Fault[] {
  return rulesOf(group).flatMap((rule, index) =>
    ruleFaults(rule).map(({ path, message }) => ({
      level: "error" as const,
      ...group.source,
      path: `rules[${index}].${path}`,
      message,
    })),
  );
}

function repeatedRules(all: readonly Desired<RuleGroup>[]): Fault[] {
  const seen = new Map<unknown, Desired<RuleGroup>>();
  return all.flatMap((group) =>
    rulesOf(group).flatMap((rule, index): Fault[] => {
      const first = seen.get(rule["uid"]);
      seen.set(rule["uid"], first ?? group);
      if (!first) return [];
      const message = `the uid ${textOf(rule["uid"])} is taken by another rule, in ${address(first)} (${first.source.file})`;
      return [{ level: "error", ...group.source, path: `rules[${index}].uid`, message }];
    }),
  );
}

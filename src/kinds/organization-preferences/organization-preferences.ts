import { z } from "zod";
import { changedSincePlan, createdSincePlan } from "../../engine/conflicts.ts";
import type { KindContext } from "../../engine/kind-context.ts";
import { address } from "../../engine/model.ts";
import type { ResourceKind } from "../../engine/resource.ts";
import { ask } from "../../grafana/ask.ts";
import { hash, textOf, toJson, type JsonObject } from "../../util/json.ts";
import { ownershipIn } from "../access/ownership.ts";
import { idOf } from "../dashboard/references.ts";
import { reference } from "../reference.ts";
import type { OrganizationPreferences } from "./builder.ts";
import { NAMES, type LivePreferences, type Preferences } from "./live.ts";
import { OrganizationPreferencesSchema } from "./schema.ts";
import { source } from "./source.ts";

const KIND = "organization-preferences";
const ID = "organization";
const PATH = "/api/org/preferences";
const Answer = z.looseObject({});
const Changed = z.looseObject({ message: z.string() });
const WRITE = { action: "orgs.preferences:write" } as const;

const Snapshot = z.strictObject({
  preferences: z.partialRecord(z.enum(["theme", "timezone", "weekStart", "homeDashboard", "language"]), z.string()),
});

export const organizationPreferencesKind: ResourceKind<OrganizationPreferences, LivePreferences> = {
  name: KIND,
  dependsOn: ["dashboard"],
  marking: "ledger",
  idIs: "name",
  schema: OrganizationPreferencesSchema,
  access: {
    read: { action: "orgs.preferences:read" },
    write: () => WRITE,
    restore: () => WRITE,
    remove: () => WRITE,
  },

  id: () => ID,
  title: () => ID,
  references: ({ homeDashboard }, project) =>
    homeDashboard ? [reference(homeDashboard, "homeDashboard", uidOf(homeDashboard, project))] : [],

  async list(context) {
    const found = await find(context);
    return found ? [found] : [];
  },
  find,

  desired: ({ resource, project }) => preferencesOf(resource, project),
  observed: ({ preferences }) => ({ ...preferences }),

  write: (context, { desired: { resource, project }, live }) => save(context, live, preferencesOf(resource, project)),
  async remove(context, live) {
    if (await find(context)) await save(context, live, {});
  },
  rollback: {
    snapshot: ({ preferences }) => ({ preferences }),
    restoreSnapshot: (context, snapshot) => liveOf(context, Snapshot.parse(snapshot).preferences, {}),
    restore: (context, { before, live }) => save(context, live, before.preferences),
  },

  checks: { onlyOne: "An organization has one set of preferences: put all of them into one resource." },
  deletion: {
    uses: ({ preferences: { homeDashboard } }) =>
      homeDashboard === undefined ? [] : [address({ kind: "dashboard", id: homeDashboard })],
    isDone: ({ preferences }) => Object.keys(preferences).length === 0,
  },
  reading: { onDemand: true },
  source,
  view: {
    section: { title: "Access", rank: 550 },
    risks: {
      update: "changes what users see who have no preferences of their own",
      deletion: "is reset to Grafana's defaults",
    },
    facts: (form) => [
      Object.entries(form)
        .map(([name, value]) => `${name} ${textOf(value)}`)
        .join(", "),
    ],
  },
};

function uidOf(dashboard: NonNullable<OrganizationPreferences["homeDashboard"]>, project: string): string {
  return "existing" in dashboard ? dashboard.uid : idOf(dashboard, project);
}

function preferencesOf(
  { kind: _, homeDashboard, ...texts }: OrganizationPreferences,
  project: string,
): Record<string, string> {
  return { ...texts, ...(homeDashboard ? { homeDashboard: uidOf(homeDashboard, project) } : {}) };
}

/** Undefined if all preferences are Grafana's defaults, unless the project owns them. */
async function find(context: KindContext): Promise<LivePreferences | undefined> {
  const live = await read(context);
  const { applied, ownership, preferences } = live;
  const isUnwritten = applied?.pending === true && applied.transition?.former === undefined;
  return Object.keys(preferences).length === 0 && (ownership.state !== "ours" || isUnwritten) ? undefined : live;
}

async function read(context: KindContext): Promise<LivePreferences> {
  const answer = toJson(await ask(context.grafana.client, { method: "GET", path: PATH }, Answer)) as JsonObject;
  const preferences = Object.fromEntries(
    Object.entries(NAMES).flatMap(([name, theirs]) => {
      const text = textOf(answer[theirs]);
      return text === "" ? [] : [[name, text]];
    }),
  );
  const known: readonly string[] = Object.values(NAMES);
  const others = Object.fromEntries(Object.entries(answer).filter(([name]) => !known.includes(name)));
  return liveOf(context, preferences, others);
}

function liveOf(context: KindContext, preferences: Preferences, others: JsonObject): LivePreferences {
  return {
    id: ID,
    title: ID,
    version: hash({ ...preferences }),
    ...ownershipIn(context, KIND, ID),
    touched: true,
    complete: true,
    preferences,
    others,
  };
}

async function save(context: KindContext, live: LivePreferences | undefined, wanted: Preferences): Promise<void> {
  const now = await read(context);
  if (!live && Object.keys(now.preferences).length > 0) throw createdSincePlan({ kind: KIND, id: ID });
  if (live && now.version !== live.version) throw changedSincePlan({ kind: KIND, id: ID });
  const preferences = Object.entries(NAMES).map(([name, theirs]) => [theirs, wanted[name as keyof typeof NAMES] ?? ""]);
  const body = { ...now.others, ...(Object.fromEntries(preferences) as JsonObject) };
  await ask(context.grafana.client, { method: "PUT", path: PATH, body }, Changed);
}

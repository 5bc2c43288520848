import { z } from "zod";
import { changedSincePlan, createdSincePlan } from "../../engine/conflicts.ts";
import type { KindContext, Write } from "../../engine/kind-context.ts";
import { address } from "../../engine/model.ts";
import type { ResourceKind } from "../../engine/resource.ts";
import { ask } from "../../grafana/ask.ts";
import type { Client } from "../../grafana/client.ts";
import { unlessNotFound } from "../../grafana/errors.ts";
import { equal, hash } from "../../util/json.ts";
import { ownershipIn } from "../access/ownership.ts";
import type { PublicDashboards } from "./builder.ts";
import {
  desiredForm,
  differencesOf,
  factsOf,
  formOf,
  partsOf,
  referencesOf,
  revokedFrom,
  sharedIn,
  type Shared,
} from "./canonical.ts";
import type { LivePublicDashboards } from "./live.ts";
import { PublicDashboardsSchema } from "./schema.ts";
import { source } from "./source.ts";

const KIND = "public-dashboards";
const ID = "organization";
const LIST = "/api/dashboards/public-dashboards";
const PAGE = 1000;
const WRITE = { action: "dashboards.public:write" } as const;

const Listed = z.looseObject({ uid: z.string(), dashboardUid: z.string(), isEnabled: z.boolean() });
type Listed = z.infer<typeof Listed>;
const Page = z.looseObject({ totalCount: z.number(), publicDashboards: z.array(Listed) });
const One = z.looseObject({ timeSelectionEnabled: z.boolean(), annotationsEnabled: z.boolean() });
const Sharing = z.strictObject({ timeSelection: z.boolean(), annotations: z.boolean() });
const Snapshot = z.strictObject({ dashboards: z.record(z.string(), Sharing) });

export const publicDashboardsKind: ResourceKind<PublicDashboards, LivePublicDashboards> = {
  name: KIND,
  dependsOn: ["dashboard"],
  marking: "ledger",
  idIs: "name",
  schema: PublicDashboardsSchema,
  access: { read: { action: "dashboards:read" }, write: () => WRITE, restore: () => WRITE, remove: () => WRITE },

  id: () => ID,
  title: () => ID,
  references: referencesOf,

  async list(context) {
    const found = await find(context);
    return found ? [found] : [];
  },
  find,

  desired: desiredForm,
  observed: ({ shared }) => formOf(shared),

  write: (context, write) => save(context, write.live, wantedBy(write), write.resumed ? write : undefined),
  async remove(context, live) {
    const now = await find(context);
    if (now) await save(context, isLeftOf(live, now) ? now : live, new Map());
  },
  rollback: {
    snapshot: ({ shared }) => ({ dashboards: Object.fromEntries(shared) }),
    restoreSnapshot: (context, snapshot) =>
      liveOf(context, new Map(Object.entries(Snapshot.parse(snapshot).dashboards))),
    revokes: (before, now) => revokedFrom(now.shared, before.shared),
    restore: (context, { before, live }) => save(context, live, before.shared),
  },

  checks: {
    onlyOne: "An organization has one list of public dashboards: put all of them into one resource.",
    revokes: ({ resource, project }, { shared }) => revokedFrom(shared, sharedIn(resource, project)),
    async unsupported({ grafana }) {
      if (await readList(grafana.client)) return undefined;
      return {
        message: "this Grafana has no public dashboards",
        hint: "Set enabled = true in the section [public_dashboards] of Grafana's configuration, or remove it from the code.",
      };
    },
  },
  comparison: { differences: differencesOf },
  deletion: {
    uses: ({ shared }) => [...shared.keys()].map((id) => address({ kind: "dashboard", id })),
    inParts: ({ shared }) => shared.size > 1,
    isDone: ({ shared }) => shared.size === 0,
  },
  reading: { onDemand: true },
  source,
  view: {
    section: { title: "Access", rank: 560 },
    risks: {
      deletion: "makes all dashboards private",
      ofDifference: ({ type }) =>
        type === "added" ? { text: "makes a dashboard public: everybody with its link sees its data" } : undefined,
    },
    facts: factsOf,
  },
  writing: { parts: partsOf, isPartial },
};

function wantedBy({ desired: { resource, project } }: Write<PublicDashboards, LivePublicDashboards>): Shared {
  return sharedIn(resource, project);
}

/** Undefined if no dashboard is public, unless the project owns the list. */
async function find(context: KindContext): Promise<LivePublicDashboards | undefined> {
  const { client } = context.grafana;
  const all = (await readList(client)) ?? [];
  const enabled = all.filter(({ isEnabled }) => isEnabled);
  const read = enabled.map(async ({ dashboardUid }) => {
    // The list lacks the options.
    const one = await unlessNotFound(ask(client, { method: "GET", path: pathOf(dashboardUid) }, One));
    if (!one) return [];
    return [[dashboardUid, { timeSelection: one.timeSelectionEnabled, annotations: one.annotationsEnabled }] as const];
  });
  const live = liveOf(context, new Map((await Promise.all(read)).flat()));
  return live.shared.size === 0 && live.ownership.state !== "ours" ? undefined : live;
}

/** Public dashboards, also those that are paused; undefined if they are turned off in Grafana's configuration. */
async function readList(client: Client): Promise<Listed[] | undefined> {
  const all: Listed[] = [];
  for (let page = 1; ; page++) {
    const path = `${LIST}?perpage=${PAGE}&page=${page}`;
    const found = await unlessNotFound(ask(client, { method: "GET", path }, Page));
    if (!found) return undefined;
    all.push(...found.publicDashboards);
    if (found.publicDashboards.length === 0 || all.length >= found.totalCount) return all;
  }
}

function liveOf(context: KindContext, shared: Shared): LivePublicDashboards {
  return {
    id: ID,
    title: ID,
    version: hash(formOf(shared)),
    ...ownershipIn(context, KIND, ID),
    touched: true,
    complete: true,
    shared,
  };
}

/** Whether an interrupted deletion left these: each dashboard is shared as before, or no more. */
function isLeftOf({ shared: before }: LivePublicDashboards, { shared: now }: LivePublicDashboards): boolean {
  return [...now].every(([uid, { timeSelection, annotations }]) => {
    const former = before.get(uid);
    return former?.timeSelection === timeSelection && former.annotations === annotations;
  });
}

/** Whether each dashboard is shared as before the write or as after it. */
function isPartial(
  { desired, live }: Write<PublicDashboards, LivePublicDashboards>,
  { shared }: LivePublicDashboards,
): boolean {
  const now = partsOf(formOf(shared));
  const [before, after] = [partsOf(formOf(live?.shared ?? new Map())), partsOf(desiredForm(desired))];
  const names = new Set([now, before, after].flatMap((parts) => Object.keys(parts)));
  return [...names].every((name) => [before, after].some((parts) => equal(now[name] ?? null, parts[name] ?? null)));
}

/** Turns sharing on and off. A dashboard that is turned off keeps its link for the next time. */
async function save(
  context: KindContext,
  live: LivePublicDashboards | undefined,
  wanted: Shared,
  resumed?: Write<PublicDashboards, LivePublicDashboards>,
): Promise<void> {
  const { client } = context.grafana;
  const now = await find(context);
  const resumes = resumed !== undefined && now !== undefined && isPartial(resumed, now);
  if (!live && now && now.shared.size > 0 && !resumes) throw createdSincePlan({ kind: KIND, id: ID });
  if (live && now?.version !== live.version && !resumes) throw changedSincePlan({ kind: KIND, id: ID });
  const known = new Map((await readList(client))?.map(({ dashboardUid, uid }) => [dashboardUid, uid]));
  for (const [dashboard, { timeSelection, annotations }] of wanted) {
    const before = now?.shared.get(dashboard);
    if (before?.timeSelection === timeSelection && before.annotations === annotations) continue;
    const uid = known.get(dashboard);
    const body = { isEnabled: true, timeSelectionEnabled: timeSelection, annotationsEnabled: annotations };
    if (uid === undefined) {
      const request = { method: "POST", path: pathOf(dashboard), body: { ...body, share: "public" } } as const;
      await ask(client, request, One);
    } else await ask(client, { method: "PATCH", path: `${pathOf(dashboard)}/${uid}`, body }, One);
  }
  for (const dashboard of now?.shared.keys() ?? []) {
    const uid = known.get(dashboard);
    if (wanted.has(dashboard) || uid === undefined) continue;
    await ask(client, { method: "PATCH", path: `${pathOf(dashboard)}/${uid}`, body: { isEnabled: false } }, One);
  }
}

function pathOf(dashboard: string): string {
  return `/api/dashboards/uid/${encodeURIComponent(dashboard)}/public-dashboards`;
}

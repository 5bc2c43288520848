import type { MuteTiming as SdkMuteTiming } from "@grafana/grafana-foundation-sdk/alerting";
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import { z } from "zod";
import { canonicalTimeInterval, timeIntervalFaults, type TimeInterval } from "./alerting/time-interval.ts";
import { fromSdkMuteTiming } from "./alerting/sdk.ts";
import { objectsOf } from "./alerting/rule.ts";
import { intervalText, MUTE_TIMING } from "./alerting/shapes.ts";
import { diff } from "../engine/diff.ts";
import { address, type LiveObject } from "../engine/model.ts";
import type { KindContext } from "../engine/kind-context.ts";
import type { ResourceKind } from "../engine/resource.ts";
import { toJson, type JsonObject } from "../util/json.ts";
import { createdSincePlan } from "../engine/conflicts.ts";
import { ask } from "../grafana/ask.ts";
import { unlessNotFound } from "../grafana/errors.ts";
import {
  ledgerOwnership,
  NOTIFICATION_ACCESS,
  NOTIFICATIONS,
  provenanceHeaders,
  provenanceLimits,
  provenanceObstacle,
  provenanceOf,
  removeVersion,
  restoreHeaders,
  withoutProvenance,
  withProvenance,
  type Provisioned,
} from "./alerting/provisioned.ts";

/** A mute timing that Grafana has and the code doesn't manage: made by `existing.muteTiming(name)`. */
export interface ExistingMuteTiming {
  readonly kind: "mute-timing";
  readonly name: string;
  readonly existing: true;
}

/** When notifications are muted ("mute interval"). Policies and rules name it by its object. */
export interface MuteTiming {
  readonly kind: "mute-timing";
  readonly name: string;
  /** Any of them has to hold. */
  readonly time_intervals: readonly TimeInterval[];
}

/**
 * Declares a mute timing, from a plain typed object or one of the SDK's builders.
 *
 * @example export const weekends = muteTiming({ name: "weekends", time_intervals: [{ weekdays: ["saturday", "sunday"] }] });
 */
export function muteTiming(timing: Omit<MuteTiming, "kind"> | Builder<SdkMuteTiming>): MuteTiming {
  return { kind: "mute-timing", ...("build" in timing ? fromSdkMuteTiming(timing.build()) : timing) };
}

const Interval = z
  .strictObject({
    times: z.array(z.strictObject({ start_time: z.string(), end_time: z.string() })).exactOptional(),
    weekdays: z.array(z.string()).exactOptional(),
    days_of_month: z.array(z.string()).exactOptional(),
    months: z.array(z.string()).exactOptional(),
    years: z.array(z.string()).exactOptional(),
    location: z.string().exactOptional(),
  })
  .superRefine((interval, context) => {
    for (const { path, message } of timeIntervalFaults(interval))
      context.addIssue({ code: "custom", path: path.split("."), message });
  });

const MuteTimingSchema = z.strictObject({
  kind: z.literal("mute-timing"),
  name: z.string().trim().min(1, "the name is empty"),
  time_intervals: z.array(Interval),
});

const Answer = z.looseObject({
  name: z.string(),
  time_intervals: z.array(z.looseObject({})).nullish(),
  version: z.string().default(""),
  provenance: z.string().default(""),
});

interface LiveMuteTiming extends LiveObject, Provisioned {
  readonly intervals: JsonObject[];
}

const PATH = "/api/v1/provisioning/mute-timings";

/** @internal */
export const muteTimingKind: ResourceKind<MuteTiming, LiveMuteTiming> = {
  name: "mute-timing",
  dependsOn: [],
  marking: "ledger",
  idIs: "name",
  schema: MuteTimingSchema,
  access: NOTIFICATION_ACCESS,

  id: ({ name }) => name,
  title: ({ name }) => name,
  references: () => [],

  async list(context) {
    const answers = await ask(context.grafana.client, { method: "GET", path: PATH }, z.array(Answer).nullable());
    return (answers ?? []).map((answer) => liveMuteTiming(answer, context));
  },
  async find(context, id) {
    const path = `${PATH}/${encodeURIComponent(id)}`;
    const answer = await unlessNotFound(ask(context.grafana.client, { method: "GET", path }, Answer));
    return answer === undefined ? undefined : liveMuteTiming(answer, context);
  },

  desired: ({ resource }, live) => withProvenance(canonical(resource.time_intervals), live, live?.wantedProvenance),
  observed: (live) => withProvenance(canonical(live.intervals as TimeInterval[]), live, live.provenance),

  write: (context, { desired, live }) =>
    save(context, {
      id: desired.id,
      live,
      intervals: desired.resource.time_intervals,
      headers: provenanceHeaders(context, live),
    }),
  remove: (context, live) => removeVersion(context, PATH, live),

  rollback: {
    snapshot: ({ id, intervals, provenance }) => ({ name: id, time_intervals: intervals, provenance }),
    restoreSnapshot: (context, snapshot) => liveMuteTiming(Answer.parse(snapshot), context),
    content: withoutProvenance,
    limits: (restore) => provenanceLimits("a mute timing", restore),
    restore: (context, { before, live }) =>
      save(context, { id: before.id, live, intervals: before.intervals, headers: restoreHeaders(before, live) }),
  },

  checks: { obstacle: (_desired, live) => provenanceObstacle("a mute timing", live) },
  comparison: { content: withoutProvenance, differences: (before, after) => diff(before, after, MUTE_TIMING) },
  existing: {
    async create(client, name) {
      await client.send({ method: "POST", path: PATH, body: { name, time_intervals: [] } });
    },
  },
  view: {
    section: { title: "Who is notified", rank: 320 },
    risks: { update: "changes when notifications are muted" },
    facts: (form) => objectsOf(form["time_intervals"]).map(intervalText).join("; "),
  },
  writing: { queue: NOTIFICATIONS },
};

interface Saving {
  readonly id: string;
  readonly live: LiveMuteTiming | undefined;
  readonly intervals: readonly object[];
  readonly headers: Record<string, string>;
}

async function save(context: KindContext, { id, live, intervals, headers }: Saving): Promise<void> {
  // Grafana's own answer to a name that is taken is that the request is bad.
  if (!live && (await muteTimingKind.find(context, id))) throw createdSincePlan({ kind: "mute-timing", id });
  const { client } = context.grafana;
  const body = { name: id, time_intervals: intervals, ...(live ? { version: live.version } : {}) };
  const path = `${PATH}/${encodeURIComponent(id)}`;
  if (live) await ask(client, { method: "PUT", path, body, headers }, Answer);
  else await ask(client, { method: "POST", path: PATH, body, headers }, Answer);
}

function liveMuteTiming(answer: z.infer<typeof Answer>, context: KindContext): LiveMuteTiming {
  const { name, version, provenance } = answer;
  return {
    id: name,
    title: name,
    version,
    ...ledgerOwnership(context, address({ kind: "mute-timing", id: name }), name, provenance),
    ...provenanceOf(context, provenance),
    complete: true,
    intervals: (answer.time_intervals ?? []).map((interval) => toJson(interval) as JsonObject),
  };
}

function canonical(intervals: readonly TimeInterval[]): JsonObject {
  return { time_intervals: intervals.map((interval) => toJson(canonicalTimeInterval(interval)) as JsonObject) };
}

import type { MuteTiming as SdkMuteTiming } from "@grafana/grafana-foundation-sdk/alerting";
import type { Builder } from "@grafana/grafana-foundation-sdk/cog";
import { z } from "zod";
import { diff } from "../engine/diff.ts";
import type { ResourceKind } from "../engine/resource.ts";
import { call, fromJson, objectOf, valueOf } from "../import/code/expression.ts";
import { textOf, toJson, type Json, type JsonObject } from "../util/json.ts";
import { NAMED, namedObjects, type NamedObject } from "./alerting/named-objects.ts";
import { NOTIFICATION_ACCESS, NOTIFICATIONS } from "./alerting/notifications.ts";
import { withoutProvenance, withProvenance } from "./alerting/provenance.ts";
import { objectsOf } from "./alerting/rule.ts";
import { fromSdkMuteTiming } from "./alerting/sdk.ts";
import { intervalText, MUTE_TIMING } from "./alerting/shapes.ts";
import { canonicalTimeInterval, timeIntervalFaults, type TimeInterval } from "./alerting/time-interval.ts";

/** A reference to a mute timing, by its name: the result of `existing.muteTiming(name)`. */
export interface ExistingMuteTiming {
  readonly kind: "mute-timing";
  readonly name: string;
  readonly existing: true;
}

/** The times at which notifications are muted. Policies and rules refer to this object. */
export interface MuteTiming {
  readonly kind: "mute-timing";
  readonly name: string;
  /** The mute timing applies if one of these intervals matches. */
  readonly time_intervals: readonly TimeInterval[];
}

/**
 * Defines a mute timing, from a plain typed object or one of the SDK's builders.
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
  name: z.string().trim().min(1, "must not be empty"),
  time_intervals: z.array(Interval),
});

type LiveMuteTiming = NamedObject<Pick<MuteTiming, "time_intervals">>;

const timings = namedObjects({
  kind: "mute-timing",
  what: "a mute timing",
  collection: "/api/v1/provisioning/mute-timings",
  answer: z.looseObject({ ...NAMED, time_intervals: z.array(z.looseObject({})).nullish() }),
  contentOf: ({ time_intervals: intervals }): Pick<MuteTiming, "time_intervals"> => ({
    time_intervals: intervals ?? [],
  }),
  bodyOf: (name, content) => ({ name, ...content }),
  createdBy: "POST",
});

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

  list: timings.list,
  find: timings.find,

  desired: ({ resource }, live) => withProvenance(canonical(resource.time_intervals), live, live?.wantedProvenance),
  observed: (live) => withProvenance(canonical(live.content.time_intervals), live, live.provenance),

  write: (context, write) => {
    const { time_intervals } = write.desired.resource;
    return timings.write(context, write, { time_intervals });
  },
  remove: timings.remove,
  rollback: timings.rollback,

  checks: timings.checks,
  comparison: { content: withoutProvenance, differences: (before, after) => diff(before, after, MUTE_TIMING) },
  existing: {
    async create(client, name) {
      await timings.api.create(client, { body: { name, time_intervals: [] } });
    },
  },
  foreign: {
    provisioned: {
      property: "muteTimes",
      read: ({ name, time_intervals: intervals }) => timingOf(name, intervals),
    },
    manifests: [
      {
        group: "notifications.alerting.grafana.app",
        kind: "TimeInterval",
        read: ({ spec: { name, time_intervals: intervals } }) => timingOf(name, intervals),
      },
    ],
    terraform: { grafana_mute_timing: (attribute) => attribute("name") },
  },
  lint: { linted: () => ({}), unusedRule: "mute-timing-unused" },
  source: {
    directory: "alerts",
    file: "mute-timings",
    write: ({ id, content }, { own }) =>
      call(
        own("muteTiming", muteTiming),
        objectOf({
          name: valueOf(id),
          time_intervals: fromJson(canonical(content.time_intervals)["time_intervals"] ?? []),
        }),
      ),
  },
  view: {
    section: { title: "Who is notified", rank: 320 },
    risks: { update: "changes when notifications are muted" },
    facts: (form) =>
      objectsOf(form["time_intervals"]).map((one) => [intervalText(one), textOf(one["location"] ?? "UTC")].join(", ")),
  },
  writing: { queue: NOTIFICATIONS },
};

function timingOf(name: Json | undefined, intervals: Json | undefined): { value: object } {
  return { value: { kind: "mute-timing", name: textOf(name), time_intervals: objectsOf(intervals) } };
}

function canonical(intervals: readonly TimeInterval[]): JsonObject {
  return { time_intervals: intervals.map((interval) => toJson(canonicalTimeInterval(interval)) as JsonObject) };
}

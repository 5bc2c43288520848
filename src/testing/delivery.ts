import { z } from "zod";
import { namedTreesOf, TREE_LABEL, treeIn } from "../kinds/alerting/routing-tree.ts";
import { jsonObject } from "../kinds/alerting/rule.ts";
import type { TimeInterval } from "../kinds/alerting/time-interval.ts";
import { ask } from "../grafana/ask.ts";
import type { GrafanaConnection } from "../grafana/connection.ts";
import { InvalidCodeError } from "../util/errors.ts";
import { textOf, type JsonObject } from "../util/json.ts";
import type { Labels } from "./matching.ts";
import { placed, type PlacedPolicy } from "./policy-tree.ts";
import { matchingPolicies } from "./routes.ts";
import { containsTime } from "./time-intervals.ts";

/** A contact point that an alert reaches, and the mute timings that keep it from being notified. */
export interface Delivered {
  readonly name: string;
  readonly mutedBy: readonly string[];
}

/** Where a Grafana sends alerts at one time, as its stored policies and mute timings say. */
export interface Delivery {
  /**
   * `settings`: `notification_settings` of the rule. Undefined: the policy tree of the alert is unknown, or another client has stored
   * a matcher that this tool can't evaluate.
   */
  reached(labels: Labels, settings?: JsonObject): Delivered[] | undefined;
}

const Tree = z.looseObject({ receiver: z.string() });
const Timings = z.array(
  z.looseObject({ name: z.string(), time_intervals: z.array(z.looseObject({})).nullish() }).transform((timing) => ({
    name: timing.name,
    intervals: (timing.time_intervals ?? []) as readonly TimeInterval[],
  })),
);

/** Reads the policies and mute timings of a Grafana. `at`: the time, in milliseconds. */
export async function readDelivery(grafana: GrafanaConnection, at: number): Promise<Delivery> {
  const { client } = grafana;
  const [tree, timings, named] = await Promise.all([
    ask(client, { method: "GET", path: "/api/v1/provisioning/policies" }, Tree),
    ask(client, { method: "GET", path: "/api/v1/provisioning/mute-timings" }, Timings),
    namedTreesOf(grafana).then((trees) => trees?.list({ metadataOnly: false }) ?? []),
  ]);
  const trees = new Map<string, PlacedPolicy>(named.map((one) => [one.metadata.name, placed(treeIn(one), "")]));
  const root = placed(jsonObject(tree), "");
  const active = new Map(
    timings.map(({ name, intervals }) => [name, intervals.some((interval) => containsTime(interval, at))]),
  );
  const mutedBy = (route: JsonObject) => {
    const muting = namesIn(route, "mute_time_intervals").filter((name) => active.get(name) === true);
    const only = namesIn(route, "active_time_intervals");
    const isActive = only.length === 0 || only.some((name) => active.get(name) === true);
    return [...muting, ...(isActive ? [] : only)];
  };
  return {
    reached(labels, settings) {
      if (settings) return [{ name: textOf(settings["receiver"]), mutedBy: mutedBy(settings) }];
      const name = labels[TREE_LABEL];
      const own = name === undefined ? root : trees.get(name);
      if (!own) return undefined;
      try {
        return matchingPolicies(own, labels).map(({ policy, own: { receiver } }) => ({
          name: receiver,
          mutedBy: mutedBy(policy.route),
        }));
      } catch (error) {
        if (error instanceof InvalidCodeError) return undefined;
        throw error;
      }
    },
  };
}

function namesIn(route: JsonObject, field: string): string[] {
  const names = route[field];
  return Array.isArray(names) ? names.map(textOf) : [];
}

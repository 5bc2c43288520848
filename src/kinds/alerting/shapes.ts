import type { ListShape, Shape } from "../../engine/shape.ts";
import { isObject, textOf, type Json, type JsonObject } from "../../util/json.ts";
import { canonicalDuration } from "../../util/duration.ts";
import { ruleText } from "./condition.ts";
import { limitText } from "./limits.ts";

const whole = (item: JsonObject): Json => item;
/** Other items are compared by position. */
const rest = (): Json => true;
const quoted = (value: Json | undefined) => `"${textOf(value)}"`;

/** Identifies rules by uid and queries by refId, and shows thresholds and times in a readable form. */
export const RULE_GROUP: Shape = {
  silent: ["model"],
  lists: {
    rules: {
      by: [({ uid }) => uid, ({ title }) => title],
      key: "uid",
      many: "rules",
      label: ({ title }) => `rule ${quoted(title)}`,
      show: ruleText,
      short: ({ title }) => textOf(title),
    },
    "rules.data": {
      by: [({ refId }) => refId],
      key: "refId",
      many: "queries",
      label: ({ refId }) => `query ${textOf(refId)}`,
    },
    "model.conditions": { by: [whole, rest], label: () => "condition" },
  },
  values: {
    interval: { show: durationText },
    labels: { absent: {} },
    annotations: { absent: {} },
    notification_settings: {
      show: (settings) => (isObject(settings) ? `to ${quoted(settings["receiver"])}` : textOf(settings)),
    },
    "rules.title": { meaning: () => "renamed" },
    "data.refId": { meaning: () => "renamed" },
    "data.relativeTimeRange": { whole: true, label: "time range", show: timeRangeText },
    "conditions.evaluator": { whole: true, label: "threshold", show: evaluatorText },
  },
};

export const CONTACT_POINT: Shape = {
  silent: ["settings"],
  lists: {
    integrations: {
      by: [({ uid }) => uid],
      key: "uid",
      label: ({ type, uid }) => `${textOf(type)} integration ${quoted(uid)}`,
      unordered: () => true,
    },
  },
};

/** How child policies are identified. */
export const ROUTES: ListShape = {
  by: [
    whole,
    ({ object_matchers: matchers = [], receiver = "" }) => [matchers, receiver],
    ({ object_matchers: matchers = [] }) => matchers,
    ({ object_matchers: _, ...others }) => others,
    ({ receiver }) => receiver,
  ],
  key: "object_matchers",
  many: "policies",
  label: (route) => `policy ${routeText(route)}`,
  short: routeText,
};

/** Identifies policies by their matchers and receiver. */
export const NOTIFICATION_POLICY: Shape = {
  lists: { routes: ROUTES },
  values: {
    object_matchers: { whole: true, label: "matchers", show: (matchers) => quoted(matchersText(matchers)) },
  },
};

export const MUTE_TIMING: Shape = {
  lists: {
    time_intervals: {
      by: [whole, rest],
      many: "intervals",
      short: intervalText,
      label: (interval) => `interval "${intervalText(interval)}"`,
    },
  },
  values: {
    "time_intervals.times": { whole: true, show: timesText },
  },
};

/** `5m` for 300 seconds. */
function durationText(seconds: Json): string {
  return typeof seconds === "number" ? canonicalDuration(`${seconds}s`) : textOf(seconds);
}

/** `last 10m`, `1h to 10m ago` */
function timeRangeText(range: Json): string {
  if (!isObject(range)) return textOf(range);
  const [from, to] = [durationText(range["from"] ?? 0), durationText(range["to"] ?? 0)];
  return to === "0s" ? `last ${from}` : `${from} to ${to} ago`;
}

/** `above 0.05`, `outside 1 to 5` */
function evaluatorText(evaluator: Json): string {
  return limitText(evaluator, textOf);
}

function routeText({ object_matchers: matchers, receiver }: JsonObject): string {
  if (matchers !== undefined) return quoted(matchersText(matchers));
  return receiver === undefined ? "of every alert" : `of every alert, to ${quoted(receiver)}`;
}

/** `severity=critical, env=~prod.*` */
export function matchersText(matchers: Json): string {
  const list = Array.isArray(matchers) ? matchers : [];
  return list.map((matcher) => (Array.isArray(matcher) ? matcher.map(textOf).join("") : textOf(matcher))).join(", ");
}

export function intervalText(interval: JsonObject): string {
  const lists = ["weekdays", "days_of_month", "months", "years"].map((key) => interval[key]);
  const parts = lists.flatMap((list) => (Array.isArray(list) ? [list.map(textOf).join(", ")] : []));
  const times = interval["times"] === undefined ? [] : [timesText(interval["times"])];
  return [...parts, ...times].join(", ") || "always";
}

/** `18:00-24:00` */
function timesText(times: Json): string {
  const list = Array.isArray(times) ? times.filter(isObject) : [];
  return list.map(({ start_time: from, end_time: to }) => `${textOf(from)}-${textOf(to)}`).join(", ");
}

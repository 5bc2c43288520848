import type { NoSource, SourceContext, SourceFacet } from "../../engine/source.ts";
import { call, fromJson, listOf, objectOf, property, valueOf, type Expression } from "../../import/code/expression.ts";
import { textOf, type Json, type JsonObject } from "../../util/json.ts";
import { canonicalRoute } from "../alerting/route.ts";
import { objectsOf } from "../alerting/rule.ts";
import { existing } from "../existing.ts";
import { notificationPolicy } from "./builder.ts";
import type { LivePolicy } from "./live.ts";
import { TreeName } from "./schema.ts";

export const source: SourceFacet<LivePolicy> = {
  directory: "alerts",
  file: "notification-policies",
  write,
};

function write({ name, tree }: LivePolicy, context: SourceContext): Expression | NoSource {
  if (name !== undefined && !TreeName.safeParse(name).success)
    return { left: `notificationPolicy() can't have the name "${name}"` };
  return call(
    context.own("notificationPolicy", notificationPolicy),
    routeExpression(canonicalRoute(tree), context, name === undefined ? {} : { name: valueOf(name) }),
  );
}

function routeExpression(
  route: JsonObject,
  context: SourceContext,
  more: Readonly<Record<string, Expression>> = {},
): Expression {
  const { receiver, mute_time_intervals: mute, active_time_intervals: active, routes, ...rest } = route;
  const timings = (names: Json | undefined) =>
    Array.isArray(names) ? listOf(names.map((name) => named("mute-timing", "muteTiming", name, context))) : undefined;
  return objectOf({
    ...more,
    receiver: receiver === undefined ? undefined : named("contact-point", "contactPoint", receiver, context),
    ...Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, fromJson(value)])),
    mute_time_intervals: timings(mute),
    active_time_intervals: timings(active),
    routes: routes === undefined ? undefined : listOf(objectsOf(routes).map((one) => routeExpression(one, context))),
  });
}

/** A receiver without integrations exists, but is not listed. */
function named(kind: string, method: string, name: Json, context: SourceContext): Expression {
  const known = context.refer(kind, textOf(name));
  return known ?? call(property(context.own("existing", existing), method), valueOf(name));
}

import { z } from "zod";
import { parseDuration } from "../../util/duration.ts";
import { DEFAULT_TREE } from "../alerting/routing-tree.ts";
import { NamedReference } from "../reference.ts";
import { ID } from "./live.ts";

const Duration = (what: string, zero: boolean) =>
  z.string().refine(
    (text) => {
      const milliseconds = parseDuration(text);
      return milliseconds !== undefined && (zero || milliseconds > 0);
    },
    `${what} must be a duration${zero ? "" : " above zero"} such as 30s, 5m or 4h`,
  );

const common = {
  group_by: z.array(z.string().min(1)).exactOptional(),
  group_wait: Duration("group_wait", true).exactOptional(),
  group_interval: Duration("group_interval", false).exactOptional(),
  repeat_interval: Duration("repeat_interval", false).exactOptional(),
  provenance: z.string().exactOptional(),
};

// The SDK's builders refer to receivers and mute timings by name, and have four notations for matchers.
export const RouteSchema: z.ZodType = z.strictObject({
  ...common,
  receiver: NamedReference("contact-point").exactOptional(),
  object_matchers: z.array(z.tuple([z.string().min(1), z.enum(["=", "!=", "=~", "!~"]), z.string()])).exactOptional(),
  matchers: z.array(z.looseObject({})).exactOptional(),
  match: z.record(z.string(), z.string()).exactOptional(),
  match_re: z.record(z.string(), z.string()).exactOptional(),
  continue: z.boolean().exactOptional(),
  mute_time_intervals: z.array(NamedReference("mute-timing")).exactOptional(),
  active_time_intervals: z.array(NamedReference("mute-timing")).exactOptional(),
  routes: z.lazy(() => z.array(RouteSchema)).exactOptional(),
});

/** `user-defined` is Grafana's name of the default tree, and `default` is its name in addresses. */
export const TreeName = z
  .string()
  .max(63, "must have at most 63 characters")
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "must begin with a letter or digit and consist of letters, digits, ., _ and -")
  .refine((name) => name !== DEFAULT_TREE && name !== ID, "is a name of the default tree; omit it to manage that one");

export const PolicySchema = z.strictObject({
  ...common,
  kind: z.literal("notification-policy"),
  name: TreeName.exactOptional(),
  receiver: NamedReference("contact-point"),
  routes: z.array(RouteSchema).exactOptional(),
});

import { z } from "zod";
import { parseDuration } from "../../util/duration.ts";
import { NamedReference, ResourceReference, Uid } from "../reference.ts";

const RuleDuration = z
  .string()
  .refine((text) => text === "" || parseDuration(text) !== undefined, "must be a duration such as 30s, 5m or 1d");

const SettingsDuration = (least: number) =>
  z
    .string()
    .refine(
      (text) => (parseDuration(text) ?? -1) >= least,
      `must be a duration${least > 0 ? " above zero" : ""} such as 30s, 5m or 4h`,
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
    title: z.string().trim().min(1, "must not be empty").max(190, "must have at most 190 characters"),
    uid: Uid.exactOptional(),
    data: z
      .array(
        z.strictObject({
          refId: z.string().min(1, "must not be empty; use a refId such as A"),
          datasource: ResourceReference("datasource").exactOptional(),
          datasourceUid: z.string().exactOptional(),
          relativeTimeRange: z
            .looseObject({ from: z.number().exactOptional(), to: z.number().exactOptional() })
            .exactOptional(),
          queryType: z.string().exactOptional(),
          model: z.looseObject({}),
        }),
      )
      .min(1, "must contain at least one query"),
    condition: z.string().exactOptional(),
    for: RuleDuration.exactOptional(),
    keep_firing_for: RuleDuration.exactOptional(),
    noDataState: z.enum(["NoData", "Alerting", "OK", "KeepLast"]).exactOptional(),
    execErrState: z.enum(["Error", "Alerting", "OK", "KeepLast"]).exactOptional(),
    missingSeriesEvalsToResolve: z.number().int().positive().exactOptional(),
    labels: z.record(z.string(), z.string()).exactOptional(),
    annotations: z.record(z.string(), z.string()).exactOptional(),
    isPaused: z.boolean().exactOptional(),
    panel: z
      .strictObject({
        dashboard: ResourceReference("dashboard"),
        panel: z.union([z.string().min(1), z.number().int().positive()], "must be the title or the id of a panel"),
      })
      .exactOptional(),
    notificationPolicy: ResourceReference("notification-policy")
      .refine((policy) => "name" in policy, "must be a tree with a name; omit it for the default tree")
      .exactOptional(),
    notification_settings: Settings.exactOptional(),
    record: z
      .strictObject({
        metric: z.string().min(1),
        from: z.string().min(1),
        target_datasource_uid: z.string().exactOptional(),
      })
      .exactOptional(),
    // The SDK's builders set these fields, which the group determines.
    id: z.number().exactOptional(),
    orgID: z.number().exactOptional(),
    folderUID: z.string().exactOptional(),
    ruleGroup: z.string().exactOptional(),
    provenance: z.string().exactOptional(),
    updated: z.string().exactOptional(),
  })
  .refine((rule) => rule.record !== undefined || rule.condition, {
    path: ["condition"],
    message: "an alert rule requires a condition: the refId of the query or expression that fires",
  });

export const RuleGroupSchema = z.strictObject({
  kind: z.literal("rule-group"),
  folder: ResourceReference("folder"),
  title: z.string().trim().min(1, "must not be empty").max(190, "must have at most 190 characters"),
  interval: z
    .number()
    .int()
    .positive("must be above zero")
    .multipleOf(10, "must be a multiple of 10 seconds, Grafana's evaluation interval"),
  rules: z.array(Rule).min(1, "must contain at least one rule; otherwise omit the group"),
});

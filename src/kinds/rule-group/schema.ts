import { z } from "zod";
import { parseDuration } from "../../util/duration.ts";
import { NamedReference, ResourceReference, Uid } from "../reference.ts";

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

export const RuleGroupSchema = z.strictObject({
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

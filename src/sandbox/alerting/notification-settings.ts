import type { JsonObject } from "../json.ts";
import { formatDuration } from "./durations.ts";
import type { GoObject } from "./go-object.ts";
import { invalidRule } from "./rule-error.ts";

/** Notification settings of a rule, which bypass the notification policies. */
export interface NotificationSettings {
  readonly receiver: string;
  readonly groupBy: readonly string[];
  readonly groupWait: number | undefined;
  readonly groupInterval: number | undefined;
  readonly repeatInterval: number | undefined;
  readonly muteTimeIntervals: readonly string[];
  readonly activeTimeIntervals: readonly string[];
}

/** Names that the settings can refer to. */
export interface NotificationReferences {
  readonly receivers: ReadonlySet<string>;
  readonly timeIntervals: ReadonlySet<string>;
}

/** Parses the settings of a request. */
export function readNotificationSettings(settings: GoObject | undefined): NotificationSettings | undefined {
  if (settings === undefined) return undefined;
  return {
    receiver: settings.text("receiver"),
    groupBy: settings.texts("group_by") ?? [],
    groupWait: settings.optionalDuration("group_wait"),
    groupInterval: settings.optionalDuration("group_interval"),
    repeatInterval: settings.optionalDuration("repeat_interval"),
    muteTimeIntervals: settings.texts("mute_time_intervals") ?? [],
    activeTimeIntervals: settings.texts("active_time_intervals") ?? [],
  };
}

/** The settings in the API's form, without empty fields. */
export function notificationSettingsForm(settings: NotificationSettings | undefined): JsonObject | undefined {
  if (settings === undefined) return undefined;
  return {
    receiver: settings.receiver,
    ...listForm("group_by", settings.groupBy),
    ...durationForm("group_wait", settings.groupWait),
    ...durationForm("group_interval", settings.groupInterval),
    ...durationForm("repeat_interval", settings.repeatInterval),
    ...listForm("mute_time_intervals", settings.muteTimeIntervals),
    ...listForm("active_time_intervals", settings.activeTimeIntervals),
  };
}

/** Rejects settings without a receiver, with an interval of zero or with unknown references. */
export function validateNotificationSettings(
  settings: NotificationSettings,
  { receivers, timeIntervals }: NotificationReferences,
): void {
  const { receiver, groupInterval, repeatInterval } = settings;
  if (receiver === "") throw invalidRule("receiver must be specified");
  if (groupInterval === 0) throw invalidRule("group interval must be greater than zero");
  if (repeatInterval === 0) throw invalidRule("repeat interval must be greater than zero");
  if (!receivers.has(receiver)) throw invalidRule(`receiver ${receiver} does not exist`);
  for (const name of [...settings.muteTimeIntervals, ...settings.activeTimeIntervals]) {
    if (!timeIntervals.has(name)) throw invalidRule(`time interval ${name} does not exist`);
  }
}

/** A list field, omitted if empty. */
export function listForm(field: string, values: readonly string[]): JsonObject {
  return values.length === 0 ? {} : { [field]: [...values] };
}

/** A duration field, omitted if undefined. */
export function durationForm(field: string, milliseconds: number | undefined): JsonObject {
  return milliseconds === undefined ? {} : { [field]: formatDuration(milliseconds) };
}

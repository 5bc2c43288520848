import { notificationPolicy } from "grafana-provision";
import { email, slack, webhook } from "./contact-points.ts";
import { afterHours, weekends } from "./mute-timings.ts";

// An alert goes to the first policy that matches and, if that policy has `continue`, to the next one that matches.
// Grafana has one tree for the whole organization, so it must also contain the policies of other teams.

export default notificationPolicy({
  // Never used, because the first policy matches all alerts, but Grafana requires a receiver here.
  receiver: webhook,
  // One message for all alerts of a rule.
  group_by: ["grafana_folder", "alertname"],

  routes: [
    {
      receiver: webhook,
      continue: true,
      // The backend receives each alert separately and immediately, and needs no reminders.
      group_by: ["..."],
      group_wait: "0s",
      group_interval: "1m",
      repeat_interval: "1d",
    },
    {
      // Never muted.
      receiver: email,
      object_matchers: [["severity", "=", "critical"]],
      // Long enough to group alerts that fire at the same time.
      group_wait: "10s",
      group_interval: "5m",
      // Repeats until the alert is silenced or resolved.
      repeat_interval: "1h",
      continue: true,
    },
    {
      // The second contact point: the first message about a group waits, and is not sent if the alert is resolved by then.
      receiver: slack,
      object_matchers: [["severity", "=", "critical"]],
      group_wait: "30m",
      group_interval: "30m",
      repeat_interval: "4h",
    },
    {
      receiver: slack,
      object_matchers: [["severity", "=", "warning"]],
      // Alerts that still fire when the mute timing ends are sent then.
      mute_time_intervals: [weekends, afterHours],
      group_wait: "1m",
      group_interval: "15m",
      // Once per working day.
      repeat_interval: "12h",
    },
    {
      // Catches alerts without a valid severity, so that the mistake is noticed.
      receiver: slack,
      group_wait: "1m",
      group_interval: "15m",
      repeat_interval: "12h",
    },
  ],
});

import { notificationPolicy } from "grafana-provision";
import { email, slack, webhook } from "./contact-points.ts";
import { afterHours, weekends } from "./mute-timings.ts";

// Read from top to bottom: an alert goes to the first policy that matches, and on to the next where it says `continue`.
// Grafana has one tree for the whole organization: other teams' policies belong in here, too.

export default notificationPolicy({
  // Nothing gets as far as this: the first policy takes everything. Grafana wants a receiver here all the same.
  receiver: webhook,
  // One message for each rule, however many alerts it has. A Prometheus that is down makes an error of every rule, all of
  // them named DatasourceError: one message as well.
  group_by: ["grafana_folder", "alertname"],

  routes: [
    {
      receiver: webhook,
      continue: true,
      // A program wants every alert, by itself and at once; it forgets none, and needs no reminder.
      group_by: ["..."],
      group_wait: "0s",
      group_interval: "1m",
      repeat_interval: "1d",
    },
    {
      // Never muted: somebody is woken.
      receiver: email,
      object_matchers: [["severity", "=", "critical"]],
      // Just enough for what fails together to be in one message.
      group_wait: "10s",
      group_interval: "5m",
      // Until somebody silences it, or it is over.
      repeat_interval: "1h",
    },
    {
      receiver: slack,
      object_matchers: [["severity", "=", "warning"]],
      // What is muted is not lost: what still holds in the morning is sent then.
      mute_time_intervals: [weekends, afterHours],
      group_wait: "1m",
      group_interval: "15m",
      // Once a working day.
      repeat_interval: "12h",
    },
    {
      // A rule without a severity, or with another one, is a mistake: seen here, it is corrected.
      receiver: slack,
      group_wait: "1m",
      group_interval: "15m",
      repeat_interval: "12h",
    },
  ],
});

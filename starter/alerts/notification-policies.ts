import { notificationPolicy } from "grafana-provision";
import { email } from "./contact-points.ts";
import { weekends } from "./mute-timings.ts";

// Grafana has one tree for the whole organisation. Where yours has one already, it is left as it is until you take it
// over with `--adopt notification-policy/default`: write what it says in here before you do, or delete this file.

export default notificationPolicy({
  receiver: email,
  group_by: ["grafana_folder", "alertname"],
  routes: [
    {
      receiver: email,
      object_matchers: [["severity", "=", "critical"]],
      group_wait: "10s",
      repeat_interval: "1h",
    },
    {
      receiver: email,
      object_matchers: [["severity", "=", "warning"]],
      // What is muted is not lost: what still holds on Monday is sent then.
      mute_time_intervals: [weekends],
      repeat_interval: "12h",
    },
  ],
});

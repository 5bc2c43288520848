import { notificationPolicy } from "grafana-provision";
import { email } from "./contact-points.ts";
import { weekends } from "./mute-timings.ts";

// A Grafana organization has one policy tree. If yours is already configured, it is not changed until you adopt it with
// `--adopt notification-policy/default`. Before that, copy its policies to this file, or delete this file.

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
      // Alerts that are still firing on Monday are sent then.
      mute_time_intervals: [weekends],
      repeat_interval: "12h",
    },
  ],
});

import { muteTiming } from "grafana-provision";

export const weekends = muteTiming({
  name: "my-team weekends",
  // A location such as Europe/Berlin knows daylight saving time as well.
  time_intervals: [{ weekdays: ["saturday", "sunday"], location: "UTC" }],
});

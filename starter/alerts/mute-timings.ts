import { muteTiming } from "grafana-provision";

export const weekends = muteTiming({
  name: "my-team weekends",
  // For local time, use a location such as Europe/Berlin.
  time_intervals: [{ weekdays: ["saturday", "sunday"], location: "UTC" }],
});

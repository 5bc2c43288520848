import { muteTiming } from "grafana-provision";

/** Where the team's evenings are: a name such as Europe/Berlin, which knows daylight saving time as well. */
const location = "UTC";

export const weekends = muteTiming({
  name: "weekends",
  time_intervals: [{ weekdays: ["saturday", "sunday"], location }],
});

export const afterHours = muteTiming({
  name: "after-hours",
  time_intervals: [
    {
      weekdays: ["monday:friday"],
      // A time over midnight is two.
      times: [
        { start_time: "18:00", end_time: "24:00" },
        { start_time: "00:00", end_time: "08:00" },
      ],
      location,
    },
  ],
});

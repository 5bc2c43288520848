import { muteTiming } from "grafana-provision";

/** The team's time zone. A name such as Europe/Berlin includes daylight saving time. */
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
      // A range across midnight requires two entries.
      times: [
        { start_time: "18:00", end_time: "24:00" },
        { start_time: "00:00", end_time: "08:00" },
      ],
      location,
    },
  ],
});

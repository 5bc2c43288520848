import type { MuteTiming as SdkMuteTiming } from "@grafana/grafana-foundation-sdk/alerting";
import type { TimeInterval } from "./time-interval.ts";

const WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

interface SdkRange {
  readonly begin?: number;
  readonly end?: number;
}

/** Converts ranges of the SDK's builders, which are numbers, to text, which the provisioning API requires. */
export function fromSdkMuteTiming(timing: SdkMuteTiming): { name: string; time_intervals: TimeInterval[] } {
  return {
    name: timing.name ?? "",
    time_intervals: (timing.time_intervals ?? []).map((interval) => {
      const { times, weekdays, days_of_month, months, years, location } = interval;
      return {
        ...(times ? { times: times.map(({ from = "", to = "" }) => ({ start_time: from, end_time: to })) } : {}),
        ...(weekdays ? { weekdays: weekdays.map((range) => text(range, (day) => WEEKDAYS[day] ?? String(day))) } : {}),
        ...(days_of_month ? { days_of_month: days_of_month.map((range) => text(range, String)) } : {}),
        ...(months ? { months: months.map((range) => text(range, String)) } : {}),
        ...(years ? { years: years.map((range) => text(range, String)) } : {}),
        ...(location ? { location } : {}),
        // The schema checks the strings.
      } as TimeInterval;
    }),
  };
}

function text({ begin = 0, end = begin }: SdkRange, write: (value: number) => string): string {
  return begin === end ? write(begin) : `${write(begin)}:${write(end)}`;
}

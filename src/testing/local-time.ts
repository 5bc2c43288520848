/** A time as clocks in a time zone show it. */
export interface LocalTime {
  readonly year: number;
  /** 1 to 12 */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** 0 is Sunday. */
  readonly weekday: number;
}

const DAY = 24 * 3600_000;

/** `instant` in milliseconds. */
export function localTime(instant: number, zone: string): LocalTime {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = FIELDS.map((field) => parts.get(field));
  const weekday = new Date(Date.UTC(year, month - 1, day)).getUTCDay();
  return { year, month, day, hour, minute, second, weekday };
}

const FIELDS = ["year", "month", "day", "hour", "minute", "second"] as const;

/** Creating a format takes longer than using it. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const format = new Intl.DateTimeFormat("en-US", {
    // Local: the time zone of the machine.
    ...(zone === "Local" ? {} : { timeZone: zone }),
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  formats.set(zone, format);
  return format;
}

/**
 * The number of days in the month of an instant, as Alertmanager computes it: from the hours between the beginnings of two
 * months, rounded down. So a month in which clocks are set forward has a day less.
 */
export function daysInMonth(instant: number, zone: string): number {
  const { year, month } = localTime(instant, zone);
  const start = instantOf(Date.UTC(year, month - 1, 1), zone);
  const first = localTime(start, zone);
  const next = Date.UTC(first.year, first.month, first.day, first.hour, first.minute, first.second);
  return Math.floor((instantOf(next, zone) - start) / DAY);
}

/** The instant at which clocks show a time, which is given as if it were in UTC. */
function instantOf(clock: number, zone: string): number {
  return clock - offset(clock - offset(clock, zone), zone);
}

function offset(instant: number, zone: string): number {
  const { year, month, day, hour, minute, second } = localTime(instant, zone);
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(instant / 1000) * 1000;
}

/** When a mute timing applies, in the notation of Grafana's provisioning API. A time is in the interval if it matches every field that is set. A time matches a field if it matches at least one of the field's values. */
export interface TimeInterval {
  /** Times of the day: `{ start_time: "18:00", end_time: "24:00" }`. The end is exclusive. */
  readonly times?: readonly { readonly start_time: Time; readonly end_time: Time }[];
  /** Days of the week: `monday`, `monday:friday`. Weeks begin on Sunday, so a range can't extend beyond Saturday. */
  readonly weekdays?: readonly (Weekday | WeekdayRange)[];
  /** Days of the month: `1`, `1:7`, or `-3:-1` for the last three days. */
  readonly days_of_month?: readonly (`${number}` | `${number}:${number}`)[];
  /** Months, by name or number: `january`, `1`, `january:march`. */
  readonly months?: readonly (Month | `${Month}:${Month}`)[];
  /** Years: `2026`, `2026:2028`. */
  readonly years?: readonly (`${number}` | `${number}:${number}`)[];
  /** A name of the IANA time zone database, such as `Europe/Berlin`. Default: UTC. */
  readonly location?: string;
}

type Time = `${number}:${number}`;
type Weekday = (typeof WEEKDAYS)[number];
type WeekdayRange = RangeOf<typeof WEEKDAYS>;
/** `first:last` of these names, where `last` is not before `first`. */
type RangeOf<Names extends readonly string[]> = Names extends readonly [
  infer First extends string,
  ...infer Rest extends readonly string[],
]
  ? `${First}:${First | Rest[number]}` | RangeOf<Rest>
  : never;
type Month = (typeof MONTHS)[number] | `${number}`;

/** The same with any strings, as the SDK's builders and JavaScript can contain. */
export interface TimeIntervalText {
  readonly times?: readonly { readonly start_time: string; readonly end_time: string }[];
  readonly weekdays?: readonly string[];
  readonly days_of_month?: readonly string[];
  readonly months?: readonly string[];
  readonly years?: readonly string[];
  readonly location?: string;
}

/** From Sunday, as in Alertmanager. */
export const WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] as const;
const MONTHS = [
  "january",
  "february",
  "march",
  "april",
  "may",
  "june",
  "july",
  "august",
  "september",
  "october",
  "november",
  "december",
] as const;

type Range = { readonly from: number; readonly to: number } | { readonly problem: string };

/** Fields with ranges, and how their values are parsed and formatted. */
const RANGES = {
  weekdays: {
    read: (text: string) => named(text, WEEKDAYS, 0),
    write: (value: number) => WEEKDAYS[value] ?? "",
    what: "weekday",
  },
  days_of_month: { read: dayOfMonth, write: String, what: "day of the month" },
  months: { read: (text: string) => named(text, MONTHS, 1) ?? numbered(text, 1, 12), write: String, what: "month" },
  years: { read: (text: string) => numbered(text, 1, 9999), write: String, what: "year" },
} as const;

type RangeField = keyof typeof RANGES;

const RANGE_FIELDS = Object.keys(RANGES) as RangeField[];

/** Faults of a time interval with their paths. Grafana only returns "bad request data". */
export function timeIntervalFaults(interval: TimeIntervalText): { path: string; message: string }[] {
  const ranges = RANGE_FIELDS.flatMap((field) =>
    (interval[field] ?? []).flatMap((text, index) => {
      const range = rangeOf(field, text);
      return "problem" in range ? [{ path: `${field}[${index}]`, message: range.problem }] : [];
    }),
  );
  const times = (interval.times ?? []).flatMap(({ start_time: start, end_time: end }, index) => {
    const path = `times[${index}]`;
    if (!isTime(start))
      return [
        {
          path: `${path}.start_time`,
          message: `"${start}" is not a valid time; use a form such as 08:00, at most 24:00`,
        },
      ];
    if (!isTime(end))
      return [
        { path: `${path}.end_time`, message: `"${end}" is not a valid time; use a form such as 18:00, at most 24:00` },
      ];
    if (start < end) return [];
    return [
      {
        path,
        message: `${start} is not before ${end}; for a time across midnight, use two ranges, until 24:00 and from 00:00`,
      },
    ];
  });
  const { location } = interval;
  const zone =
    location === undefined || isTimeZone(location)
      ? []
      : [{ path: "location", message: `unknown time zone "${location}"` }];
  return [...ranges, ...times, ...zone];
}

/** The form in which Grafana returns an interval: months as numbers, and a range of one value as that value. */
export function canonicalTimeInterval(interval: TimeIntervalText): Record<string, unknown> {
  const form: Record<string, unknown> = {};
  if (interval.times?.length)
    form["times"] = interval.times.map(({ start_time, end_time }) => ({ start_time, end_time }));
  for (const field of RANGE_FIELDS) {
    const ranges = interval[field];
    if (ranges?.length) form[field] = ranges.map((text) => canonicalRange(field, text));
  }
  if (interval.location) form["location"] = interval.location;
  return form;
}

function canonicalRange(field: RangeField, text: string): string {
  const range = rangeOf(field, text);
  if ("problem" in range) return text;
  const { write } = RANGES[field];
  return range.from === range.to ? write(range.from) : `${write(range.from)}:${write(range.to)}`;
}

function rangeOf(field: RangeField, text: string): Range {
  const { read, what } = RANGES[field];
  const parts = text.toLowerCase().split(":");
  const [from, to] = [read(parts[0] ?? ""), read(parts.at(-1) ?? "")];
  if (from === undefined || to === undefined || parts.length > 2)
    return { problem: `"${text}" is not a valid ${what} or range` };
  if (field === "days_of_month" && from < 0 && to > 0)
    return {
      problem: `"${text}" counts its start from the end of the month and its end from the beginning; use two ranges`,
    };
  if (inFebruary(field, from) > inFebruary(field, to)) {
    const week = field === "weekdays" ? "; weeks begin on Sunday, so use two ranges" : "";
    const month = field === "days_of_month" && to < 0 ? " in a month of 28 days, which Grafana rejects" : "";
    return { problem: `"${text}" ends before it begins${week}${month}` };
  }
  return { from, to };
}

/** Grafana compares days from the end of the month with others as in February, and counts them one day too early. */
function inFebruary(field: RangeField, value: number): number {
  return field === "days_of_month" && value < 0 ? 28 + value : value;
}

function named(text: string, names: readonly string[], first: number): number | undefined {
  const index = names.indexOf(text);
  return index < 0 ? undefined : index + first;
}

function numbered(text: string, least: number, most: number): number | undefined {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : undefined;
}

/** Negative: from the end of the month. There is no day 0. */
function dayOfMonth(text: string): number | undefined {
  const value = /^-?\d+$/.test(text) ? Number(text) : 0;
  return value !== 0 && Math.abs(value) <= 31 ? value : undefined;
}

function isTime(text: string): boolean {
  return /^(([01]\d|2[0-3]):[0-5]\d|24:00)$/.test(text);
}

function isTimeZone(name: string): boolean {
  if (name === "Local" || name === "UTC") return true;
  try {
    const known = new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
    // Node accepts offsets such as +02:00 and lower case, but Grafana looks for a file with the exact name.
    return /^[A-Z]/.test(name) && (known === name || known.toLowerCase() !== name.toLowerCase());
  } catch {
    return false;
  }
}

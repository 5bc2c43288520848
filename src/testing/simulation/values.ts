/** The value of a series at one time: missing, or the text `error` if the query fails then. */
type Sample = number | "error" | undefined;

const NUMBERS: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  inf: Infinity,
  "+inf": Infinity,
  "-inf": -Infinity,
};
const NUMBER = String.raw`(?:[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?|NaN|[-+]?Inf)`;
const TOKEN = new RegExp(
  String.raw`^(?:(?<gap>_|error)|(?<first>${NUMBER})(?<change>[-+](?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)?)(?:x(?<times>\d+))?$`,
  "i",
);

/** Parses values in promtool's notation, such as `0x5 1+2x10 _ error`. Returns the invalid part as a text. */
export function parseValues(text: string): Sample[] | string {
  const samples: Sample[] = [];
  for (const token of text.split(/\s+/).filter(Boolean)) {
    const { gap, first, change, times } = TOKEN.exec(token)?.groups ?? {};
    if (gap !== undefined) {
      const sample = gap === "_" ? undefined : "error";
      samples.push(...Array.from({ length: Number(times ?? 1) }, () => sample));
    } else if (first !== undefined && (change === undefined || times !== undefined)) {
      const start = NUMBERS[first.toLowerCase()] ?? Number(first);
      const step = Number(change ?? 0);
      // As in promtool, the first value is followed by as many others.
      samples.push(...Array.from({ length: Number(times ?? 0) + 1 }, (_, index) => start + index * step));
    } else return token;
  }
  return samples;
}

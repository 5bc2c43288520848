import { countOf } from "../../util/plural.ts";
import { countsOf, linesOf } from "../loki.ts";
import { messageOf } from "../log-message.ts";
import type { Asking, Read, Row, Topic } from "../model.ts";
import { rangeText } from "../prometheus.ts";

/** Lines from which the most frequent messages are taken. */
const SAMPLE = 1000;

/** Ways to find errors: the level that Loki 3 adds, or else words in the line. */
const ERRORS = [
  { filter: '| detected_level=~"error|critical|fatal"', how: "by their level" },
  {
    filter: "|~ `(?i)\\b(error|critical|fatal|panic|exception)\\b`",
    how: "by words such as error, because no line has a level",
  },
];

/** The most frequent errors in log lines. */
export const logs: Topic = {
  id: "logs",
  title: "Errors in logs",
  columns: [
    { key: "source", title: "Source" },
    { key: "message", title: "Message" },
    { key: "lines", title: "Lines" },
  ],
  async find(asking) {
    const found = await asking.loki("log lines of Loki", async (read) => {
      for (const { filter, how } of ERRORS) {
        const query = `${asking.logs} ${filter}`;
        const counts = await countsOf(
          read,
          `sum by (service_name, job) (count_over_time(${query} [${rangeText(asking)}]))`,
          asking.to,
        );
        if (counts.length > 0) return { counts, how, rows: await messagesOf(read, query, asking) };
        if (await haveLevels(read, asking)) break;
      }
      return { counts: [], how: "", rows: [] };
    });
    if (!found) return undefined;
    const { counts, how, rows } = found;
    const total = counts.reduce((sum, { count }) => sum + count, 0);
    const [first] = counts.toSorted((a, b) => b.count - a.count);
    const share = first && total > 0 ? Math.round((first.count / total) * 100) : 0;
    const sampled = total > SAMPLE ? ` The messages are those of the newest ${SAMPLE} lines.` : "";
    return {
      rows,
      attention: false,
      summary:
        total === 0
          ? "No log line is an error."
          : `${countOf(total, "error line")} (found ${how}), ${share} % of them from ${sourceOf(first?.labels ?? {})}.${sampled}`,
    };
  },
};

/** Whether Loki knows the level of lines, so that lines without the level of an error are none. */
async function haveLevels(read: Read, { logs: selector, to }: Asking): Promise<boolean> {
  return (await countsOf(read, `sum(count_over_time(${selector} | detected_level!="" [1h]))`, to)).some(
    ({ count }) => count > 0,
  );
}

async function messagesOf(
  read: Read,
  query: string,
  range: { readonly from: number; readonly to: number },
): Promise<Row[]> {
  const { from, to } = range;
  const counts = new Map<string, { readonly source: string; readonly message: string; lines: number }>();
  for (const { labels, line } of await linesOf(read, query, { from, to, limit: SAMPLE })) {
    const [source, message] = [sourceOf(labels), messageOf(line)];
    const key = JSON.stringify([source, message]);
    const known = counts.get(key);
    if (known) known.lines += 1;
    else counts.set(key, { source, message, lines: 1 });
  }
  return [...counts.values()].toSorted((a, b) => b.lines - a.lines).map((one) => ({ ...one }));
}

function sourceOf(labels: Readonly<Record<string, string>>): string {
  const service = labels["service_name"] ?? "";
  if (service !== "" && service !== "unknown_service") return service;
  return labels["job"] ?? labels["filename"] ?? "";
}

import type { Change } from "../cardinality/history.ts";
import type { Entry, Table } from "../cardinality/model.ts";
import { clean } from "../util/clean.ts";
import { painter, type Output, type Paint } from "./output.ts";
import { tableText } from "./table.ts";

/** A metric, a label or a value, with what uses it. */
export interface ShownEntry extends Entry {
  /** Undefined: unknown. */
  readonly change?: Change;
  /** Addresses of resources, and names of services. Undefined: the code is unknown. */
  readonly usedBy?: readonly string[];
}

/** What a server stores most of, or why it could not be read. */
export type ShownServer = {
  readonly type: "prometheus" | "loki";
  readonly url: string;
} & (
  | { readonly problem: string; readonly hint?: string }
  | ({
      /** The time of the last run, in RFC 3339. */
      readonly since?: string;
      readonly total: number;
      readonly change?: number;
    } & Readonly<Record<Table, readonly ShownEntry[]>>)
);

/** A setting that stops Prometheus from storing metrics that nothing uses. */
export interface DropAdvice {
  readonly jobs: readonly string[];
  readonly metrics: readonly { readonly name: string; readonly series: number }[];
  readonly series: number;
  /** `stack.config.ts`, or the configuration of a Prometheus that is not the stack's. */
  readonly file: string;
  /** The setting to paste. */
  readonly setting: string;
}

export interface CardinalityInput {
  readonly servers: readonly ShownServer[];
  readonly advice: readonly DropAdvice[];
  readonly notes: readonly string[];
}

const TITLES = { prometheus: "Prometheus", loki: "Loki" } as const;
const COUNTED = { prometheus: "series", loki: "streams" } as const;
/** The number of users in a row. */
const MOST_USERS = 2;

/** Tables of each server, what to drop, and notes. */
export function cardinalityText({ servers, advice, notes }: CardinalityInput, output: Output): string {
  const paint = painter(output);
  const blocks = [
    ...servers.map((server) => serverText(server, paint)),
    ...(advice.length > 0 ? [adviceText(advice, paint)] : []),
    ...(notes.length > 0 ? [`${notes.map(clean).join("\n")}\n`] : []),
  ];
  return blocks.join("\n");
}

function serverText(server: ShownServer, paint: Paint): string {
  const name = `${TITLES[server.type]} ${clean(server.url)}`;
  if ("problem" in server) {
    const hint = server.hint === undefined ? "" : `${clean(server.hint)}\n`;
    return `${paint("bold", name)}: ${paint("red", clean(server.problem))}\n${hint}`;
  }
  const counted = COUNTED[server.type];
  const where = server.type === "prometheus" ? "in memory" : "in the last 24 hours";
  const change =
    server.since === undefined || server.change === undefined
      ? ""
      : `, ${signed(server.change)} since ${clean(server.since)}`;
  const head = `${paint("bold", name)}: ${server.total} ${counted} ${where}${change}\n`;
  const tables = (["metrics", "labels", "values"] as const).flatMap((table) =>
    server[table].length === 0 ? [] : [tableText(rowsOf(server, table, paint))],
  );
  return [head, ...tables].join("\n");
}

interface Column {
  readonly title: string;
  readonly cell: (entry: ShownEntry) => string;
}

function rowsOf(
  server: Extract<ShownServer, { readonly total: number }>,
  table: Table,
  paint: Paint,
): readonly string[][] {
  const { type, total } = server;
  const entries = server[table];
  const counted = COUNTED[type].toUpperCase();
  const share = (count: number) => (total === 0 ? "" : `${Math.round((count / total) * 100)} %`);
  const columns: readonly (Column | undefined)[] = [
    { title: { metrics: "METRIC", labels: "LABEL", values: "LABEL" }[table], cell: ({ name }) => clean(name) },
    table === "values" ? { title: "VALUE", cell: ({ value = "" }) => clean(shortened(value)) } : undefined,
    { title: table === "labels" ? "VALUES" : counted, cell: ({ count }) => `${count}` },
    table === "labels" ? undefined : { title: "SHARE", cell: ({ count }) => share(count) },
    table === "labels" && type === "prometheus"
      ? { title: "BYTES", cell: ({ bytes }) => (bytes === undefined ? "" : `${bytes}`) }
      : undefined,
    table === "labels" && type === "loki" ? { title: counted, cell: ({ streams = 0 }) => `${streams}` } : undefined,
    server.since === undefined ? undefined : { title: "CHANGE", cell: ({ change }) => changeText(change) },
    entries.some(({ usedBy }) => usedBy !== undefined)
      ? { title: table === "values" ? "SELECTED BY" : "USED BY", cell: ({ usedBy }) => usersText(usedBy, paint) }
      : undefined,
  ];
  const shown = columns.filter((column) => column !== undefined);
  return [
    shown.map(({ title }) => paint("bold", title)),
    ...entries.map((entry) => shown.map(({ cell }) => cell(entry))),
  ];
}

/** A label value can be as long as a log line. */
function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

function changeText(change: Change | undefined): string {
  if (change === undefined) return "unknown";
  return change.isNew ? "new" : signed(change.change);
}

function signed(number: number): string {
  return number > 0 ? `+${number}` : `${number}`;
}

function usersText(users: readonly string[] | undefined, paint: Paint): string {
  if (users === undefined) return "";
  if (users.length === 0) return paint("dim", "nothing");
  const rest = users.length - MOST_USERS;
  const shown = users.slice(0, MOST_USERS).map(clean).join(", ");
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}

function adviceText(advice: readonly DropAdvice[], paint: Paint): string {
  const { size } = new Set(advice.flatMap((one) => one.metrics.map(({ name }) => name)));
  const series = advice.reduce((sum, one) => sum + one.series, 0);
  const [what, it] =
    size === 1 ? ["1 metric that nothing uses has", "it"] : [`${size} metrics that nothing uses have`, "them"];
  const head = `${what} ${series} series now. To drop ${it}, add:\n`;
  const parts = advice.map(({ jobs, series: own, file, setting }) => {
    const what = `${jobs.length === 1 ? "job" : "jobs"} ${jobs.join(", ")}, ${own} series: in ${file}`;
    const lines = setting.split("\n").map((line) => `  ${clean(line)}`);
    return `${paint("bold", clean(what))}\n${lines.join("\n")}\n`;
  });
  return [head, ...parts].join("\n");
}

import type { Cell, Column, Section, Unit } from "../operations/model.ts";
import { clean } from "../util/clean.ts";
import { countOf } from "../util/plural.ts";
import { timeText } from "./alerts.ts";
import { painter, type Output, type Style } from "./output.ts";
import { tableText } from "./table.ts";

/** The result of `stack:report`. */
export interface StackReportInput {
  /** The name of the stack. */
  readonly title: string;
  /** Milliseconds. */
  readonly from: number;
  readonly to: number;
  /** The servers that were asked. */
  readonly asked: readonly string[];
  readonly sections: readonly Section[];
}

const COLORS: Readonly<Record<Section["state"], Style>> = { ok: "green", attention: "red", unknown: "yellow" };

/** The longest cell of a table in a terminal. */
const WIDTH = 80;

/** A table for each section, with what could not be asked. */
export function stackReportText(report: StackReportInput, output: Output): string {
  const paint = painter(output);
  const blocks = report.sections.map((section) => {
    const { state, title, summary, columns, rows, unasked } = section;
    const head = `${paint("bold", title)}  ${paint(COLORS[state], state)}\n${clean(summary)}\n`;
    const shown = shownColumns(section);
    const table =
      rows.length === 0
        ? ""
        : `\n${tableText([
            shown.map((column) => paint("bold", column.title.toUpperCase())),
            ...rows.map((row) => shown.map((column) => short(clean(cellText(row[column.key], column))))),
          ])}`;
    const missing = unasked.map((what) => `Not known: ${clean(what)}\n`).join("");
    return `${head}${table}${columns.length === 0 ? "" : moreText(section)}${missing}`;
  });
  return `${clean(headline(report))}\n${sourcesText(report)}\n${blocks.join("\n")}\n${clean(conclusion(report))}\n`;
}

/** `toolboxai, 2026-11-23 18:00 UTC to 2026-11-30 18:00 UTC` */
export function headline({ title, from, to }: StackReportInput): string {
  return `${title}, ${timeText(from)} to ${timeText(to)}`;
}

function sourcesText({ asked }: StackReportInput): string {
  return asked.length === 0 ? "No server could be asked.\n" : `Asked: ${asked.map(clean).join(", ")}\n`;
}

/** `2 of 10 sections need attention, 1 is not known.` */
export function conclusion({ sections }: StackReportInput): string {
  const count = (state: Section["state"]) => sections.filter((one) => one.state === state).length;
  const [attention, unknown] = [count("attention"), count("unknown")];
  const rest = unknown === 0 ? "" : ` ${countOf(unknown, "section")} ${unknown === 1 ? "is" : "are"} not known.`;
  const who =
    attention === 0
      ? "Nothing needs attention."
      : `${attention} of ${countOf(sections.length, "section")} ${attention === 1 ? "needs" : "need"} attention.`;
  return `${who}${rest}`;
}

/** The columns that have a value in some row. */
export function shownColumns({ columns, rows }: Section): Column[] {
  return columns.filter(({ key }) => rows.some((row) => row[key] !== undefined && row[key] !== ""));
}

export function moreText({ more }: Section): string {
  return more === 0 ? "" : `${more} more; pass a larger --limit to show them.\n`;
}

/** A value with its unit. Undefined: not known. */
export function cellText(value: Cell | undefined, { unit }: Column): string {
  if (value === undefined) return "";
  return typeof value === "number" && unit !== undefined ? UNITS[unit](value) : timeOr(value, unit);
}

function timeOr(value: Cell, unit: Unit | undefined): string {
  return unit === "time" && value !== "" ? timeText(Date.parse(String(value))) : String(value);
}

const UNITS: Readonly<Record<Unit, (value: number) => string>> = {
  percent: (value) => `${Number(value.toFixed(2))} %`,
  seconds: secondsText,
  bytes: bytesText,
  "bytes-per-day": (value) => `${value < 0 ? "-" : "+"}${bytesText(Math.abs(value))} a day`,
  days: (value) => String(value),
  time: (value) => timeText(value),
};

function secondsText(value: number): string {
  if (value >= 2 * 86_400) return `${Math.round(value / 86_400)} d`;
  if (value >= 2 * 3600) return `${Math.round(value / 3600)} h`;
  if (value >= 120) return `${Math.round(value / 60)} min`;
  return value >= 1 || value === 0 ? `${Number(value.toFixed(1))} s` : `${Number((value * 1000).toFixed(1))} ms`;
}

const POWERS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

function bytesText(value: number): string {
  const power = value < 1 ? 0 : Math.min(POWERS.length - 1, Math.floor(Math.log2(value) / 10));
  return `${Number((value / 1024 ** power).toFixed(1))} ${POWERS[power]}`;
}

function short(text: string): string {
  return text.length > WIDTH ? `${text.slice(0, WIDTH - 1)}…` : text;
}

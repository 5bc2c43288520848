import { clean } from "../util/clean.ts";
import { countOf, listed, pluralOf } from "../util/plural.ts";
import { painter, type Output } from "./output.ts";

export interface ImportReport {
  /** The output directory, as the user names it. */
  readonly directory: string;
  readonly counts: ReadonlyMap<string, number>;
  readonly written: readonly string[];
  readonly unchanged: readonly string[];
  readonly kept: readonly string[];
  readonly left: readonly { readonly address: string; readonly title: string; readonly why: string }[];
  readonly unreadable: ReadonlyMap<string, string>;
  readonly variables: readonly string[];
  readonly notes: readonly string[];
  /** Commands to run next. */
  readonly next: readonly string[];
}

/** More objects with the same reason are only counted. */
const SHOWN = 10;

export function importText(report: ImportReport, output: Output): string {
  const paint = painter(output);
  const { directory, counts, written, unchanged, kept, left, unreadable, variables, notes, next } = report;
  const objects = [...counts].map(([kind, count]) => countOf(count, kind.replaceAll("-", " ")));
  const same = unchanged.length > 0 ? ` ${countOf(unchanged.length, "file")} already had this content.` : "";
  const lines = [
    objects.length === 0
      ? `${paint("bold", "Nothing to import.")} No object was selected.`
      : `${paint("green", "Wrote")} ${countOf(written.length, "file")} to ${directory}: ${listed(objects)}.${same}`,
  ];
  const section = (title: string, entries: readonly string[]) => {
    if (entries.length === 0) return;
    const shown = output.verbose ? entries : entries.slice(0, SHOWN);
    const more = entries.length - shown.length;
    lines.push("", paint("bold", title), ...shown.map((line) => `  ${clean(line)}`));
    if (more > 0) lines.push(`  … and ${more} more (--verbose shows all)`);
  };
  section("Files that exist and differ were kept (--force overwrites them):", kept);
  for (const [why, all] of Map.groupBy(left, (one) => one.why))
    section(
      `Left out: ${clean(why)}`,
      all.map(({ address, title }) => `${address} "${title}"`),
    );
  section(
    "Not permitted to read:",
    [...unreadable].map(([kind, missing]) => `${pluralOf(kind.replaceAll("-", " "))}: missing permission ${missing}`),
  );
  section("Set these variables before the next apply (see .env.example):", variables);
  for (const note of notes) lines.push("", clean(note));
  if (next.length > 0) lines.push("", paint("bold", "Next:"), ...next.map((line) => `  ${line}`));
  return `${lines.join("\n")}\n`;
}

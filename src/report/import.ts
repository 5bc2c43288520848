import { clean } from "../util/clean.ts";
import { countOf, kindWords, listed, pluralOf } from "../util/plural.ts";
import { painter, type Output } from "./output.ts";
import { sectionLines } from "./section-lines.ts";

export interface ImportInput {
  /** The output directory, as the user names it. */
  readonly directory: string;
  /** The objects that have code, with its file. */
  readonly objects: readonly { readonly kind: string; readonly id: string; readonly file: string }[];
  readonly written: readonly string[];
  readonly unchanged: readonly string[];
  readonly kept: readonly string[];
  readonly left: readonly { readonly address: string; readonly title: string; readonly why: string }[];
  readonly unreadable: ReadonlyMap<string, string>;
  readonly variables: readonly string[];
  /** The projects of a split import. */
  readonly projects?: readonly { readonly directory: string; readonly project: string; readonly objects: number }[];
  readonly notes: readonly string[];
  /** What became of the addresses of a Terraform state. */
  readonly terraform?: TerraformReport;
  /** Commands to run next. */
  readonly next: readonly string[];
}

export function importText(report: ImportInput, output: Output): string {
  const paint = painter(output);
  const { kept, left, unreadable, variables, notes, next } = report;
  const lines = [headline(report, output)];
  const section = (title: string, entries: readonly string[]) =>
    void lines.push(...sectionLines(title, entries, output));
  if (report.terraform) lines.push(...terraformLines(report.terraform, paint));
  section(
    "Projects:",
    (report.projects ?? []).map(
      ({ directory, project, objects }) => `${directory}: ${project}, ${countOf(objects, "object")}`,
    ),
  );
  section("Files that exist and differ were kept (--force overwrites them):", kept);
  for (const [why, all] of Map.groupBy(left, (one) => one.why))
    section(
      `Left out: ${clean(why)}`,
      all.map(({ address, title }) => (title === "" ? address : `${address} "${title}"`)),
    );
  section(
    "Not permitted to read:",
    [...unreadable].map(([kind, missing]) => `${pluralOf(kindWords(kind))}: missing permission ${missing}`),
  );
  section("Set these variables before the next apply (see .env.example):", variables);
  for (const note of notes) lines.push("", clean(note));
  if (next.length > 0) lines.push("", paint("bold", "Next:"), ...next.map((line) => `  ${line}`));
  return `${lines.join("\n")}\n`;
}

interface TerraformReport {
  readonly results: readonly { readonly address: string; readonly file?: string; readonly why?: string }[];
  /** The file with the `removed` blocks. */
  readonly removed?: string;
}

/** Every address is listed, because the user must decide what happens to each. */
function terraformLines({ results, removed }: TerraformReport, paint: ReturnType<typeof painter>): string[] {
  const done = results.filter(({ file }) => file !== undefined);
  const rest = results.filter(({ file }) => file === undefined);
  const line = ({ address, file, why }: TerraformReport["results"][number]) =>
    `  ${clean(address)}: ${clean(file ?? why ?? "")}`;
  const blocks = removed === undefined ? "" : ` (\`removed\` blocks in ${removed})`;
  return [
    ...(done.length === 0 ? [] : ["", paint("bold", `Terraform state: ${addresses(done.length)} with code${blocks}`)]),
    ...done.map(line),
    ...(rest.length === 0 ? [] : ["", paint("bold", `Terraform state: ${addresses(rest.length)} without code`)]),
    ...rest.map(line),
  ];
}

function addresses(count: number): string {
  return `${count} ${count === 1 ? "address" : "addresses"}`;
}

function headline({ directory, objects, written, unchanged, left }: ImportInput, output: Output): string {
  const paint = painter(output);
  if (objects.length === 0)
    return `${paint("bold", "Nothing to import.")} ${left.length === 0 ? "No object was selected." : "All selected objects were left out."}`;
  const same = unchanged.length > 0 ? ` ${countOf(unchanged.length, "file")} already had this content.` : "";
  if (written.length === 0) return `${paint("bold", "No file was written.")}${same}`;
  const files = new Set(written);
  const counts = Map.groupBy(
    objects.filter(({ file }) => files.has(file)),
    ({ kind }) => kind,
  );
  const what = [...counts].map(([kind, all]) => countOf(all.length, kindWords(kind)));
  const list = what.length === 0 ? "" : `: ${listed(what)}`;
  return `${paint("green", "Wrote")} ${countOf(written.length, "file")} to ${directory}${list}.${same}`;
}

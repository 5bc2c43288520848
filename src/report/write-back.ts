import { z } from "zod";
import type { LeftReason, WriteBack, WriteBackEdit, WriteBackLeft } from "../update/model.ts";
import { textOf, type Json } from "../util/json.ts";
import { clean } from "../util/clean.ts";
import { commandHere } from "../util/command-line.ts";
import { countOf } from "../util/plural.ts";
import { painter, type Output, type Paint } from "./output.ts";

/** @internal */
export interface WriteBackReport extends WriteBack {
  /** Changed objects for which the next plan would still have a change. */
  readonly remaining: readonly string[];
  /** False: the files will be changed after a confirmation. */
  readonly isDone: boolean;
  /** Where the files were changed, if not in the working tree: "the pull request". */
  readonly where?: string;
}

const WHY: Record<LeftReason, string> = {
  computed: "no literal or builder call in the code sets this value directly",
  shared: "the code that sets this value also sets other values",
  comment: "this edit would remove a comment",
  secret: "the value is or may be a secret",
  "code-changed": "the code changed, too",
  deleted: "the object was deleted in Grafana, or is no longer in the code",
  "origin-unknown": "it is unknown which side changed since the last apply",
  "not-verified": "the changed code would not give the values in Grafana",
  unstable: "each evaluation of the code gives other values, for example because of Date.now()",
  "not-mapped":
    "a reference or a folder of this object changed, and the environment's mappings give no single id of the code for it",
  "file-changed": "the file changed while the command ran",
  "not-writable": "the file can't be written",
};

const REASONS = Object.keys(WHY) as [LeftReason, ...LeftReason[]];

const Edit = {
  address: z.string(),
  path: z.string().meta({ description: "As in `differences`. Empty: the whole object." }),
  labels: z.array(z.string()),
  file: z.string().meta({ description: "Relative to the configuration." }),
  line: z.int(),
  before: z.json().optional().meta({ description: "The value in the code." }),
  after: z.json().optional().meta({ description: "The value in Grafana." }),
};

const Other = z.string().optional().meta({
  description: "Another object that the edit would change, or whose values are unstable.",
});

/** @internal */
export const WriteBackSchema = z.strictObject({
  written: z.array(z.strictObject(Edit)),
  left: z.array(z.strictObject({ ...Edit, reason: z.enum(REASONS), other: Other })),
  files: z.array(z.string()).meta({ description: "The changed files, relative to the configuration." }),
  remaining: z.array(z.string()).meta({
    description: "Objects with written edits for which the next plan still has a change.",
  }),
});

/** @internal */
export function writeBackJson({ written, left, remaining }: WriteBackReport) {
  return { written, left, files: [...new Set(written.map(({ file }) => file))], remaining };
}

/** @internal */
export function writeBackText(report: WriteBackReport, output: Output): string {
  const paint = painter(output);
  const { written, left, files, remaining, isDone, where } = report;
  if (written.length + left.length === 0) return `${paint("green", "No drift detected.")} No file was changed.\n`;
  const lines: string[] = [];
  lines.push(...writtenLines(written, paint));
  if (left.length > 0) lines.push(...leftLines(left, paint), "");
  const count = countOf(written.length, "edit");
  const to = countOf(files.size, "file");
  lines.push(
    isDone
      ? `${paint("bold", `Wrote ${count} to ${to}${where === undefined ? "" : ` in ${where}`}`)}${left.length > 0 ? `; ${countOf(left.length, "edit")} left` : ""}.`
      : `${paint("bold", `${count} to write to ${to}`)}${left.length > 0 ? `; ${countOf(left.length, "edit")} left` : ""}.`,
  );
  if (isDone && written.length > 0)
    lines.push(
      remaining.length === 0
        ? where === undefined
          ? `The objects with written edits equal the code now. Review the files, and run \`${commandHere("apply")}\` to renew the marks.`
          : `With the files in ${where}, the objects with written edits equal the code.`
        : `The next plan still has a change for ${clean(remaining.join(", "))}.`,
    );
  return `${lines.join("\n")}\n`;
}

/** The edits of each file, with an empty line after them. @internal */
export function writtenLines(written: readonly WriteBackEdit[], paint: Paint): string[] {
  return [...Map.groupBy(written, (edit) => edit.file)].flatMap(([file, edits]) => [
    paint("bold", clean(file)),
    ...edits.map((edit) => `  ${paint("green", "✓")} ${editText(edit)}`),
    "",
  ]);
}

/** The edits that were not written, by reason. `longest`: the most characters of a value. @internal */
export function leftLines(left: readonly WriteBackLeft[], paint: Paint, longest = LONG): string[] {
  const lines = [paint("bold", "Not written. Make these edits by hand:")];
  for (const [reason, edits] of Map.groupBy(left, (edit) => edit.reason)) {
    lines.push(`  ${paint("yellow", `${reason}: ${WHY[reason]}`)}`);
    for (const edit of edits) {
      const place = edit.file === "" ? "" : `${edit.file}:${edit.line} `;
      const other = edit.other === undefined ? "" : ` (${edit.other})`;
      lines.push(`    ${clean(place)}${editText(edit, longest)}${clean(other)}`);
    }
  }
  return lines;
}

/** `3: dashboard/shop panel "Requests" unit: "s" → "ms"` */
function editText({ address, path, labels, line, before, after, ...rest }: WriteBackEdit, longest = LONG): string {
  const where = labels.length > 0 ? labels.join(" ") : path;
  const values =
    before === undefined && after === undefined
      ? ""
      : `: ${[before, after].map((value) => (value === undefined ? "(none)" : valueText(value, longest))).join(" → ")}`;
  const place = "reason" in rest ? "" : `line ${line}, `;
  return clean(`${place}${address}${where === "" ? "" : ` ${where}`}${values}`);
}

/** The most characters of a value in a line. */
const LONG = 120;

function valueText(value: Json, longest: number): string {
  const text =
    typeof value === "object" && value !== null
      ? JSON.stringify(value)
      : typeof value === "string"
        ? JSON.stringify(value)
        : textOf(value);
  return text.length > longest ? `${text.slice(0, longest)}…` : text;
}

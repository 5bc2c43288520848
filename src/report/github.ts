import { readFileSync } from "node:fs";
import { isAbsolute, join, relative } from "node:path";
import type { Kinds } from "../engine/resource.ts";
import type { Plan } from "../engine/change.ts";
import { address, type Source } from "../engine/model.ts";
import type { PlacedFinding } from "../lint/places.ts";
import type { Fault } from "../util/errors.ts";
import { countOf } from "../util/plural.ts";
import { clean } from "../util/clean.ts";
import { countDifferences } from "./differences.ts";
import { risksOf } from "./risks.ts";

/** GitHub shows at most 10 annotations of each level per step, and silently drops the rest. */
const MAX_ANNOTATIONS = 10;

type Level = "error" | "warning" | "notice";

interface Annotation {
  readonly level: Level;
  readonly title: string;
  readonly message: string;
  readonly source?: Partial<Source>;
  /** The line and column in the file. Default: the line of the export. */
  readonly at?: { readonly line: number; readonly column: number };
}

/** The directories that paths in annotations are relative to. */
export interface Place {
  /** The configuration's directory, which the file names of resources are relative to. */
  readonly directory: string;
  /** The checkout, `GITHUB_WORKSPACE`, which the paths in annotations must be relative to. */
  readonly workspace: string;
}

/** The directories for annotations; undefined outside of GitHub Actions. */
export function placeOf(directory: string, variables: Readonly<Record<string, string | undefined>>): Place | undefined {
  if (variables["GITHUB_ACTIONS"] !== "true") return undefined;
  return { directory, workspace: variables["GITHUB_WORKSPACE"] || process.cwd() };
}

/** Workflow commands that annotate the exports with faults. */
export function faultAnnotations(faults: readonly Fault[], place: Place): string {
  return annotations(
    faults.map(({ level, file, export: name, path, message, hint }) => ({
      level,
      title: path ?? (level === "error" ? "Invalid" : "Warning"),
      message: hint === undefined ? message : `${message}\n${hint}`,
      source: { ...(file === undefined ? {} : { file }), ...(name === undefined ? {} : { export: name }) },
    })),
    place,
  );
}

/** Workflow commands that annotate the places of findings. `level`: instead of their severities. */
export function findingAnnotations(findings: readonly PlacedFinding[], place: Place, level?: "warning"): string {
  return annotations(
    findings.map(({ severity, message, hint, address: name, path, rule, file, export: exported, place: at }) => ({
      level: level ?? severity,
      title: `${rule}: ${name} ${path}`,
      message: hint === undefined ? message : `${message}\n${hint}`,
      source: { file: at?.file ?? file, export: exported },
      ...(at ? { at } : {}),
    })),
    place,
  );
}

const WORDS = { create: "added", update: "changed", adopt: "adopted", delete: "deleted" } as const;

/** Workflow commands that annotate the exports that a plan changes. Risks are warnings. */
export function planAnnotations(plan: Plan, kinds: Kinds, place: Place): string {
  const risks = Map.groupBy(risksOf(plan, kinds), (risk) => risk.address);
  return annotations(
    plan.changes.flatMap((change): Annotation[] => {
      if (!change.source) return [];
      const name = address(change);
      const own = risks.get(name) ?? [];
      const count = countDifferences(change.differences);
      const differences = count > 0 ? `, with ${countOf(count, "difference")}` : "";
      const what = change.left
        ? `is not applied: ${change.left.message}`
        : own.length > 0
          ? own.map(({ text }) => text).join("\n")
          : `is ${WORDS[change.action]}${differences}`;
      const level = own.length > 0 || change.left ? "warning" : "notice";
      return [{ level, title: name, message: `${clean(change.title)}: ${what}`, source: change.source }];
    }),
    place,
  );
}

function annotations(all: readonly Annotation[], place: Place): string {
  return (["error", "warning", "notice"] as const)
    .flatMap((level) => {
      const found = all.filter((one) => one.level === level);
      if (found.length <= MAX_ANNOTATIONS) return found;
      const more = `${found.length - MAX_ANNOTATIONS + 1} more; see the output of this step`;
      return [...found.slice(0, MAX_ANNOTATIONS - 1), { level, title: "More", message: more }];
    })
    .map((one) => command(one, place))
    .join("");
}

function command({ level, title, message, source, at: position }: Annotation, { directory, workspace }: Place): string {
  const at: string[] = [];
  if (source?.file) {
    const path = isAbsolute(source.file) ? source.file : join(directory, source.file);
    at.push(`file=${property(clean(relative(workspace, path).replaceAll("\\", "/")))}`);
    at.push(`line=${position?.line ?? lineOf(path, source.export ?? "")}`);
    if (position) at.push(`col=${position.column}`);
  }
  at.push(`title=${property(clean(title))}`);
  return `::${level} ${at.join(",")}::${data(message.split("\n").map(clean).join("\n"))}\n`;
}

/** The line on which a file exports a name; 1 if it is not found, for example in a JSON file. */
export function lineOf(path: string, exported: string): number {
  const name = exported.replace(/(\[\d+\])+$/, "");
  if (!/^[\p{L}_$][\p{L}\d_$]*$/u.test(name) || !/\.m?[jt]s$/.test(path)) return 1;
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return 1;
  }
  const lines = text.split("\n");
  const own = name.replaceAll("$", String.raw`\$`);
  const declared =
    name === "default"
      ? /^\s*export\s+default\b/
      : new RegExp(`^\\s*export\\s+(?:const|let|var)\\s+${own}(?![\\p{L}\\d_$])`, "u");
  const index = lines.findIndex((line) => declared.test(line));
  if (index >= 0) return index + 1;
  // `export { queue as default }`, or one of several names.
  const listed = new RegExp(`(?:^|[\\s,{[])${own}\\s*(?:[,}\\]:]|$)`, "u");
  const start = lines.findIndex((line) => /^\s*export\s*(?:const\s*)?[{[]/.test(line));
  const within = start < 0 ? -1 : lines.findIndex((line, at) => at >= start && listed.test(line));
  return within < 0 ? 1 : within + 1;
}

/** Escapes the message of a workflow command. */
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

/** Escapes a property of a workflow command. */
function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

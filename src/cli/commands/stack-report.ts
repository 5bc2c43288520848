import { join, resolve } from "node:path";
import { CONFIG_NAMES } from "../../code/config.ts";
import { configAbove } from "../../code/find-config.ts";
import type { Missing, ReportedCode } from "../../operations/model.ts";
import { sectionsOf, TOPICS } from "../../operations/report.ts";
import { stackReportHtml } from "../../report/stack-report-html.ts";
import { stackReportJson } from "../../report/stack-report-json.ts";
import { stackReportMarkdown } from "../../report/stack-report-markdown.ts";
import { stackReportText, type StackReportInput } from "../../report/stack-report.ts";
import { outgoing } from "../../secrets/outgoing.ts";
import { EXIT, UsageError, type ExitCode } from "../../util/errors.ts";
import { makeDirectory } from "../../util/make-directory.ts";
import { writeFileAtomic } from "../../util/write-file-atomic.ts";
import { readCode } from "../code.ts";
import { ioOf, type Io } from "../io.ts";
import { sourcesFor, type SourceOptions, type Sources } from "../report-sources.ts";
import { loadStack, type LoadedStack } from "../stack-config.ts";
import { stoppable } from "../stoppable.ts";

export interface StackReportOptions extends SourceOptions {
  readonly section?: readonly string[];
  readonly from: string;
  readonly limit: number;
  /** A stream selector. */
  readonly logs: string;
  /** A directory. */
  readonly out?: string;
  readonly failOn?: "attention";
  readonly output: "text" | "markdown" | "html" | "json";
}

/** Reports what needs attention in the stack and in Grafana. Writes only to `--out`. */
export async function stackReport(options: StackReportOptions): Promise<ExitCode> {
  const io = ioOf(options);
  const to = Date.now();
  const from = await startOf(options.from, to);
  const loaded = await loadStack(options.config, process.cwd());
  const sources = await sourcesFor(options, loaded, io.progress.emit);
  try {
    const code = await codeOf(options, sources, io);
    const { prometheus, loki, grafana } = sources;
    const { limit, logs, concurrency = 8, section } = options;
    const topics = TOPICS.filter(({ id }) => section?.includes(id) ?? true);
    const sections = await stoppable((signal) =>
      sectionsOf(topics, { prometheus, loki, grafana, code, from, to, limit, logs, concurrency, signal }),
    );
    io.progress.stop();
    const asked = [prometheus, loki, grafana].flatMap((one) => {
      if ("missing" in one) return [];
      return "description" in one ? [one.description] : [`Grafana ${one.version} at ${one.client.url}`];
    });
    const report: StackReportInput = { title: titleOf(loaded), from, to, asked, sections };
    const exitCode = sections.every(({ state }) => state === "unknown")
      ? EXIT.failure
      : options.failOn !== undefined && sections.some(({ state }) => state === "attention")
        ? EXIT.failure
        : EXIT.done;
    io.result.stream.write(outgoing.redacted(formatted(report, options, io, exitCode), "long"));
    if (options.out !== undefined) await writeReport(report, resolve(options.out));
    return exitCode;
  } finally {
    io.progress.stop();
    await sources.close();
  }
}

function formatted(report: StackReportInput, { output }: StackReportOptions, io: Io, exitCode: ExitCode): string {
  if (output === "json") return stackReportJson(report, exitCode);
  if (output === "markdown") return stackReportMarkdown(report);
  return output === "html" ? stackReportHtml(report) : stackReportText(report, io.result);
}

async function writeReport(report: StackReportInput, directory: string): Promise<void> {
  await makeDirectory(directory);
  const files = { "report.md": stackReportMarkdown(report), "report.html": stackReportHtml(report) };
  for (const [name, text] of Object.entries(files))
    await writeFileAtomic(join(directory, name), outgoing.redacted(text, "long"));
}

function titleOf({ stack }: LoadedStack): string {
  return stack.name;
}

async function startOf(text: string, now: number): Promise<number> {
  const { parseTime } = await import("../../check/time.ts");
  const time = parseTime(text, now);
  if (time !== undefined && time < now) return time;
  throw new UsageError(
    `--from: invalid time "${text}"`,
    "Use a time in the past, such as `now-7d` or 2026-11-23T00:00:00Z.",
    "option-invalid",
  );
}

async function codeOf({ env }: StackReportOptions, sources: Sources, io: Io): Promise<ReportedCode | Missing> {
  if (configAbove(process.cwd(), CONFIG_NAMES) === undefined) return { missing: "there is no grafana.config.ts" };
  const code = await readCode(env === undefined ? {} : { env }, io.errors);
  return { desired: code.desired, backend: await sources.backendFor(code) };
}

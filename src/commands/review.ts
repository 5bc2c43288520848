import { mkdir } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { EXIT, type ExitCode } from "../errors.ts";
import { isInSync, NOTHING, type Selection } from "../engine/plan.ts";
import { kinds } from "../kinds/index.ts";
import { reviewHtml } from "../report/html.ts";
import { placeOf, planAnnotations } from "../report/github.ts";
import { planMarkdown } from "../report/markdown.ts";
import { reviewOf, type Review } from "../report/review.ts";
import { planText } from "../report/text.ts";
import { Cancelled } from "./apply.ts";
import { openBase } from "./base-code.ts";
import { ioOf, type Io } from "./io.ts";
import type { CommonOptions } from "./options.ts";
import { compareWithLive, openSession, readCode, type CheckedCode, type Session } from "./run.ts";

export interface ReviewOptions extends CommonOptions {
  /** A git revision. */
  readonly base?: string;
  /** The folder to write to. */
  readonly out?: string;
  readonly detailedExitcode?: boolean;
}

/** Where a review is written, beside the configuration. */
export const REVIEW_DIRECTORY = ".grafana-provision/review";

/**
 * Writes `review.md` and `review.html`: what the code changes, compared with the live Grafana or with the code at a git
 * revision. Nothing is written to any Grafana.
 */
export async function review(options: ReviewOptions): Promise<ExitCode> {
  const io = ioOf(options);
  const code = await readCode(options, io.errors);
  const { plan, directory } = await stoppable(async (signal) => {
    const made = await makeReview(code, options, io, signal);
    signal.throwIfAborted();
    const directory = resolve(options.out ?? join(code.loadedConfig.directory, REVIEW_DIRECTORY));
    await mkdir(directory, { recursive: true });
    await writeFileAtomic(join(directory, "review.md"), markdownOf(made, options));
    await writeFileAtomic(join(directory, "review.html"), reviewHtml(made));
    io.progress.stop();
    const place = placeOf(code.loadedConfig.directory, process.env);
    if (place) io.errors.stream.write(planAnnotations(made.plan, place));
    io.result.stream.write(`Compared with ${made.target}:\n\n${planText(made.plan, io.result)}`);
    return { plan: made.plan, directory };
  });
  const where = relative(process.cwd(), directory) || ".";
  io.result.stream.write(`\nWrote review.md and review.html to ${where.startsWith("..") ? directory : where}\n`);
  return options.detailedExitcode && !isInSync(plan) ? EXIT.differences : EXIT.done;
}

function markdownOf({ plan, target }: Review, { base }: ReviewOptions): string {
  return planMarkdown(plan, { target, ...(base === undefined ? {} : { inSync: "Nothing differs." }) });
}

const ALL: Selection = { ...NOTHING, all: true };

async function makeReview(
  code: CheckedCode,
  options: ReviewOptions,
  { progress: { emit } }: Io,
  signal: AbortSignal,
): Promise<Review> {
  const base = options.base === undefined ? undefined : await openBase(options.base, code, options, { emit, signal });
  const session: Session = base ?? (await openSession(code.loadedConfig, options, emit));
  try {
    // In a sandbox whatever is not the code's was made for this, and nobody changed anything behind anybody's back.
    const consent = base ? { adopt: ALL, overwriteDrift: ALL } : { adopt: NOTHING, overwriteDrift: driftOf(session) };
    const assumed = base ? options : { ...options, assumeWrite: true };
    const compared = await compareWithLive({
      code,
      session,
      options: assumed,
      ...consent,
      prune: true,
      emit,
      keepForms: true,
    });
    const { plan, removals } = compared.plan(consent);
    const told = base ? { ...plan, notes: [...base.notes, ...plan.notes] } : plan;
    return reviewOf({ plan: told, removals }, compared.comparisons, kinds, session.description);
  } finally {
    await session.close();
  }
}

function driftOf({ target }: Session): Selection {
  return target.drift === "overwrite" ? ALL : NOTHING;
}

const SIGNALS = ["SIGINT", "SIGTERM"] as const;

/** Runs what cleans up after itself; Ctrl-C makes it do so at once, and throws `Cancelled`. */
async function stoppable<Result>(run: (signal: AbortSignal) => Promise<Result>): Promise<Result> {
  const interrupt = new AbortController();
  const onInterrupt = () => interrupt.abort(new Cancelled());
  // Not once: a second one must not end the process in the middle of its cleaning up.
  for (const name of SIGNALS) process.on(name, onInterrupt);
  try {
    return await run(interrupt.signal);
  } finally {
    for (const name of SIGNALS) process.off(name, onInterrupt);
  }
}

import { join, relative, resolve } from "node:path";
import { EXIT, ProvisionError, type ExitCode } from "../../util/errors.ts";
import { address } from "../../engine/model.ts";
import { propose } from "../../engine/pipeline.ts";
import { isInSync } from "../../engine/plan-summary.ts";
import { NOTHING, type Selection } from "../../engine/selection.ts";
import { kinds } from "../../kinds/index.ts";
import { reviewHtml } from "../../report/html.ts";
import { outgoing, writeCommands } from "../../secrets/outgoing.ts";
import type { PlacedFinding } from "../../lint/places.ts";
import { findingAnnotations, placeOf, planAnnotations } from "../../report/github.ts";
import { firingsText } from "../../report/firings.ts";
import { findingsText } from "../../report/lint.ts";
import { planMarkdown } from "../../report/markdown.ts";
import { reviewOf, type Review } from "../../report/review.ts";
import { planText } from "../../report/text.ts";
import { whoRuns } from "../../rollback/who.ts";
import { openBase } from "../base-code.ts";
import { goalOf, readCode, type CheckedCode } from "../code.ts";
import { driftSelection } from "../consent.ts";
import { lintCode } from "../lint-code.ts";
import { stoppable } from "../stoppable.ts";
import { ioOf, type Io } from "../io.ts";
import type { CommonOptions } from "../options.ts";
import { openSession, type Session, targetFor } from "../session.ts";
import { checkedUrl } from "../target.ts";
import { makeDirectory } from "../../util/make-directory.ts";
import { writeFileAtomic } from "../../util/write-file-atomic.ts";

export interface ReviewOptions extends CommonOptions {
  /** A git revision. */
  readonly base?: string;
  /** The directory to write to. */
  readonly out?: string;
  readonly screenshots?: boolean;
  /** Whether to run the changed queries. */
  readonly check?: boolean;
  /** The URL of a Prometheus with which changed rules are replayed. */
  readonly backtest?: string;
  /** The theme of the screenshots. */
  readonly theme: "light" | "dark";
  readonly detailedExitcode?: boolean;
}

/** The default output directory, relative to the configuration. */
export const REVIEW_DIRECTORY = ".grafana-provision/review";

/**
 * Writes `review.md` and `review.html`: the changes compared with the live Grafana, or with the code at a git revision.
 * Writes nothing to Grafana, except the temporary folder for `--screenshots`.
 */
export async function review(options: ReviewOptions): Promise<ExitCode> {
  const io = ioOf(options);
  const prometheus = options.backtest === undefined ? undefined : checkedUrl(options.backtest, "--backtest");
  const code = await readCode(options, io.errors);
  const { plan, directory } = await stoppable(async (signal) => {
    const compared = withFindings(
      await makeReview(code, options, io, signal),
      await lintCode([code.desired], code.loadedConfig),
    );
    signal.throwIfAborted();
    const checked = options.check ? await withQueries(compared, { code, options, io, signal }) : compared;
    const replayed =
      prometheus === undefined ? checked : await withFirings(checked, { code, options, io, signal }, prometheus);
    const made = options.screenshots ? await withPictures(replayed, { code, options, io, signal }) : replayed;
    const directory = resolve(options.out ?? join(code.loadedConfig.directory, REVIEW_DIRECTORY));
    await makeDirectory(directory);
    await writeFileAtomic(
      join(directory, "review.md"),
      outgoing.redacted(planMarkdown(made.plan, kinds, made), "long"),
    );
    await writeFileAtomic(join(directory, "review.html"), outgoing.redacted(await reviewHtml(made, kinds), "long"));
    io.progress.stop();
    const place = placeOf(code.loadedConfig.directory, process.env);
    if (place) {
      writeCommands(io.errors.stream, planAnnotations(made.plan, kinds, place));
      writeCommands(
        io.errors.stream,
        findingAnnotations([...(made.findings ?? []), ...(made.queries ?? [])], place, "warning"),
      );
    }
    io.result.stream.write(`Compared with ${made.target}:\n\n${planText(made.plan, io.result)}`);
    const found = findingsText([...(made.findings ?? []), ...(made.queries ?? [])], io.result);
    if (found !== "") io.result.stream.write(`\n${found}`);
    if (made.firings) io.result.stream.write(`\n${firingsText(made.firings)}`);
    return { plan: made.plan, directory };
  });
  const where = relative(process.cwd(), directory) || ".";
  io.result.stream.write(`\nWrote review.md and review.html to ${where.startsWith("..") ? directory : where}\n`);
  return options.detailedExitcode && !isInSync(plan) ? EXIT.differences : EXIT.done;
}

/** Adds what lint found in the changed resources. */
function withFindings(review: Review, found: readonly PlacedFinding[]): Review {
  const changed = new Set(review.plan.changes.filter(({ action }) => action !== "delete").map(address));
  const findings = found.filter((finding) => changed.has(finding.address));
  return findings.length > 0 ? { ...review, findings } : review;
}

interface Reviewing {
  readonly code: CheckedCode;
  readonly options: ReviewOptions;
  readonly io: Io;
  readonly signal: AbortSignal;
}

function withNotesOf(review: Review): (...notes: readonly string[]) => Review {
  return (...notes) => ({ ...review, plan: { ...review.plan, notes: [...review.plan.notes, ...notes] } });
}

/** Adds the changed queries that fail or have no data, or a note that says why they were not run. */
async function withQueries(review: Review, { code, options, io, signal }: Reviewing): Promise<Review> {
  const withNotes = withNotesOf(review);
  const changed = new Set(review.plan.changes.filter(({ action }) => action !== "delete").map(address));
  const before = (name: string) => {
    const form = review.sides.get(name)?.before;
    return form && new Set(textsIn(form));
  };
  try {
    const target = await targetFor(code.loadedConfig, options);
    if (target.type === "sandbox") return withNotes("No queries were run: set GRAFANA_URL.");
    const { checkChanged } = await import("./check.ts");
    const queries = await checkChanged(code, options, { changed, before, io });
    return queries.length > 0 ? { ...review, queries } : review;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ProvisionError)) throw error;
    return withNotes(`No queries were run: ${error.message}.`);
  }
}

/** The time over which changed rules are replayed. */
const BACKTEST = 7 * 24 * 3_600_000;

/** Adds how often changed rules would have fired, or a note that says why that is unknown. */
async function withFirings(review: Review, { code, signal }: Reviewing, prometheus: string): Promise<Review> {
  try {
    const { changedFirings } = await import("../../testing/changed-firings.ts");
    const [from, to] = [new Date(Date.now() - BACKTEST), new Date()];
    const options = { prometheus, from, to, desired: code.desired, signal };
    const firings = await changedFirings(review.plan.changes, review.sides, options);
    return firings.length > 0 ? { ...review, firings } : review;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ProvisionError)) throw error;
    return withNotesOf(review)(`No rules were replayed: ${error.message}.`);
  }
}

/** All texts in a value. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** Adds screenshots to a review, or a note that says why there are none. */
async function withPictures(
  review: Review,
  { code: { loadedConfig, desired }, options, io: { progress }, signal }: Reviewing,
): Promise<Review> {
  const withNotes = withNotesOf(review);
  let session: Session | undefined;
  try {
    const target = await targetFor(loadedConfig, options);
    if (target.type === "sandbox")
      return withNotes("No screenshots: the sandbox can't render panels. Set GRAFANA_URL.");
    const { takePictures } = await import("../../review/screenshots/pictures.ts");
    session = await openSession(loadedConfig, options, progress.emit, desired, target);
    progress.emit({ type: "note", message: "Taking screenshots of changed panels." });
    const { user, host, job } = whoRuns(process.env, undefined);
    const { grafana, owner } = session.context;
    const who = job ? `${user}@${host}, ${job}` : `${user}@${host}`;
    const taken = await takePictures(review, {
      kinds,
      grafana,
      client: target.client,
      owner,
      who,
      variables: process.env,
      signal,
      emit: progress.emit,
      theme: options.theme,
    });
    return { ...withNotes(...taken.notes), pictures: taken.pictures };
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ProvisionError)) throw error;
    return withNotes(`No screenshots: ${error.message}.`);
  } finally {
    await session?.close();
  }
}

const ALL: Selection = { ...NOTHING, all: true };

async function makeReview(
  code: CheckedCode,
  options: ReviewOptions,
  { progress: { emit } }: Io,
  signal: AbortSignal,
): Promise<Review> {
  const base = options.base === undefined ? undefined : await openBase(options.base, code, options, { emit, signal });
  const session: Session = base ?? (await openSession(code.loadedConfig, options, emit, code.desired));
  try {
    // The sandbox of `--base` has no foreign objects and no drift to protect.
    const consent = base
      ? { adopt: ALL, overwriteDrift: ALL }
      : { adopt: NOTHING, overwriteDrift: driftSelection(NOTHING, session) };
    const assumed = base ? options : { ...options, assumeWrite: true };
    const proposal = await propose(
      session,
      goalOf(code, assumed, { prune: true, keepForms: true, isolated: base !== undefined }),
      consent,
      emit,
    );
    const { plan, removals } = await proposal.plan(consent);
    const withNotes = base ? { ...plan, notes: [...base.notes, ...plan.notes] } : plan;
    return reviewOf({ plan: withNotes, removals }, proposal.comparisons, kinds, session.description);
  } finally {
    await session.close();
  }
}

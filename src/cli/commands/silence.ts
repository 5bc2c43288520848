import { matchesAll, matcherText, parseMatchers, type LabelMatcher } from "../../alerts/matchers.ts";
import { currentAlerts } from "../../alerts/read.ts";
import { createSilence, expireSilence, listSilences, ownLogin, type Silence } from "../../alerts/silences.ts";
import { NotFound } from "../../grafana/errors.ts";
import { timeText } from "../../report/alerts.ts";
import { createdText, expiredText, matchedText, silencesText } from "../../report/silence.ts";
import { silenceJson, type SilenceReport } from "../../report/silence-json.ts";
import { outgoing } from "../../secrets/outgoing.ts";
import { clean } from "../../util/clean.ts";
import { commandLine } from "../../util/command-line.ts";
import { Cancelled, EXIT, UsageError, type ExitCode } from "../../util/errors.ts";
import { listed } from "../../util/plural.ts";
import { configOrNone } from "../config-or-none.ts";
import { agrees } from "../consent.ts";
import { ioOf, type Io } from "../io.ts";
import { targetWords } from "../next.ts";
import type { CommonOptions } from "../options.ts";
import { NO_CODE, openSession, type Session } from "../session.ts";

export interface SilenceOptions extends CommonOptions {
  /** Seconds. */
  readonly for?: number;
  readonly comment?: string;
  readonly author?: string;
  readonly list?: boolean;
  readonly expire?: string;
  readonly yes: boolean;
}

/** Creates, lists or ends silences in a Grafana. They are not objects that the project owns. */
export async function silence(given: readonly string[], options: SilenceOptions): Promise<ExitCode> {
  const io = ioOf(options);
  const run = actionOf(given, options);
  const session = await openSession(
    await configOrNone(options.config, process.cwd()),
    options,
    io.progress.emit,
    NO_CODE,
  );
  try {
    await run({ session, options, io });
    return EXIT.done;
  } finally {
    io.progress.stop();
    await session.close();
  }
}

interface Running {
  readonly session: Session;
  readonly options: SilenceOptions;
  readonly io: Io;
}

/** What to do. Throws (exit 64) before the first request if arguments are missing or conflict. */
function actionOf(given: readonly string[], options: SilenceOptions): (running: Running) => Promise<void> {
  const { expire, list, for: seconds, comment: reason, author } = options;
  const creating = { "--for": seconds, "--comment": reason, "--author": author, matchers: given[0] };
  const names = Object.entries({ ...creating, "--list": list, "--expire": expire }).flatMap(([name, value]) =>
    value === undefined ? [] : [name],
  );
  const alone = names.find((name) => name === "--list" || name === "--expire");
  const other = names.find((name) => name !== alone);
  if (alone !== undefined && other !== undefined)
    throw new UsageError(`${alone} can't be combined with ${other}`, "Use only one of them.", "option-conflict");
  if (expire !== undefined) return async (running) => end(expire, running);
  if (list) return listAll;
  const matchers = parseMatchers(given);
  mustNotMatchAll(matchers);
  const comment = reason?.trim() ?? "";
  const missing = [...(seconds === undefined ? ["--for"] : []), ...(comment === "" ? ["--comment"] : [])];
  if (seconds === undefined || comment === "")
    throw new UsageError(
      `a silence requires ${listed(missing)}`,
      'Add, for example, --for 2h --comment "restart for the upgrade".',
      "option-invalid",
    );
  return async (running) => create({ matchers, seconds, comment }, running);
}

/** Alertmanager rejects a silence of which no matcher requires a label, because it would match all alerts. */
function mustNotMatchAll(matchers: readonly LabelMatcher[]): void {
  if (matchers.some((matcher) => !matchesAll([matcher], {}))) return;
  throw new UsageError(
    matchers.length === 0
      ? "a silence requires at least one matcher"
      : `the matchers also match alerts without labels: ${matchers.map(matcherText).join(", ")}`,
    "Add a matcher that requires a label, such as severity=critical.",
    "silence-too-broad",
  );
}

async function create(
  {
    matchers,
    seconds,
    comment,
  }: { readonly matchers: readonly LabelMatcher[]; readonly seconds: number; readonly comment: string },
  { session, options, io }: Running,
): Promise<void> {
  const { client } = session.context.grafana;
  const now = Date.now();
  const [current, createdBy] = await Promise.all([
    currentAlerts(session.context.grafana, now),
    options.author?.trim() || ownLogin(client),
  ]);
  io.progress.stop();
  const matched = current.matching(matchers);
  const isText = options.output !== "json";
  if (isText) {
    const shown = matchedText(
      { description: session.description, now, alerts: matched, unread: current.unread },
      io.result,
    );
    io.result.stream.write(outgoing.redacted(shown, "long"));
  }
  const texts = matchers.map(matcherText).join(", ");
  const question = `Silence alerts that match ${clean(texts)} until ${timeText(now + seconds * 1000)}?`;
  if (!options.yes && !(await agrees(question, "A silence", options))) throw new Cancelled();
  // The answer can take minutes, and the silence must be as long as asked.
  const start = Date.now();
  const [startsAt, endsAt] = [new Date(start).toISOString(), new Date(start + seconds * 1000).toISOString()];
  const made = { matchers, startsAt, endsAt, createdBy, comment };
  const id = await createSilence(client, made);
  const silence: Silence = { id, state: "active", ...made };
  const ending = commandLine("silence", "--expire", id, ...targetWords(options));
  const report = { description: session.description, silence, matched, unread: current.unread };
  print({ options, io }, report, () => createdText(silence, ending));
}

async function listAll({ session, options, io }: Running): Promise<void> {
  const all = await listSilences(session.context.grafana.client);
  const silences = all.filter(({ state }) => state !== "expired");
  const report = { description: session.description, silences };
  print({ options, io }, report, () => silencesText(silences, session.description, io.result));
}

async function end(id: string, { session, options, io }: Running): Promise<void> {
  const { client } = session.context.grafana;
  const found = (await listSilences(client)).find((one) => one.id === id);
  io.progress.stop();
  if (!found)
    throw new NotFound(`Grafana has no silence "${id}" that the credentials can read`, {
      exitCode: EXIT.failure,
      hint: `Run \`${commandLine("silence", "--list", ...targetWords(options))}\` to see the ids.`,
    });
  const wasOver = found.state === "expired";
  if (!wasOver) {
    const question = `End the silence of ${found.matchers.map(matcherText).join(", ")} by ${found.createdBy}?`;
    if (!options.yes && !(await agrees(clean(question), "Ending a silence", options))) throw new Cancelled();
    await expireSilence(client, id);
  }
  const report = { description: session.description, expired: { ...found, state: "expired" as const } };
  print({ options, io }, report, () => expiredText(found));
}

function print({ options, io }: Pick<Running, "options" | "io">, report: SilenceReport, text: () => string): void {
  io.progress.stop();
  const shown = options.output === "json" ? silenceJson(report, EXIT.done) : text();
  io.result.stream.write(outgoing.redacted(shown, "long"));
}

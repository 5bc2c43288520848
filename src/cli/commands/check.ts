import { checkQueries, type CheckInput, type CheckResult } from "../../check/check.ts";
import { checkFindings, findingOf, isFinding, isNote, type CheckFinding } from "../../check/findings.ts";
import { directBackend } from "../../check/direct-backend.ts";
import { grafanaBackend, sandboxSkips } from "../../check/grafana-backend.ts";
import type { Backend, KnownSource, Range } from "../../check/model.ts";
import { isBroken, ruleStatuses } from "../../check/rule-status.ts";
import { parseTime } from "../../check/time.ts";
import { address } from "../../engine/model.ts";
import { mustSelectResources } from "../../engine/code-goal.ts";
import { readLive } from "../../engine/live.ts";
import { withNamedTargets } from "../../engine/named-targets.ts";
import type { Code } from "../../code/desired.ts";
import { kinds } from "../../kinds/index.ts";
import type { PlacedFinding } from "../../lint/places.ts";
import { checkJson } from "../../report/check-json.ts";
import { checkText } from "../../report/check.ts";
import { findingAnnotations, placeOf } from "../../report/github.ts";
import { ruleStatusText } from "../../report/rule-status.ts";
import { ruleStatusJson } from "../../report/rule-status-json.ts";
import { writeCommands } from "../../secrets/outgoing.ts";
import { EXIT, UsageError, type ExitCode } from "../../util/errors.ts";
import { readCode, type CheckedCode } from "../code.ts";
import { closeAll, directClients, type Urls } from "../direct-clients.ts";
import { ioOf, type Io } from "../io.ts";
import { textOfFile } from "../lint-code.ts";
import { selectorOf, type CommonOptions } from "../options.ts";
import { openSession, targetFor } from "../session.ts";
import { stoppable } from "../stoppable.ts";
import { checkedUrl } from "../target.ts";

export interface CheckOptions extends CommonOptions {
  readonly prometheus?: string;
  readonly loki?: string;
  readonly from: string;
  readonly to: string;
  /** Seconds. */
  readonly timeout: number;
  readonly rules?: boolean;
  readonly failOn: "error" | "no-data";
}

/** Runs the queries of the code, through Grafana or directly. Writes nothing. */
export async function check(options: CheckOptions): Promise<ExitCode> {
  const io = ioOf(options);
  const range = rangeOf(options);
  const urls = urlsOf(options);
  const code = await readCode(options, io.errors);
  mustSelectResources(options.only, new Set(code.desired.map(address)));
  if (options.rules === true) return rules(code, options, io);
  const { result, description } =
    urls === undefined ? await throughGrafana(code, options, range, io) : await directly(code, options, range, urls);
  io.progress.stop();
  const { items, interrupted } = result;
  const { directory } = code.loadedConfig;
  const files = { directory, read: textOfFile };
  const [findings, notes] = [await checkFindings(items, files), await checkFindings(items, files, isNote)];
  const fails = items.some(
    ({ state, queries }) =>
      state === "error" || (state === "no-data" && options.failOn === "no-data" && queries.some(isFinding)),
  );
  const exitCode = interrupted ? EXIT.cancelled : fails ? EXIT.failure : EXIT.done;
  const report = { items, findings, notes, interrupted, range, description };
  if (options.output === "json") io.result.stream.write(checkJson(report, exitCode));
  else io.result.stream.write(checkText(report, io.result));
  const place = placeOf(directory, process.env);
  if (place) {
    writeCommands(io.errors.stream, findingAnnotations(placedFindings(findings), place));
  }
  return exitCode;
}

/** The texts of a resource before a change. Undefined: the change creates it. */
export type TextsBefore = (address: string) => ReadonlySet<string> | undefined;

/** Runs the queries that a change adds to these resources, through Grafana. Returns those that fail or have no data. */
export async function checkChanged(
  code: CheckedCode,
  given: Omit<CheckOptions, "from" | "to" | "timeout" | "failOn">,
  { changed, before, io }: { readonly changed: ReadonlySet<string>; readonly before: TextsBefore; readonly io: Io },
): Promise<PlacedFinding[]> {
  if (changed.size === 0) return [];
  const options = { ...given, only: [...changed], from: "now-1h", to: "now", timeout: 30, failOn: "error" } as const;
  const isNew = (name: string, text: string) => before(name)?.has(text) !== true;
  const { result } = await throughGrafana(code, options, rangeOf(options), io, isNew);
  const { directory } = code.loadedConfig;
  const isWanted = (query: CheckFinding["query"]) => isFinding(query) || isNote(query);
  return placedFindings(await checkFindings(result.items, { directory, read: textOfFile }, isWanted));
}

function placedFindings(findings: readonly CheckFinding[]): PlacedFinding[] {
  return findings.map(({ item, query, place }) => ({ ...findingOf(item, query), ...(place ? { place } : {}) }));
}

/** Shows what Grafana reports about the rules of the code. */
async function rules(code: CheckedCode, options: CheckOptions, io: Io): Promise<ExitCode> {
  const session = await openSession(code.loadedConfig, options, io.progress.emit, code.desired);
  try {
    const selected = code.desired.filter(selectorOf(options.only));
    const statuses = await ruleStatuses(session.context.grafana.client, selected, kinds);
    io.progress.stop();
    const exitCode = statuses.some(isBroken) ? EXIT.failure : EXIT.done;
    const { description } = session;
    io.result.stream.write(
      options.output === "json"
        ? ruleStatusJson(statuses, description, exitCode)
        : ruleStatusText(statuses, description, io.result),
    );
    return exitCode;
  } finally {
    await session.close();
  }
}

interface Checked {
  readonly result: CheckResult;
  readonly description: string;
}

async function throughGrafana(
  code: CheckedCode,
  options: CheckOptions,
  range: Range,
  io: Io,
  isWanted?: CheckInput["isWanted"],
): Promise<Checked> {
  const given = await targetFor(code.loadedConfig, options);
  const target =
    given.type === "grafana" ? { ...given, client: { ...given.client, timeout: options.timeout * 1000 } } : given;
  const session = await openSession(code.loadedConfig, options, io.progress.emit, code.desired, target);
  try {
    const { context, description } = session;
    const named = new Set(code.mapping?.namedKinds);
    const live = await readLive(
      context,
      [...kinds.values()].filter(({ name }) => named.has(name)),
      io.progress.emit,
    );
    const now = withNamedTargets(code, live, kinds, () => false);
    const backend = await grafanaBackend(context.grafana.client, given.type === "sandbox" ? sandboxSkips : undefined);
    return { description, result: await run(now, backend, options, range, isWanted) };
  } finally {
    await session.close();
  }
}

async function directly(code: CheckedCode, options: CheckOptions, range: Range, urls: Urls): Promise<Checked> {
  const clients = await directClients(urls, options);
  try {
    const sources = code.desired.flatMap((one): KnownSource[] => {
      const source = kinds.get(one.kind)?.lint?.linted(one).source;
      return source ? [source] : [];
    });
    const existing = code.expected.filter(({ reference }) => kinds.get(reference.kind)?.mappable?.type !== undefined);
    const backend = directBackend(clients, sources, new Set(existing.map(({ reference }) => reference.id)));
    const description = Object.values(urls).join(" and ");
    return { description, result: await run(code, backend, options, range) };
  } finally {
    closeAll(clients);
  }
}

async function run(
  { desired }: Pick<Code, "desired">,
  backend: Backend,
  options: CheckOptions,
  range: Range,
  isWanted?: CheckInput["isWanted"],
): Promise<CheckResult> {
  const isSelected = selectorOf(options.only);
  const chosen = new Set(desired.filter(isSelected).map(address));
  return stoppable((signal) =>
    checkQueries({
      desired,
      selected: (one) => chosen.has(address(one)),
      kinds,
      backend,
      range,
      concurrency: options.concurrency ?? 8,
      signal,
      ...(isWanted ? { isWanted } : {}),
    }),
  );
}

function rangeOf({ from, to }: CheckOptions): Range {
  const now = Date.now();
  const [start, end] = [timeOf(from, "--from", now), timeOf(to, "--to", now)];
  if (start < end) return { from: start, to: end };
  throw new UsageError(
    `--from ${from} is not before --to ${to}`,
    "Use a range such as --from now-6h.",
    "option-invalid",
  );
}

function timeOf(text: string, option: string, now: number): number {
  const time = parseTime(text, now);
  if (time !== undefined) return time;
  throw new UsageError(
    `${option}: invalid time "${text}"`,
    "Use `now`, a time before it such as `now-6h`, or a date such as 2026-11-30T12:00:00Z.",
    "option-invalid",
  );
}

/** The URLs of datasources that are asked without Grafana. Undefined: there are none. */
function urlsOf({ prometheus, loki, url, sandbox, rules }: CheckOptions): Urls | undefined {
  if (prometheus === undefined && loki === undefined) return undefined;
  if (url !== undefined || sandbox === true || rules === true)
    throw new UsageError(
      `${prometheus === undefined ? "--loki" : "--prometheus"} can't be combined with ${rules === true ? "--rules" : url === undefined ? "--sandbox" : "--url"}`,
      "With the URL of a datasource, Grafana is not used.",
      "option-conflict",
    );
  return {
    ...(prometheus === undefined ? {} : { prometheus: checkedUrl(prometheus.trim(), "--prometheus") }),
    ...(loki === undefined ? {} : { loki: checkedUrl(loki.trim(), "--loki") }),
  };
}

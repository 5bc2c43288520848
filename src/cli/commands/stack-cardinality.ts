import { join, relative } from "node:path";
import { changesSince, readHistory, runOf, writeHistory, type History } from "../../cardinality/history.ts";
import { lokiCardinality } from "../../cardinality/loki.ts";
import { TABLES, type Cardinality, type Entry, type Table } from "../../cardinality/model.ts";
import { isSynthetic, jobsOf, literalPattern, prometheusCardinality } from "../../cardinality/prometheus.ts";
import { CONFIG_NAMES } from "../../code/config.ts";
import { configAbove } from "../../code/find-config.ts";
import { kinds } from "../../kinds/index.ts";
import { cardinalityJson } from "../../report/stack-cardinality-json.ts";
import { cardinalityText, type DropAdvice, type ShownEntry, type ShownServer } from "../../report/stack-cardinality.ts";
import { outgoing } from "../../secrets/outgoing.ts";
import { metricReaders } from "../../stack/context.ts";
import { dropSettingOf } from "../../stack/drop-settings.ts";
import type { Users } from "../../usage/users.ts";
import { EXIT, fileError, type ExitCode } from "../../util/errors.ts";
import { countOf } from "../../util/plural.ts";
import { serversFor, type Server } from "../cardinality-servers.ts";
import { readCode, type CheckedCode } from "../code.ts";
import { ioOf, type Io } from "../io.ts";
import { loadStack, stackDirectory, type LoadedStack } from "../stack-config.ts";

export interface StackCardinalityOptions {
  readonly config?: string;
  readonly env?: string;
  readonly prometheus?: string;
  readonly loki?: string;
  /** Rows of each table. */
  readonly limit: number;
  /** Seconds. */
  readonly timeout: number;
  readonly output: "text" | "json";
  readonly color: boolean;
}

/** Shows what Prometheus and Loki store most of, what uses it, and what can be dropped. Writes only the counts, for the next run. */
export async function stackCardinality(options: StackCardinalityOptions): Promise<ExitCode> {
  const io = ioOf(options);
  const loaded = await loadStack(options.config, process.cwd());
  const { servers, notes, close } = await serversFor(options, loaded);
  try {
    const code = await codeOf(options, io);
    const file = join(stackDirectory(loaded.directory), "cardinality.json");
    const history = await readHistory(file);
    const now = Date.now();
    const found = await Promise.all(servers.map((server) => resultOf(server, { code, history, loaded, now, options })));
    const runs = Object.fromEntries(found.flatMap(({ run }) => Object.entries(run)));
    const kept = await keep(file, { ...history, ...runs });
    const damaged = `${relative(process.cwd(), file)} was damaged, so the changes since the last run are unknown.`;
    const result = {
      servers: found.map(({ shown }) => shown),
      advice: found.flatMap(({ advice }) => advice),
      notes: [
        ...notes,
        ...found.flatMap((one) => one.notes),
        ...(code === undefined ? ["There is no grafana.config.ts, so it is unknown what uses these names."] : []),
        ...(history === undefined ? [damaged] : []),
        ...kept,
      ],
    };
    const exitCode = result.servers.some((server) => "problem" in server) ? EXIT.failure : EXIT.done;
    const text = options.output === "json" ? cardinalityJson(result, exitCode) : cardinalityText(result, io.result);
    io.result.stream.write(outgoing.redacted(text, "long"));
    return exitCode;
  } finally {
    close();
  }
}

/** The resources of the project; undefined if there is no configuration. */
async function codeOf({ env }: StackCardinalityOptions, io: Io): Promise<CheckedCode | undefined> {
  if (configAbove(process.cwd(), CONFIG_NAMES) === undefined) return undefined;
  return readCode(env === undefined ? {} : { env }, io.errors);
}

interface Around {
  readonly code: CheckedCode | undefined;
  readonly history: History | undefined;
  readonly loaded: LoadedStack;
  readonly now: number;
  readonly options: StackCardinalityOptions;
}

interface Result {
  readonly shown: ShownServer;
  readonly advice: readonly DropAdvice[];
  readonly notes: readonly string[];
  /** What the next run compares with. */
  readonly run: History;
}

async function resultOf(server: Server, around: Around): Promise<Result> {
  const { type, url, read } = server;
  const about = { type, url };
  try {
    const found = type === "prometheus" ? await prometheusCardinality(read) : await lokiCardinality(read, around.now);
    const key = `${type} ${url}`;
    const before = around.history?.[key];
    const used = around.code && (await usedIn(server, around.code, ownReaders(around)));
    const changeOf = changesSince(before);
    const shownEntry = (table: Table, entry: Entry): ShownEntry => {
      const change = changeOf(table, entry);
      return { ...entry, ...(change ? { change } : {}), ...(used ? { usedBy: used.by[table](entry) } : {}) };
    };
    const rows = (table: Table) =>
      found[table].list.slice(0, around.options.limit).map((entry) => shownEntry(table, entry));
    const advised = used && type === "prometheus" ? await adviceOn(server, found, used, around) : undefined;
    return {
      shown: {
        ...about,
        ...(before === undefined ? {} : { since: before.time, change: found.total - before.total }),
        total: found.total,
        ...(Object.fromEntries(TABLES.map((table) => [table, rows(table)])) as Record<Table, ShownEntry[]>),
      },
      advice: advised?.advice ?? [],
      notes: advised?.notes ?? [],
      run: { [key]: runOf(found, around.now) },
    };
  } catch (error) {
    const problem = server.problem(error);
    if (!problem) throw error;
    return { shown: { ...about, ...problem }, advice: [], notes: [], run: {} };
  }
}

/** The services of the stack that query metrics, if the servers can be those of the stack. */
function ownReaders({ loaded, options }: Around): ReturnType<typeof metricReaders> {
  return isStack({ loaded, options }) ? metricReaders(loaded.stack) : [];
}

/** Whether the stack's definition can be that of the servers. */
function isStack({ loaded, options }: Pick<Around, "loaded" | "options">): boolean {
  return options.prometheus === undefined || loaded.file !== undefined;
}

interface Used {
  readonly by: Readonly<Record<Table, (entry: Entry) => readonly string[]>>;
  readonly users: Users;
  /** The metrics that recording rules make. */
  readonly recorded: ReadonlySet<string>;
  readonly notes: readonly string[];
}

async function usedIn(
  { type, read }: Server,
  { desired, loadedConfig }: CheckedCode,
  readers: ReturnType<typeof metricReaders>,
): Promise<Used> {
  // The grammars are loaded only here.
  const { projectOf } = await import("../../lint/lint.ts");
  const { rulesOf } = await import("../../usage/metrics.ts");
  const { readersOf, usersOf } = await import("../../usage/users.ts");
  const source = { uid: "", name: "", type, isDefault: true };
  const backend = { read: (_source: unknown, ...asked: Parameters<typeof read>) => read(...asked) };
  const rules = type === "prometheus" ? await rulesOf(backend, source) : [];
  const project = projectOf(desired, kinds, loadedConfig.config.lint ?? {});
  const users = usersOf(project, desired, {
    language: type === "prometheus" ? "promql" : "logql",
    rules: (rules ?? []).map(({ query }) => query),
  });
  return {
    by: {
      metrics: ({ name }) => [...users.metric(name), ...readersOf(readers, name)],
      labels: ({ name }) => users.label(name),
      values: ({ name, value = "" }) => users.value(name, value),
    },
    users,
    recorded: new Set((rules ?? []).flatMap(({ records }) => records ?? [])),
    notes: [
      ...(rules ? [] : ["The rules of Prometheus were not searched, because it doesn't serve /api/v1/rules."]),
      ...(users.open > 0
        ? [`In ${countOf(users.open, "query")}, a variable selects the metric, so they can use more metrics.`]
        : []),
      ...(users.unread > 0 ? [`Not searched, because of their languages: ${countOf(users.unread, "query")}.`] : []),
    ],
  };
}

/** The settings that drop the largest metrics that nothing uses. */
async function adviceOn(
  { read, problem }: Server,
  found: Cardinality,
  used: Used,
  around: Around,
): Promise<Pick<Result, "advice" | "notes">> {
  if (!used.users.hasMetrics)
    return { advice: [], notes: ["The code uses no metric, so none is suggested to be dropped."] };
  const unused = found.metrics.list
    .filter((entry) => !isSynthetic(entry.name) && !used.recorded.has(entry.name))
    .filter((entry) => used.by.metrics(entry).length === 0)
    .slice(0, around.options.limit)
    .map(({ name }) => name);
  try {
    const series = await jobsOf(read, unused, around.now);
    const advice = adviceFor(series, around);
    const only = "Dashboards and alerts that are only in Grafana were not searched.";
    return { advice, notes: advice.length === 0 ? [] : [...used.notes, only] };
  } catch (error) {
    const known = problem(error);
    if (!known) throw error;
    return { advice: [], notes: [`The jobs of unused metrics are unknown: ${known.problem}`] };
  }
}

function adviceFor(series: Awaited<ReturnType<typeof jobsOf>>, around: Around): DropAdvice[] {
  const { stack, file } = around.loaded;
  const settingOf = (job: string) => (isStack(around) ? dropSettingOf(stack, job) : undefined);
  const groups = Map.groupBy(series, ({ job }) => settingOf(job)?.path ?? `job ${job}`);
  return [...groups.values()]
    .map((group): DropAdvice => {
      const sums = new Map<string, number>();
      for (const { metric, series } of group) sums.set(metric, (sums.get(metric) ?? 0) + series);
      const metrics = [...sums]
        .map(([name, sum]) => ({ name, series: sum }))
        .toSorted((a, b) => b.series - a.series || (a.name < b.name ? -1 : 1));
      const jobs = [...new Set(group.map(({ job }) => job))].toSorted();
      const patterns = metrics.map(({ name }) => literalPattern(name));
      const setting = settingOf(jobs[0] ?? "");
      return {
        jobs,
        metrics,
        series: metrics.reduce((sum, one) => sum + one.series, 0),
        file: setting
          ? relative(process.cwd(), file ?? join(around.loaded.directory, "stack.config.ts"))
          : "prometheus.yml",
        setting: setting ? setting.text([...setting.drop, ...patterns]) : relabeling(patterns),
      };
    })
    .toSorted((a, b) => b.series - a.series);
}

/** For a Prometheus that is not the stack's. JSON strings are valid YAML. */
function relabeling(patterns: readonly string[]): string {
  return `metric_relabel_configs:\n  - { source_labels: [__name__], regex: ${JSON.stringify(patterns.join("|"))}, action: drop }`;
}

/** Saves what the next run compares with. Returns why it can't. */
async function keep(file: string, history: History): Promise<string[]> {
  try {
    await writeHistory(file, history, (text) => outgoing.redacted(text));
    return [];
  } catch (error) {
    const known = fileError(error);
    if (!known) throw error;
    return [`The next run can't show changes: ${known.message}`];
  }
}

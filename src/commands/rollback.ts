import { basename, resolve } from "node:path";
import { loadConfig, runsOf } from "../config.ts";
import type { Emit } from "../engine/events.ts";
import { readLive, sameVersions, type Live } from "../engine/live.ts";
import { undoNotesOf } from "../engine/ownership.ts";
import { NOTHING, type Plan, type Prepared, type Selection } from "../engine/plan.ts";
import { address, type KindContext } from "../engine/resource.ts";
import { makeUndo, type Former } from "../engine/undo.ts";
import { EXIT, ProvisionError, UsageError, type ExitCode } from "../errors.ts";
import { kinds } from "../kinds/index.ts";
import { jsonRuns } from "../report/json.ts";
import { runsText, summariesOf } from "../report/runs.ts";
import { formersOf, namedInRun } from "../runs/load.ts";
import { formerPlaces } from "../runs/places.ts";
import { listRuns, readRun, type BrokenRun, type StoredRun } from "../runs/store.ts";
import { carryOut } from "./carry-out.ts";
import { consentToDeletions, driftConsent, showPlan } from "./consent.ts";
import { withAuthors } from "./authors.ts";
import { ioOf } from "./io.ts";
import { selectionOf, selectorOf, type CommonOptions } from "./options.ts";
import type { SecretUse } from "../secrets.ts";
import { NO_CODE, openSession, unseenOf, withLedger, type Session } from "./run.ts";
import { isSame, mustBeSame } from "./same-target.ts";
import { samePlan, type Agreed } from "./turn.ts";

export interface RollbackOptions extends CommonOptions {
  readonly yes?: boolean;
  readonly overwriteDrift?: readonly string[] | true;
  readonly maxDeletes?: number;
  /** Seconds to wait for another run of this project. */
  readonly lockTimeout?: number;
}

/** Lists the runs of this project, or brings back what was there before one of them. */
export async function rollback(name: string | undefined, options: RollbackOptions): Promise<ExitCode> {
  const io = ioOf(options);
  const loadedConfig = await loadConfig(options.config, process.cwd());
  const { project } = loadedConfig.config;
  const all = await listRuns(runsOf(loadedConfig).directory);
  const runs = all.filter((run) => !("record" in run) || run.record.project === project);
  if (name === undefined) {
    const summaries = summariesOf(runs);
    io.result.stream.write(options.output === "json" ? jsonRuns(summaries) : runsText(summaries, io.result));
    return EXIT.done;
  }

  const session = await openSession(loadedConfig, options, io.progress.emit, NO_CODE);
  try {
    const run = await chosen(name, runs, session);
    mustBeSame(`The run ${run.id}`, run.record, session);
    const asked = selectionOf(options.overwriteDrift, "--overwrite-drift");
    const overwriteDrift = session.target.drift === "overwrite" ? { ...asked, all: true } : asked;
    const { command, startedAt } = run.record;
    const description = `${session.description}\nUndoing the run ${run.id}: ${command} of ${startedAt}`;
    const about = { project, owner: run.record.owner, target: run.record.target };
    const placesNow = (name: string) => formerPlaces(runs, about, name).places;
    const agree = async (before?: { readonly shown: Plan; readonly overwriteDrift: Selection }): Promise<Agreed> => {
      const later = laterChanges(run, runs);
      const undoing = await compareWithRun(run, later, { session, options, placesNow, emit: io.progress.emit });
      io.progress.stop();
      const shown = undoing.plan(overwriteDrift).plan;
      let consent = before;
      if (!consent || !samePlan(consent.shown, shown)) {
        showPlan(shown, { description }, options, io, before !== undefined);
        consent = { shown, overwriteDrift: await driftConsent(shown, overwriteDrift, options) };
        await consentToDeletions(undoing.plan(consent.overwriteDrift).plan, options);
      }
      const prepared = undoing.plan(consent.overwriteDrift);
      return { ...undoing, prepared, again: () => agree(consent) };
    };
    return await carryOut("rollback", await agree(), session, options, io, run.id);
  } finally {
    io.progress.stop();
    await session.close();
  }
}

/** The run of this name, of the folder at this path, or the newest one of this Grafana. */
async function chosen(name: string, runs: readonly (StoredRun | BrokenRun)[], session: Session): Promise<StoredRun> {
  const readable = runs.filter((run) => "record" in run);
  const found =
    name === "latest"
      ? readable.find(({ record }) => isSame(record, session))
      : (runs.find(({ id }) => id === name) ??
        (/[/\\]/.test(name) ? await readRun(resolve(name), basename(resolve(name))) : undefined));
  if (found && "record" in found) return found;
  if (found)
    throw new ProvisionError(`The run ${found.id} can't be undone: ${found.problem}`, { exitCode: EXIT.failure });
  const known = readable.slice(0, 3).map(({ id }) => id);
  throw new UsageError(
    name === "latest" ? "No run of this Grafana is kept here" : `There is no run ${name} in ${session.runs.directory}`,
    known.length > 0
      ? `The newest are ${known.join(", ")}; \`rollback\` alone lists them all.`
      : "None is kept here: a folder elsewhere is named by its path.",
  );
}

/** Which run changed an object last, of those after this one. */
function laterChanges(run: StoredRun, runs: readonly (StoredRun | BrokenRun)[]): ReadonlyMap<string, string> {
  const later = runs.flatMap((one) => ("record" in one && one.id > run.id ? [one] : [])).toReversed();
  return new Map(
    later.flatMap(({ id, record }) =>
      record.changes.flatMap((change) => (change.status === "done" ? [[address(change), id] as const] : [])),
    ),
  );
}

interface Undoing extends Pick<Agreed, "context" | "isCurrent"> {
  plan(overwriteDrift: Selection): Prepared;
}

async function compareWithRun(
  run: StoredRun,
  later: ReadonlyMap<string, string>,
  {
    session,
    options,
    placesNow,
    emit,
  }: {
    session: Session;
    options: RollbackOptions;
    placesNow: (name: string) => readonly SecretUse[] | undefined;
    emit: Emit;
  },
): Promise<Undoing> {
  const all = [...kinds.values()];
  const opened = await withLedger(session.context, all);
  const lacking = new Map<string, string>();
  const listed = await readLive(opened, all, emit, { unseen: lacking, doomed: () => true });
  const changes = await formersOf(opened, kinds, run);
  const context = { ...opened, secrets: opened.secrets.namedBy(namedInRun(run, changes, kinds)) };
  mustNameChanges(changes, options);
  const live = await complete(context, listed, changes);
  const { ledgerFolder } = run.record;
  const read = () => readLive(context, all, () => {}, { unseen: new Map(), doomed: () => true });
  const plan = (overwriteDrift: Selection): Prepared =>
    makeUndo({
      project: session.project,
      owner: context.owner,
      kinds,
      changes,
      live,
      ledger: context.ledger,
      ...(ledgerFolder === null ? {} : { ledgerFolder }),
      secrets: context.secrets,
      selected: selectorOf(options.only),
      overwriteDrift,
      permissions: context.grafana.permissions,
      unseen: unseenOf(lacking, listed, []),
      later,
      placesNow,
      notes: undoNotesOf(context),
    });
  return {
    context,
    isCurrent: async () => sameVersions(kinds, listed, await read()),
    plan: await withAuthors(context.grafana, plan, NOTHING),
  };
}

/** The bodies of what the run changed; the list gives those of others without. */
async function complete(context: KindContext, live: Live, changes: readonly Former[]): Promise<Live> {
  const names = new Set(changes.map(address));
  const lists = [...live].map(async ([name, objects]) => {
    const wanted = objects.filter((object) => !object.complete && names.has(address({ kind: name, id: object.id })));
    const found = wanted.length > 0 ? ((await kinds.get(name)?.read?.(context, wanted)) ?? []) : [];
    const whole = new Map(found.map((object) => [object.id, object]));
    const gone = new Set(wanted.map(({ id }) => id).filter((id) => !whole.has(id)));
    const all = objects.filter(({ id }) => !gone.has(id)).map((object) => whole.get(object.id) ?? object);
    return [name, all] as const;
  });
  return new Map(await Promise.all(lists));
}

/** A name that the run has nothing of is a typing mistake, and would silently select nothing. */
function mustNameChanges(changes: readonly Former[], options: RollbackOptions): void {
  const names = new Set(changes.map(address));
  const { addresses } = selectionOf(options.overwriteDrift, "--overwrite-drift");
  const selected = selectorOf(options.only);
  const unknown = [...addresses].find((name) => !names.has(name));
  if (unknown !== undefined) throw new UsageError(`--overwrite-drift ${unknown}: the run changed no such object`);
  if (options.only && !changes.some(selected)) {
    throw new UsageError(`--only ${options.only.join(" ")}: the run changed no such object`);
  }
}

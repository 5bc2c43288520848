import type { ExitCode } from "../errors.ts";
import { readLive, sameVersions } from "../engine/live.ts";
import { makePlan, NOTHING, type Plan } from "../engine/plan.ts";
import { loadConfig, type LoadedConfig } from "../config.ts";
import { notesOf } from "../engine/ownership.ts";
import { kinds } from "../kinds/index.ts";
import { carryOut } from "./carry-out.ts";
import { consentToDeletions, showPlan } from "./consent.ts";
import { withAuthors } from "./authors.ts";
import { ioOf, type Io } from "./io.ts";
import { selectorOf, type CommonOptions } from "./options.ts";
import { openSession, unseenOf, withLedger, type Session } from "./run.ts";
import { samePlan, type Agreed } from "./turn.ts";

export interface DestroyOptions extends CommonOptions {
  readonly yes?: boolean;
  readonly maxDeletes: number;
  /** Seconds to wait for another run of this project. */
  readonly lockTimeout?: number;
}

/** Deletes everything that the project owns in Grafana, whatever the code says now. Nobody else's is touched. */
export async function destroy(options: DestroyOptions): Promise<ExitCode> {
  const io = ioOf(options);
  const loadedConfig = await loadConfig(options.config, process.cwd());
  const session = await openSession(loadedConfig, options, io.progress.emit);
  try {
    const agree = async (before?: Plan): Promise<Agreed> => {
      const { context, prepared, isCurrent } = await everythingOwned(loadedConfig, session, options, io);
      const { plan } = prepared;
      if (!before || !samePlan(before, plan)) {
        showPlan(plan, session, options, io, before !== undefined);
        await consentToDeletions(plan, options);
      }
      return { context, prepared, isCurrent, again: () => agree(plan) };
    };
    return await carryOut("destroy", await agree(), session, options, io);
  } finally {
    io.progress.stop();
    await session.close();
  }
}

/** Reads all that the project owns, and plans to delete it. */
async function everythingOwned(
  { config: { project } }: LoadedConfig,
  session: Session,
  options: DestroyOptions,
  { progress }: Io,
): Promise<Omit<Agreed, "again">> {
  const all = [...kinds.values()];
  const context = await withLedger(session.context, all);
  const selected = selectorOf(options.only);
  const lacking = new Map<string, string>();
  const live = await readLive(context, all, progress.emit, { unseen: lacking, doomed: selected });
  const prepared = makePlan({
    project,
    owner: context.owner,
    ledger: context.ledger,
    notes: notesOf(context),
    kinds,
    comparisons: [],
    live,
    declared: new Set(),
    selected,
    adopt: NOTHING,
    // It takes everything that is owned, as it is now.
    overwriteDrift: { all: true, addresses: new Set() },
    prune: true,
    permissions: context.grafana.permissions,
    unseen: unseenOf(lacking, live, []),
  });
  const named = await withAuthors(context.grafana, () => prepared, NOTHING);
  progress.stop();
  const read = () => readLive(context, all, () => {}, { unseen: new Map(), doomed: selected });
  return { context, prepared: named(NOTHING), isCurrent: async () => sameVersions(kinds, live, await read()) };
}

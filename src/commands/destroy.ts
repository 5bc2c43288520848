import type { ExitCode } from "../errors.ts";
import { readLive, sameVersions } from "../engine/live.ts";
import { makePlan, NOTHING, type Plan, type Prepared, type Selection } from "../engine/plan.ts";
import { loadConfig, type LoadedConfig } from "../config.ts";
import { notesOf } from "../engine/ownership.ts";
import { kinds } from "../kinds/index.ts";
import { carryOut } from "./carry-out.ts";
import { consentToDeletions, driftConsent, showPlan } from "./consent.ts";
import { withAuthors } from "./authors.ts";
import { ioOf, type Io } from "./io.ts";
import { mustNameOwned } from "./named-resources.ts";
import { selectionOf, selectorOf, type CommonOptions } from "./options.ts";
import { NO_CODE, openSession, unseenOf, withLedger, type Session } from "./run.ts";
import { samePlan, type Agreed } from "./turn.ts";

export interface DestroyOptions extends CommonOptions {
  readonly yes?: boolean;
  readonly overwriteDrift?: readonly string[] | true;
  readonly maxDeletes?: number;
  /** Seconds to wait for another run of this project. */
  readonly lockTimeout?: number;
}

/**
 * Deletes everything that the project owns in Grafana, whatever the code says now, but for what was changed there since
 * the last apply. Other objects are left alone.
 */
export async function destroy(options: DestroyOptions): Promise<ExitCode> {
  const io = ioOf(options);
  const loadedConfig = await loadConfig(options.config, process.cwd());
  const session = await openSession(loadedConfig, options, io.progress.emit, NO_CODE);
  const asked = selectionOf(options.overwriteDrift, "--overwrite-drift");
  const overwriteAll = session.target.drift === "overwrite" ? { ...asked, all: true } : asked;
  try {
    const agree = async (before?: Consent): Promise<Agreed> => {
      const { plan, ...owned } = await everythingOwned(loadedConfig, session, options, io);
      const consent = await consentTo(plan, overwriteAll, session, options, io, before);
      return { ...owned, prepared: plan(consent.overwriteDrift), again: () => agree(consent) };
    };
    return await carryOut("destroy", await agree(), session, options, io);
  } finally {
    io.progress.stop();
    await session.close();
  }
}

/** What the user agreed to, having seen a plan. */
interface Consent {
  readonly shown: Plan;
  readonly overwriteDrift: Selection;
}

async function consentTo(
  plan: Owned["plan"],
  overwriteDrift: Selection,
  session: Session,
  options: DestroyOptions,
  io: Io,
  before?: Consent,
): Promise<Consent> {
  const shown = plan(overwriteDrift).plan;
  if (before && samePlan(before.shown, shown)) return before;
  showPlan(shown, session, options, io, before !== undefined);
  const consent = { shown, overwriteDrift: await driftConsent(shown, overwriteDrift, options) };
  await consentToDeletions(plan(consent.overwriteDrift).plan, options);
  return consent;
}

interface Owned extends Pick<Agreed, "context" | "isCurrent"> {
  readonly plan: (overwriteDrift: Selection) => Prepared;
}

/** Reads everything that the project owns. */
async function everythingOwned(
  { config: { project } }: LoadedConfig,
  session: Session,
  options: DestroyOptions,
  { progress }: Io,
): Promise<Owned> {
  const all = [...kinds.values()];
  const context = await withLedger(session.context, all);
  const selected = selectorOf(options.only);
  const lacking = new Map<string, string>();
  const live = await readLive(context, all, progress.emit, { unseen: lacking, doomed: selected });
  mustNameOwned(selectionOf(options.overwriteDrift, "--overwrite-drift"), live, new Set());
  const plan: Owned["plan"] = (overwriteDrift) =>
    makePlan({
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
      overwriteDrift,
      prune: true,
      permissions: context.grafana.permissions,
      unseen: unseenOf(lacking, live, []),
    });
  const named = await withAuthors(context.grafana, plan, NOTHING);
  progress.stop();
  const read = () => readLive(context, all, () => {}, { unseen: new Map(), doomed: selected });
  return { context, plan: named, isCurrent: async () => sameVersions(kinds, live, await read()) };
}

import type { ExitCode } from "../errors.ts";
import { readLive } from "../engine/live.ts";
import { makePlan, NOTHING } from "../engine/plan.ts";
import { loadConfig } from "../config.ts";
import { notesOf } from "../engine/ownership.ts";
import { kinds } from "../kinds/index.ts";
import { planText } from "../report/text.ts";
import { carryOut, consentToDeletions } from "./apply.ts";
import { ioOf } from "./io.ts";
import { selectorOf, type CommonOptions } from "./options.ts";
import { openSession, unseenOf, withLedger } from "./run.ts";

export interface DestroyOptions extends CommonOptions {
  readonly yes?: boolean;
  readonly maxDeletes: number;
}

/** Deletes everything that the project owns in Grafana, whatever the code says now. Nobody else's is touched. */
export async function destroy(options: DestroyOptions): Promise<ExitCode> {
  const io = ioOf(options);
  const loadedConfig = await loadConfig(options.config, process.cwd());
  const session = await openSession(loadedConfig, options, io.progress.emit);
  try {
    const all = [...kinds.values()];
    const context = await withLedger(session.context, all);
    const selected = selectorOf(options.only);
    const lacking = new Map<string, string>();
    const live = await readLive(context, all, io.progress.emit, { unseen: lacking, doomed: selected });
    const prepared = makePlan({
      project: loadedConfig.config.project,
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
    io.progress.stop();
    if (options.output !== "json") {
      io.result.stream.write(`${session.description}\n\n${planText(prepared.plan, io.result)}`);
    }
    await consentToDeletions(prepared.plan, options);
    return await carryOut("destroy", prepared, context, session, options, io);
  } finally {
    io.progress.stop();
    await session.close();
  }
}

import { driftOf, isDrift, readPast, type DriftReport } from "../../engine/drift.ts";
import { propose } from "../../engine/pipeline.ts";
import { NOTHING } from "../../engine/selection.ts";
import type { KindContext } from "../../engine/kind-context.ts";
import type { Past, Save } from "../../engine/model.ts";
import { environment } from "../../secrets/environment.ts";
import { EXIT, type ExitCode } from "../../util/errors.ts";
import { namesOf } from "../../grafana/users.ts";
import { kinds } from "../../kinds/index.ts";
import { driftText } from "../../report/drift.ts";
import { jsonDrift } from "../../report/json.ts";
import { goalOf, readCode } from "../code.ts";
import { ioOf } from "../io.ts";
import { keepIssue } from "../drift-issue.ts";
import type { CommonOptions } from "../options.ts";
import { openSession, sessionOf } from "../session.ts";

export interface DriftOptions extends CommonOptions {
  /** Whether to keep an issue about the drift. */
  readonly issue?: boolean;
  readonly author?: string;
}

/** Shows what was changed in Grafana since the last apply, and by whom. Writes nothing to Grafana. */
export async function drift(options: DriftOptions): Promise<ExitCode> {
  const { result, errors, progress } = ioOf(options);
  const code = await readCode(options, errors);
  const session = await openSession(code.loadedConfig, options, progress.emit, code.desired);
  try {
    // Adopts and prunes, so that objects without a mark and objects that are no longer in the code are compared too.
    const compared = { adopt: { ...NOTHING, all: true }, overwriteDrift: NOTHING };
    const proposal = await propose(session, goalOf(code, options, { prune: true }), compared, progress.emit);
    const { context, comparisons } = proposal;
    const { plan } = await proposal.plan({ adopt: NOTHING, overwriteDrift: NOTHING });
    const { ledger, grafana } = context;
    const about = { plan, comparisons, ledger, marks: grafana.marks, kinds };
    const past = await withNames(context, await readPast(context, about));
    const report = driftOf({ ...about, past });
    progress.stop();
    if (options.issue === true) {
      const { author } = options;
      const about = { owner: context.owner, target: session.description, ...(author === undefined ? {} : { author }) };
      errors.stream.write(`${await keepIssue(report, about, environment())}\n`);
    }
    const exitCode = exitCodeOf(report);
    if (options.output === "json") {
      result.stream.write(jsonDrift({ exitCode, ...sessionOf(session), report }));
      return exitCode;
    }
    result.stream.write(`${session.description}\n\n${driftText(report, result)}`);
    return exitCode;
  } finally {
    progress.stop();
    await session.close();
  }
}

/** Adds the display names of the users who saved. */
async function withNames({ grafana }: KindContext, past: ReadonlyMap<string, Past>): Promise<Map<string, Past>> {
  const names = await namesOf(
    grafana,
    [...past.values()].flatMap(({ saves }) => saves.flatMap(({ by }) => by ?? [])),
  );
  const nameOf = ({ by, ...rest }: Save): Save => {
    const byName = by === undefined ? undefined : names.get(by);
    return {
      ...rest,
      ...(by === undefined ? {} : { by }),
      ...(byName === undefined || byName === by ? {} : { byName }),
    };
  };
  return new Map([...past].map(([name, one]) => [name, { ...one, saves: one.saves.map(nameOf) }]));
}

/** 2 if there is drift; 3 if none was found, but some kinds could not be read. */
function exitCodeOf({ drift: all, unseen }: DriftReport): ExitCode {
  if (all.some(isDrift)) return EXIT.differences;
  return unseen.length > 0 ? EXIT.notAuthorised : EXIT.done;
}

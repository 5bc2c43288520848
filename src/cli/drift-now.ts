import { driftOf, readPast, type DriftReport } from "../engine/drift.ts";
import type { KindContext } from "../engine/kind-context.ts";
import type { Past, Save } from "../engine/model.ts";
import { propose, type Proposal } from "../engine/pipeline.ts";
import { NOTHING } from "../engine/selection.ts";
import type { Emit } from "../engine/events.ts";
import { namesOf } from "../grafana/users.ts";
import { kinds } from "../kinds/index.ts";
import { goalOf, type CheckedCode } from "./code.ts";
import type { CommonOptions } from "./options.ts";
import type { Session } from "./session.ts";

/** Compares the code and Grafana with the last apply. */
export async function driftNow(
  session: Session,
  code: CheckedCode,
  options: CommonOptions,
  emit: Emit,
): Promise<{ readonly report: DriftReport; readonly proposal: Proposal }> {
  // Adopts and prunes, so that objects without a mark and objects that are no longer in the code are compared too.
  const compared = { adopt: { ...NOTHING, all: true }, overwriteDrift: NOTHING };
  const proposal = await propose(session, goalOf(code, options, { prune: true }), compared, emit);
  const { context, comparisons } = proposal;
  const { plan } = await proposal.plan({ adopt: NOTHING, overwriteDrift: NOTHING });
  const about = { plan, comparisons, ledger: context.ledger, marks: context.grafana.marks, kinds };
  const past = await withNames(context, await readPast(context, about));
  return { report: driftOf({ ...about, past }), proposal };
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

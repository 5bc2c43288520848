import type { Emit } from "../engine/events.ts";
import { noLease, takeLease, LEASE_TIMES, type Lease } from "../engine/lease.ts";
import type { Plan, Prepared } from "../engine/plan.ts";
import type { KindContext } from "../engine/resource.ts";
import { equal, toJson } from "../engine/json.ts";
import { Forbidden } from "../grafana/errors.ts";
import type { RunRecord } from "../runs/record.ts";
import type { Session } from "./run.ts";

/** A plan that was agreed to, with what it takes to carry it out. */
export interface Agreed {
  readonly context: KindContext;
  readonly prepared: Prepared;
  /** Whether what was read for it is still what is there. */
  readonly isCurrent: () => Promise<boolean>;
  /** Reads, plans and asks again, as far as the plan is another now. */
  readonly again: () => Promise<Agreed>;
}

export interface TurnOptions {
  readonly session: Session;
  readonly command: RunRecord["command"];
  readonly who: RunRecord["who"];
  /** Seconds. */
  readonly patience?: number;
  readonly signal: AbortSignal;
  readonly emit: Emit;
}

/**
 * Waits until no other run of this project writes, and returns what is to be done then: a plan that was made before
 * another run was done may ask for what nobody wants any more.
 */
export async function takeTurn(
  agreed: Agreed,
  options: TurnOptions,
): Promise<{ readonly lease?: Lease; readonly agreed: Agreed }> {
  const lease = await leaseFor(agreed, options);
  if (!lease) return { agreed };
  try {
    return { lease, agreed: (await agreed.isCurrent()) ? agreed : await agreed.again() };
  } catch (error) {
    await lease.release();
    throw error;
  }
}

async function leaseFor(
  { context: { grafana, owner }, prepared }: Agreed,
  { session, command, who, patience, signal, emit }: TurnOptions,
): Promise<Lease | undefined> {
  // Nobody else reaches the embedded one, and whoever writes nothing is in nobody's way.
  if (session.target.type === "sandbox" || prepared.plan.changes.every(({ left }) => left)) return undefined;
  const note = (message: string) => emit({ type: "note", message });
  const alone = (why: string) =>
    note(`Nothing keeps this run apart from another one of this project at the same time: ${why}.`);
  const why = noLease(grafana);
  if (why !== undefined) {
    // What an older Grafana lacks, the plan says already.
    if (grafana.marks) alone(why);
    return undefined;
  }
  const { user, host, job } = who;
  const named = `${user}@${host}${job === undefined ? "" : ` (${job})`}`;
  const holder = { command, who: session.context.secrets.redacted(named) };
  const times = { ...LEASE_TIMES, ...(patience === undefined ? {} : { patience: patience * 1000 }) };
  try {
    return await takeLease(grafana, { owner, holder, times, note, signal });
  } catch (error) {
    if (!(error instanceof Forbidden)) throw error;
    alone(error.message);
    return undefined;
  }
}

/** Whether two plans say the same, whoever looks at them. */
export function samePlan(a: Plan, b: Plan): boolean {
  return equal(toJson(a), toJson(b));
}

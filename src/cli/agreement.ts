import type { Plan } from "../engine/change.ts";
import type { Consent } from "../engine/pipeline.ts";
import { environmentsText, type EnvironmentPlan } from "../report/environments.ts";
import { failureText } from "../report/failure.ts";
import { EXIT, InvalidCodeError, ProvisionError, type Fault } from "../util/errors.ts";
import { countOf } from "../util/plural.ts";
import type { ApplyOptions } from "./commands/apply-options.ts";
import { confirmChanges, confirmDeletions, consentTo, mustBeWithinLimits } from "./consent.ts";
import { isInteractive, type Io } from "./io.ts";
import { meeting } from "./meeting.ts";

/** The points at which the runs of several environments wait for each other, and what is decided there for all of them. */
export interface Agreement {
  /** Shows all plans and asks for the consent that no option gave. Returns the consent for this environment. */
  review(name: string, plan: Shown): Promise<Consent>;
  /** Asks whether to apply all plans. */
  confirm(name: string, plan: Limited): Promise<void>;
  /** Throws if any environment has faults. */
  ready(name: string, faults: readonly Fault[]): Promise<void>;
  /** The run of this environment ended with an error. */
  fail(name: string, error: unknown): void;
  /** Throws if one of the points was not passed, so that no environment was changed. */
  mustHold(): void;
}

interface Shown {
  readonly plan: Plan;
  readonly description: string;
  readonly consent: Consent;
  readonly hashes?: ReadonlyMap<string, string>;
}

interface Limited {
  readonly plan: Plan;
  readonly owned: number;
}

export function agreementOf(
  names: readonly string[],
  { approved, options, io }: { readonly approved: boolean; readonly options: ApplyOptions; readonly io: Io },
): Agreement {
  const problems = new Map<string, unknown>();
  let refusal: { readonly error: unknown } | undefined;
  const point = <Value, Decision>(decide: (arrived: ReadonlyMap<string, Value>) => Promise<Decision>) =>
    meeting<Value, Decision>(names, async (arrived) => {
      try {
        return await decide(arrived);
      } catch (error) {
        refusal ??= { error };
        throw error;
      }
    });

  const review = point(async (shown: ReadonlyMap<string, Shown>) => {
    // Bad input of one environment is an error before the first write to any.
    const invalid = [...problems.values()].find(isBadInput);
    if (invalid) throw invalid;
    io.progress.stop();
    if (options.output === undefined || options.output === "text")
      io.result.stream.write(environmentsText(plansOf(names, shown, problems), io.result));
    const consents = new Map<string, Consent>();
    for (const environment of names) {
      const one = shown.get(environment);
      if (!one) continue;
      consents.set(
        environment,
        approved ? one.consent : await consentTo(one.plan, one.consent, { ...options, environment }),
      );
    }
    return consents;
  });
  const confirm = point(async (plans: ReadonlyMap<string, Limited>) => {
    for (const { plan, owned } of plans.values()) mustBeWithinLimits(plan, options, owned);
    const changes = [...plans.values()].flatMap(({ plan }) => plan.changes);
    const count = [...plans.values()].filter(({ plan }) => plan.changes.some(({ left }) => !left)).length;
    if (approved) await confirmDeletions({ changes }, isInteractive(options) ? options : { ...options, yes: true });
    else await confirmChanges({ changes }, countOf(count, "environment"), options);
  });
  const ready = point(async (faults: ReadonlyMap<string, readonly Fault[]>) => {
    const all = [...faults].flatMap(([name, own]) =>
      own.map((fault) => ({ ...fault, message: `${fault.message} (in ${name})` })),
    );
    if (all.length > 0) throw new InvalidCodeError(all);
  });
  return {
    review: async (name, plan) => (await review.arrive(name, plan)).get(name) ?? plan.consent,
    confirm: (name, plan) => confirm.arrive(name, plan),
    ready: (name, faults) => ready.arrive(name, faults),
    fail(name, error) {
      problems.set(name, error);
      for (const one of [review, confirm, ready]) one.leave(name);
    },
    mustHold() {
      const invalid = [...problems.values()].find(isBadInput);
      const all = problems.size === names.length;
      if (refusal) throw refusal.error;
      if (invalid && all) throw invalid;
    },
  };
}

function isBadInput(error: unknown): boolean {
  return error instanceof ProvisionError && (error.exitCode === EXIT.usage || error.exitCode === EXIT.invalid);
}

function plansOf(
  names: readonly string[],
  shown: ReadonlyMap<string, Shown>,
  problems: ReadonlyMap<string, unknown>,
): EnvironmentPlan[] {
  return names.map((name) => {
    const plan = shown.get(name);
    return plan ? { name, ...plan } : { name, problem: problemText(problems.get(name)) };
  });
}

/** An error without colors, as one paragraph. */
function problemText(error: unknown): string {
  return failureText(error, { stream: process.stdout, color: false }).trim();
}

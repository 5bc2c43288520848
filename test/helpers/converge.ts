import { expect } from "vitest";
import type { Outcome } from "../../src/engine/events.ts";
import { codeGoal } from "../../src/engine/code-goal.ts";
import { desire } from "../../src/code/desired.ts";
import { execute, propose, type Consent, type Goal, type Proposal, type Workspace } from "../../src/engine/pipeline.ts";
import { NOTHING, type Selection } from "../../src/engine/selection.ts";
import type { Plan } from "../../src/engine/change.ts";
import type { ExecutablePlan } from "../../src/engine/executable-plan.ts";
import { address } from "../../src/engine/model.ts";
import type { KindContext } from "../../src/engine/kind-context.ts";
import { InvalidCodeError } from "../../src/util/errors.ts";
import { kinds } from "../../src/kinds/index.ts";

export interface ConvergeOptions extends Partial<Consent> {
  readonly prune?: boolean;
  /** As with `--only`. Default: all. */
  readonly selected?: Parameters<typeof codeGoal>[0]["selected"];
}

/** Addresses as a selection: `only("dashboard/a")`. */
export function only(...addresses: string[]): Selection {
  return { all: false, addresses: new Set(addresses) };
}

/** The goal of `apply` with these resources as code. Throws `InvalidCodeError`. */
export function goalFor(
  owner: string,
  resources: readonly { kind: string }[],
  { prune = false, selected = () => true }: ConvergeOptions,
): Goal {
  const loaded = resources.map((value, index) => ({
    kind: value.kind,
    value,
    source: { file: "test.ts", export: `default[${index}]` },
  }));
  const code = desire(loaded, kinds, owner);
  if (code.faults.some(({ level }) => level === "error")) throw new InvalidCodeError(code.faults);
  return codeGoal({ code, configFile: "grafana.config.ts", prune, selected });
}

/** A workspace whose project has the name of its owner. */
export function workspaceOf(context: KindContext): Workspace {
  return { context, kinds, project: context.owner };
}

export function consentOf({ adopt = NOTHING, overwriteDrift = NOTHING }: ConvergeOptions): Consent {
  return { adopt, overwriteDrift };
}

/** The plan for these resources, like that of `plan`. */
export async function planFor(
  context: KindContext,
  resources: readonly { kind: string }[],
  options: ConvergeOptions = {},
): Promise<ExecutablePlan & Pick<Proposal, "context" | "comparisons">> {
  const consent = consentOf(options);
  const goal = goalFor(context.owner, resources, options);
  const proposal = await propose(workspaceOf(context), goal, consent, () => {});
  const { context: read, comparisons } = proposal;
  return { ...(await proposal.plan(consent)), context: read, comparisons };
}

/** Applies, asserts that all changes were done, plans again, and asserts that the plan is empty. */
export async function converge(
  context: KindContext,
  resources: readonly { kind: string }[],
  options: ConvergeOptions = {},
): Promise<{ plan: Plan; outcomes: readonly Outcome[] }> {
  const goal = goalFor(context.owner, resources, options);
  const { prepared, outcomes } = await execute(workspaceOf(context), {
    goal,
    consent: consentOf(options),
    concurrency: 8,
    emit: () => {},
  });
  for (const { change, status, error } of outcomes) {
    expect(status, `${address(change)}: ${error?.message ?? "no error"}`).toBe("done");
  }
  const again = await planFor(context, resources, { prune: options.prune ?? false });
  const rest = again.plan.changes.filter(
    (change) => !prepared.plan.changes.some((was) => was.left && address(was) === address(change)),
  );
  expect(rest, "the second plan is empty").toEqual([]);
  return { plan: prepared.plan, outcomes };
}

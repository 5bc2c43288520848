import { countChanges, type Change, type Plan } from "../engine/plan.ts";
import { UsageError } from "../errors.ts";
import { planText } from "../report/text.ts";
import { confirm, isInteractive, type Io } from "./io.ts";
import type { CommonOptions } from "./options.ts";
import type { Session } from "./run.ts";

type Consenting = Pick<CommonOptions, "output"> & { readonly yes?: boolean };

/** In a report for machines it stands at the end. */
export function showPlan(
  plan: Plan,
  { description }: Pick<Session, "description">,
  options: CommonOptions,
  io: Io,
  again = false,
): void {
  if (options.output === "json") return;
  const head = again ? "\nGrafana has changed since this plan was made. Now it is:" : description;
  io.result.stream.write(`${head}\n\n${planText(plan, io.result)}`);
}

/** Asks, where somebody is there, whether changes made in Grafana are to be overwritten. */
export async function driftConsent(plan: Plan, options: Consenting): Promise<boolean> {
  const drifted = plan.changes.filter(({ left }) => left?.reason === "drift");
  if (drifted.length === 0 || options.yes === true || !isInteractive(options)) return false;
  return confirm(`Overwrite the changes made in Grafana to ${counted(drifted)}?`);
}

/** Throws before the first write: more than `--max-deletes`, or nobody there to say yes. */
export async function consentToDeletions(
  plan: Plan,
  options: Consenting & { readonly maxDeletes: number },
): Promise<void> {
  const { destroy } = countChanges(plan);
  if (destroy === 0) return;
  if (destroy > options.maxDeletes) {
    throw new UsageError(
      `This would delete ${destroy} objects, and --max-deletes allows ${options.maxDeletes}; nothing was changed`,
      `Is the code complete? If so, allow it with --max-deletes ${destroy}.`,
    );
  }
  const deleted = plan.changes.filter(({ action, left }) => action === "delete" && !left);
  if (options.yes === true || (await agrees(`Delete ${counted(deleted)}?`, "A deletion", options))) return;
  throw new Cancelled();
}

/** Somebody said no: exit 5, and nothing was changed. */
export class Cancelled extends Error {}

export async function agrees(question: string, what: string, options: Pick<Consenting, "output">): Promise<boolean> {
  if (isInteractive(options)) return confirm(question);
  throw new UsageError(`${what} needs consent, and nobody is there to ask; nothing was changed`, "Add --yes.");
}

export function counted(changes: readonly Change[]): string {
  return changes.length === 1 ? `${changes[0]?.kind}/${changes[0]?.id}` : `${changes.length} objects`;
}

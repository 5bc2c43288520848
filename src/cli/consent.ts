import type { Approval, Consent } from "../engine/pipeline.ts";
import { countChanges } from "../engine/plan-summary.ts";
import { NOTHING, withNames, type Selection } from "../engine/selection.ts";
import type { Change, Plan } from "../engine/change.ts";
import { address } from "../engine/model.ts";
import { Cancelled, UsageError } from "../util/errors.ts";
import { planText, withTitle } from "../report/text.ts";
import { listed } from "../util/plural.ts";
import { confirm, isInteractive, type Io } from "./io.ts";
import type { CheckedCode } from "./code.ts";
import type { CommonOptions } from "./options.ts";
import type { CreateOrganization, Session } from "./session.ts";

/** A plan, or the changes of several. */
type Changes = Pick<Plan, "changes">;

export type ConsentOptions = CommonOptions & { readonly yes?: boolean; readonly maxDeletes?: number };
type AskOptions = ConsentOptions & { readonly environment?: string };

/**
 * Prints each plan, and asks on a terminal for the consent that no option gave and, before a Grafana is changed, whether to apply
 * the plan. `description` precedes the first plan.
 */
export function approvalOf(
  consent: Consent,
  { description, target }: Pick<Session, "description" | "target">,
  options: ConsentOptions,
  io: Io,
): Approval {
  return {
    async review(plan, again) {
      io.progress.stop();
      showPlan(plan, { description }, options, io, again);
      return consentTo(plan, consent, options);
    },
    async confirm(plan, owned) {
      mustBeWithinLimits(plan, options, owned);
      if (target.type === "grafana") await confirmChanges(plan, target.client.url, options);
      else await confirmDeletions(plan, options);
    },
  };
}

/**
 * Asks on a terminal for the consent that no option gave. Returns `given` if it stays the same. `options.environment`: the one of
 * several environments that the questions are about.
 */
export async function consentTo(plan: Changes, given: Consent, options: AskOptions): Promise<Consent> {
  const adopt = await adoptConsent(plan, given.adopt, options);
  const overwriteDrift = await driftConsent(plan, given.overwriteDrift, options);
  const same = adopt === given.adopt && overwriteDrift === given.overwriteDrift;
  return same ? given : { adopt, overwriteDrift };
}

/** Prints a plan. With `-o json` and `-o markdown` it prints nothing: the final report contains the plan. */
export function showPlan(
  plan: Plan,
  { description }: Pick<Session, "description">,
  options: CommonOptions,
  io: Io,
  again = false,
): void {
  if (options.output === "json" || options.output === "markdown") return;
  const head = again ? "\nGrafana has changed since this plan was made. The new plan:" : description;
  io.result.stream.write(`${head}\n\n${planText(plan, io.result)}`);
}

/** Combines `--overwrite-drift` with the `drift` setting of the environment. */
export function driftSelection(asked: Selection, { target }: Pick<Session, "target">): Selection {
  return target.drift === "overwrite" ? { ...asked, all: true } : asked;
}

/** Asks whether to adopt what `--adopt` without names selects, with a separate question for objects that lose elements. */
async function adoptConsent(plan: Changes, given: Selection, options: AskOptions): Promise<Selection> {
  if (!given.all || options.yes === true) return given;
  const foreign = plan.changes.filter(({ action, left }) => action === "adopt" && !left);
  const question = questionIn(options, `Adopt ${counted(foreign)} that this project doesn't own?`);
  if (foreign.length > 0 && !(await agrees(question, "--adopt without names", options))) return NOTHING;
  const lossy = plan.changes.filter(({ left, loss }) => left?.reason === "foreign" && loss !== undefined);
  return withNames(given, await lossConsent(lossy, options));
}

/**
 * Asks on a terminal whether to overwrite changes made in Grafana, or to delete the objects that have them, with a
 * separate question for objects that lose elements.
 */
async function driftConsent(plan: Changes, given: Selection, options: AskOptions): Promise<Selection> {
  if (options.yes === true || !isInteractive(options)) return given;
  const drifted = plan.changes.filter(({ left }) => left?.reason === "drift");
  const lossy = drifted.filter(({ loss }) => loss !== undefined);
  const others = drifted.filter(({ loss }) => loss === undefined);
  // Objects without a change of their own, whose parts another object takes.
  const holders = plan.changes
    .flatMap(({ left }) => left?.edited ?? [])
    .filter((name) => !drifted.some((one) => address(one) === name));
  const names = [...new Set([...others.map(address), ...holders])];
  const question =
    holders.length === 0 && others.every(({ action }) => action === "delete")
      ? `Delete ${countedNames(names)} despite the changes made in Grafana?`
      : `Overwrite the changes made in Grafana to ${countedNames(names)}?`;
  const all = names.length > 0 && (await confirm(questionIn(options, question)));
  const deleted = all ? others.filter(({ action }) => action === "delete").map(address) : [];
  return withNames(all ? { ...given, all } : given, [...deleted, ...(await lossConsent(lossy, options))]);
}

/** Asks on a terminal whether to overwrite objects that lose elements. Returns the addresses of the confirmed ones. */
async function lossConsent(lossy: readonly Change[], options: AskOptions): Promise<string[]> {
  if (lossy.length === 0 || options.yes === true || !isInteractive(options)) return [];
  const verb = lossy.every(({ action }) => action === "delete") ? "Delete" : "Overwrite";
  const question = `${verb} ${counted(lossy)} and lose the elements that the plan lists?`;
  return (await confirm(questionIn(options, question))) ? lossy.map(address) : [];
}

function questionIn({ environment }: AskOptions, question: string): string {
  return environment === undefined ? question : `${environment}: ${question}`;
}

/** Asks on a terminal whether to apply the changes. Without one, only deletions need `--yes`. `where`: for the question. */
export async function confirmChanges(plan: Changes, where: string, options: ConsentOptions): Promise<void> {
  const todo = plan.changes.filter(({ left }) => !left);
  const asks = options.yes !== true && isInteractive(options);
  if (!asks || todo.every(mustBeConfirmed)) await confirmDeletions(plan, options);
  else if (!(await confirm(questionOf(todo, where)))) throw new Cancelled();
}

/** The limit if `--max-deletes` is not given. */
const MAX_DELETES = 10;
/** From this many owned objects on, deleting more than half of them requires `--max-deletes`. */
const MANY_OWNED = 5;

/** `Apply 3 changes to http://localhost:3000, including the deletion of folder/a?` */
function questionOf(todo: readonly Change[], where: string): string {
  const { deleted, revoking } = dangerousIn(todo);
  const what = todo.length === 1 ? "1 change" : `${todo.length} changes`;
  const included = [
    deleted.length > 0 ? `the deletion of ${counted(deleted)}` : "",
    revoking.length > 0 ? `less access in ${counted(revoking)}` : "",
  ].filter(Boolean);
  return `Apply ${what} to ${where}${included.length > 0 ? `, including ${listed(included)}` : ""}?`;
}

/**
 * Throws (exit 64) if there are more deletions than `--max-deletes` allows. `owned`: the number of objects that the project owns,
 * if missing code could have caused the deletions.
 */
export function mustBeWithinLimits(plan: Plan, { maxDeletes }: ConsentOptions, owned: number): void {
  const { destroy } = countChanges(plan);
  const hint = `Check that the code is complete. To delete them, pass --max-deletes ${destroy}.`;
  if (destroy > (maxDeletes ?? MAX_DELETES)) {
    const limit = `--max-deletes allows only ${maxDeletes ?? MAX_DELETES}`;
    throw new UsageError(
      `This would delete ${destroy} objects, but ${limit}; nothing was changed`,
      hint,
      "deletion-limit-exceeded",
    );
  }
  if (maxDeletes === undefined && owned >= MANY_OWNED && destroy > owned / 2) {
    const share = `${destroy} of the ${owned} objects that this project owns`;
    throw new UsageError(
      `This would delete ${share}, but --max-deletes is not set; nothing was changed`,
      hint,
      "deletion-limit-exceeded",
    );
  }
}

/** Asks whether to delete objects, and to take access away. Throws (exit 64) if there is no terminal. */
export async function confirmDeletions(plan: Changes, options: ConsentOptions): Promise<void> {
  const { deleted, revoking } = dangerousIn(plan.changes.filter(({ left }) => !left));
  if (deleted.length + revoking.length === 0 || options.yes === true) return;
  const parts = [
    deleted.length > 0 ? `delete ${counted(deleted)}` : "",
    revoking.length > 0 ? `take away access in ${counted(revoking)}` : "",
  ].filter(Boolean);
  const question = listed(parts);
  const what = deleted.length > 0 ? "A deletion" : "Taking away access";
  if (!(await agrees(`${question.charAt(0).toUpperCase()}${question.slice(1)}?`, what, options))) throw new Cancelled();
}

/** Changes that are not made without confirmation: deletions, and changes that take access away. */
function dangerousIn(todo: readonly Change[]): { readonly deleted: Change[]; readonly revoking: Change[] } {
  return {
    deleted: todo.filter(({ action }) => action === "delete"),
    revoking: todo.filter(({ action, revokes }) => action !== "delete" && revokes !== undefined),
  };
}

function mustBeConfirmed({ action, revokes }: Change): boolean {
  return action === "delete" || revokes !== undefined;
}

/**
 * Asks before `command` creates a temporary folder in a Grafana. Throws if the user declines. The embedded sandbox needs no
 * consent.
 */
export async function confirmTemporaryFolder(
  { target }: Pick<Session, "target">,
  { command, contents }: { readonly command: string; readonly contents: string },
  options: ConsentOptions,
): Promise<void> {
  if (target.type !== "grafana" || options.yes === true) return;
  const question = `Create a temporary folder in ${target.client.url}, with ${contents}, and delete it afterwards?`;
  if (!(await agrees(question, `${command}, which writes to a temporary folder,`, options))) throw new Cancelled();
}

/** Returns a function that asks whether to create an organization. */
export function organizationConsent(options: ConsentOptions): CreateOrganization {
  return async (name, url) => {
    if (options.yes === true) return;
    const question = `Create the organization "${name}" in ${url}?`;
    if (!(await agrees(question, `Creating the organization "${name}"`, options))) throw new Cancelled();
  };
}

/** Asks a question on a terminal. Throws (exit 64) if there is none. `what` names the action that needs confirmation. */
export async function agrees(question: string, what: string, options: Pick<CommonOptions, "output">): Promise<boolean> {
  if (isInteractive(options)) return confirm(question);
  throw new UsageError(
    `${what} requires confirmation, but this is not an interactive terminal; nothing was changed`,
    "Pass --yes.",
    "confirmation-required",
  );
}

function counted(changes: readonly Change[]): string {
  return countedNames(changes.map((change) => withTitle(address(change), titleOf(change))));
}

/** The title, unless the address says the same. */
function titleOf({ id, title }: Change): string | undefined {
  return title === id ? undefined : title;
}

function countedNames([name = "", ...others]: readonly string[]): string {
  return others.length === 0 ? name : `${others.length + 1} objects`;
}

/** Throws (exit 64) before any request if the code has no resources: `--prune` would delete every owned object. */
export function mustAllowEmpty(
  { desired }: Pick<CheckedCode, "desired">,
  { prune, allowEmpty }: { readonly prune?: boolean; readonly allowEmpty?: boolean },
): void {
  if (prune !== true || allowEmpty === true || desired.length > 0) return;
  throw new UsageError(
    "The code has no resources, and --prune would delete everything that this project owns; nothing was changed",
    "Check `resources` in the configuration and the file names: files whose names begin with _ are not loaded. To delete everything, pass --allow-empty.",
    "deletion-limit-exceeded",
  );
}

import { EXIT, InvalidCodeError, UsageError } from "../util/errors.ts";
import { Forbidden } from "../grafana/errors.ts";
import type { Code } from "../code/desired.ts";
import { unresolvedNotes } from "../code/unresolved.ts";
import type { Kinds, ResourceKind } from "./resource.ts";
import { namedIn } from "../secrets/named-in-code.ts";
import { mergeSecrets } from "../secrets/named-secrets.ts";
import { alwaysRead, withDeletedBodies, withTitles } from "./bodies.ts";
import { listsAll } from "./permissions.ts";
import { containerAddress, containerKind } from "./container.ts";
import { compareAll } from "./live.ts";
import type { Live } from "./comparison.ts";
import { mayExist, missingIn, mustExist, unlistedAmong } from "./expected.ts";
import { identified } from "./identified.ts";
import { linked } from "./linked.ts";
import { withLogins } from "./users-in-code.ts";
import type { KindContext } from "./kind-context.ts";
import { ownLedgerFolder, type Ledger } from "../ownership/ledger.ts";
import { notesOf } from "../ownership/notes.ts";
import type { Consent, Goal } from "./pipeline.ts";
import { hasStandIn } from "./mapping.ts";
import { withNamedTargets } from "./named-targets.ts";
import { ownedIn } from "./owned.ts";
import { sideEffectsOf, takersOf } from "./parts.ts";
import { makePlan } from "./plan.ts";
import { withUnlisted } from "./unlisted.ts";
import { meantAddress, nameSelects, selects, type Selection } from "./selection.ts";
import { mustBeSupported, noteOf } from "./supported.ts";
import type { Unseen } from "./change.ts";
import { address, parseAddress, type Desired, type Reference } from "./model.ts";

export interface CodeGoalOptions {
  readonly code: Code;
  /** The file that errors in the configuration are reported for. */
  readonly configFile: string;
  /** `ledgerFolder` of the configuration. */
  readonly ledgerFolder?: string;
  /** Delete owned objects that are no longer in the code. */
  readonly prune: boolean;
  /** The values of `--only`. Absent: all objects are selected. */
  readonly only?: readonly string[] | undefined;
  readonly selected: (object: { readonly kind: string; readonly id: string }) => boolean;
  /** Plan as if the credentials may write: a review may have only read permissions. */
  readonly assumeWrite?: boolean;
  /** More notes of the plan. */
  readonly notes?: readonly string[];
  /** Keep both sides of every difference, to render them. */
  readonly keepForms?: boolean;
  /** The Grafana is a sandbox that contains only the code: objects that it lacks can exist in the real one. */
  readonly isolated?: boolean;
}

const ASSUMED = "Write permissions were not checked: this plan assumes that they are granted.";

/** The goal that Grafana matches the code. */
export function codeGoal(options: CodeGoalOptions): Goal {
  const { prune, selected, assumeWrite = false, keepForms = false, ledgerFolder } = options;
  // An id that contains the id of a mapped folder is not known yet.
  const desired = options.code.desired.filter(
    (one) => selected(one) || (hasStandIn(one.id) && mayHave(options, one.kind)),
  );
  let declared = declaredIn(options.code);
  const isGone: Goal["mayDelete"] = (object) => selected(object) && !declared.has(address(object));
  const mayDelete: Goal["mayDelete"] = (object) => prune && isGone(object);
  return {
    code: options.code.desired,
    reads: (kinds) => kindsToRead(kinds, desired, options),
    readsOwned: ({ name }) => mayHave(options, name),
    mayDelete,
    check: (consent) =>
      mustNameResources(options, consent, (name) =>
        desired.some(({ kind, id }) => hasStandIn(id) && kind === parseAddress(name).kind),
      ),
    async compare({ context, kinds, project, live: listed, unreadable, unserved, emit }, consent) {
      const code = options.isolated ? options.code : withNamedTargets(options.code, listed, kinds, selected);
      declared = declaredIn(code);
      mustNameResources({ ...options, code }, consent, () => false);
      const targets = new Set(code.desired.filter(selected).flatMap(({ references }) => references.map(address)));
      const looked = code.desired.filter((one) => selected(one) || targets.has(address(one)));
      const { live: complete, hidden } = await withUnlisted(context, kinds, looked, listed);
      const titled = await withTitles(context, kinds, complete, isGone);
      const live = await withDeletedBodies(context, kinds, titled, mayDelete);
      const unseen = unseenOf(kinds, unreadable, live, code.desired.filter(selected));
      const expected = code.expected.filter(({ from }) => selected(from));
      const unresolved = options.isolated ? [] : code.unresolved.filter(({ from }) => selected(from));
      const absent = unresolved.filter(({ reference }) => !mayExist(reference, kinds, live));
      const isFault = ({ kind, required }: Reference) =>
        required === true && listsAll(context.grafana.permissions, kinds.get(kind)?.access.readsAll);
      const missed = missingIn([...expected, ...absent.filter(({ reference }) => isFault(reference))], kinds, live);
      const unlisted = await unlistedAmong(missed, context, kinds);
      mustExist(missed.filter(({ reference }) => !unlisted.has(address(reference))));
      const known = await withLogins(context, identified(code.desired, live, kinds), { kinds, selected });
      const all = await linked(context, known, live, { kinds, selected });
      const own = all.filter(selected);
      const warnings = await mustBeSupported(own, kinds, context);
      mustNameKnown(consent.overwriteDrift, declared, prune ? ownedIn(live) : ownedGivers(kinds, own, live));
      if (context.grafana.marks) mustHoldLedger(options, kinds, live, context.ledger);
      const seen = own.filter(({ kind }) => !unseen.some((one) => one.kind === kind));
      const adopts = (name: string) => selects(consent.adopt, name);
      const sending = withSecretsOf(all, context, kinds);
      const comparisons = await compareAll(sending, seen, live, { kinds, adopts, emit, hidden, keepForms });
      const missing = unresolvedNotes(absent);
      const kept = new Set([containerAddress(kinds, ownLedgerFolder(context.owner, context.ledger))]);
      return {
        context: sending,
        comparisons,
        owned: [...ownedIn(live)].filter((name) => !kept.has(name)).length,
        plan: ({ adopt, overwriteDrift }) =>
          makePlan({
            project,
            owner: context.owner,
            ledger: context.ledger,
            notes: [
              ...(options.notes ?? []),
              ...(assumeWrite ? [ASSUMED] : []),
              ...notesOf(context),
              ...missing,
              ...warnings.map(noteOf),
            ],
            ...(ledgerFolder === undefined ? {} : { ledgerFolder }),
            kept,
            kinds,
            comparisons,
            live,
            code: all,
            declared,
            unlisted,
            selected,
            prune,
            permissions: assumeWrite ? undefined : context.grafana.permissions,
            unseen,
            unserved,
            adopt,
            overwriteDrift,
          }),
      };
    },
  };
}

/** The addresses of the code's resources and of objects that `existing.*` names, even if they are not selected. */
function declaredIn({ desired, expected }: Pick<Code, "desired" | "expected">): ReadonlySet<string> {
  return new Set([...desired.map(address), ...expected.map(({ reference }) => address(reference))]);
}

/** The context with the secrets of this code, whose places contain the ids of parts. */
function withSecretsOf(code: readonly Desired[], context: KindContext, kinds: Kinds): KindContext {
  const { named } = context.secrets;
  if (!named) return context;
  return { ...context, secrets: context.secrets.namedBy(mergeSecrets([named, namedIn(code, kinds)])) };
}

/** Whether `--only` can select objects of a kind. */
function mayHave({ only }: CodeGoalOptions, kind: string): boolean {
  return only === undefined || only.some((name) => parseAddress(name).kind === kind);
}

/** The code's kinds and those that it refers to, or all kinds with `--prune` and for code without resources. */
function kindsToRead(kinds: Kinds, desired: readonly Desired[], options: CodeGoalOptions): ResourceKind[] {
  const expected = options.code.expected.filter(({ from }) => options.selected(from));
  const names = new Set([...desired.map(({ kind }) => kind), ...expected.map(({ reference }) => reference.kind)]);
  if (options.prune) for (const { name } of alwaysRead(kinds)) names.add(name);
  if (names.size === 0) for (const { name } of alwaysRead(kinds)) if (mayHave(options, name)) names.add(name);
  for (const one of desired) for (const { kind } of one.references) names.add(kind);
  // Names are also looked up for places that are no references.
  const { mapping } = options.code;
  if (names.size > 0) for (const name of mapping?.namedKinds ?? []) names.add(name);
  // The ledger is in one of them.
  if ([...names].some((name) => kinds.get(name)?.marking === "ledger")) names.add(containerKind(kinds).name);
  return [...kinds.values()].filter(({ name }) => names.has(name));
}

/**
 * Kinds that could not be read, with the code's resources of each. The ledger is in a folder: without folders, all kinds
 * that it lists are unknown.
 *
 * Throws `Forbidden` (exit 3) if the credentials can't read any kind.
 */
export function unseenOf(
  kinds: Kinds,
  unreadable: ReadonlyMap<string, string>,
  live: Live,
  desired: readonly Desired[],
): Unseen[] {
  if (live.size === 0 && unreadable.size > 0) {
    const names = [...new Set(unreadable.values())].join(", ");
    throw new Forbidden(`The credentials can't read any of the kinds to compare; missing permissions: ${names}`, {
      exitCode: EXIT.notAuthorised,
      hint: "Give the service account a role (Viewer to plan, Editor or Admin to apply) or these permissions.",
    });
  }
  const folders = unreadable.get(containerKind(kinds).name);
  const all = new Map(unreadable);
  for (const kind of kinds.values())
    if (folders !== undefined && kind.marking === "ledger") all.set(kind.name, folders);
  return [...all].flatMap(([kind, missing]) => {
    const resources = desired.filter((one) => one.kind === kind).map(address);
    return resources.length > 0 || unreadable.has(kind) ? [{ kind, missing, resources }] : [];
  });
}

/** The ledger can be only in a folder that exists and is owned. */
function mustHoldLedger(
  { configFile, ledgerFolder, code: { desired } }: CodeGoalOptions,
  kinds: Kinds,
  live: Live,
  { others = [] }: Ledger,
): void {
  const container = containerKind(kinds).name;
  const folders = live.get(container);
  if (ledgerFolder === undefined || !folders || desired.length === 0) return;
  const other = others.find(({ folder }) => folder === ledgerFolder);
  if (other) {
    const message = `"${ledgerFolder}" holds the ledger of another repository with the same project name (id "${other.repository}"); use the uid of another folder`;
    throw new InvalidCodeError([
      { level: "error", code: "config-invalid", file: configFile, path: "ledgerFolder", message },
    ]);
  }
  if (desired.some(({ kind, id }) => kind === container && id === ledgerFolder)) return;
  if (folders.some(({ id, ownership }) => id === ledgerFolder && ownership.state === "ours")) return;
  const message = `"${ledgerFolder}" is not a folder of this project; use the uid of a folder that the code defines`;
  throw new InvalidCodeError([
    { level: "error", code: "config-invalid", file: configFile, path: "ledgerFolder", message },
  ]);
}

/** Rejects unknown names, which are typing errors and would silently select nothing. `isOpen`: names that can't be checked yet. */
function mustNameResources(
  { code, only, prune }: CodeGoalOptions,
  { adopt }: Consent,
  isOpen: (name: string) => boolean,
): void {
  const declared = new Set(code.desired.map(address));
  // `--overwrite-drift` can also name objects that are no longer in the code: `mustNameKnown` checks those.
  const name = [...adopt.addresses].find((one) => !declared.has(one) && !isOpen(one));
  if (name !== undefined)
    throw new UsageError(
      `--adopt ${name}: the code has no such resource`,
      meantAddress(name, declared),
      "option-invalid",
    );
  if (!prune) mustSelectResources(only, declared, isOpen);
}

/** Rejects names in `--only` that the code doesn't have. */
export function mustSelectResources(
  only: readonly string[] | undefined,
  declared: ReadonlySet<string>,
  isOpen: (name: string) => boolean = () => false,
): void {
  const empty = only?.find(
    (one) => one.includes("/") && !isOpen(one) && ![...declared].some((address) => nameSelects(one, address)),
  );
  if (empty !== undefined)
    throw new UsageError(
      `--only ${empty}: the code has no such resource`,
      meantAddress(empty, declared),
      "option-invalid",
    );
}

/** Owned objects that lose parts to resources of the code. Without `--prune`, other owned objects are not touched. */
function ownedGivers(kinds: Kinds, desired: readonly Desired[], live: Live): ReadonlySet<string> {
  const givers = sideEffectsOf(takersOf(desired, kinds), { kinds, live }, () => false);
  const owned = ownedIn(live);
  return new Set(givers.map(({ kind, object: { id } }) => address({ kind, id })).filter((name) => owned.has(name)));
}

/** `--overwrite-drift` can name resources of the code and `others`: owned objects that the command may change or delete. */
export function mustNameKnown(
  { addresses }: Selection,
  declared: ReadonlySet<string>,
  others: ReadonlySet<string>,
): void {
  const unknown = [...addresses].find((name) => !declared.has(name) && !others.has(name));
  if (unknown !== undefined)
    throw new UsageError(
      `--overwrite-drift ${unknown}: this project has no such resource`,
      meantAddress(unknown, [...declared, ...others]),
      "option-invalid",
    );
}

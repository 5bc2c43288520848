import type { Left } from "../engine/change.ts";
import type { Restore } from "../engine/kind-context.ts";
import { address, type LiveObject } from "../engine/model.ts";
import type { ResourceKind } from "../engine/resource.ts";
import { selects, type Selection } from "../engine/selection.ts";
import { sameContent } from "../rollback/forms.ts";
import type { Assessed, RecordedChange, RollbackInput } from "../rollback/recorded-change.ts";
import { NO_SECRETS, type SecretValues } from "../secrets/values.ts";

/** Addresses of objects that an interrupted restore of the same backup began to create, with its end, unless it was killed. */
export type Begun = ReadonlyMap<string, string | undefined>;

/** What the decision about an object of a backup needs in addition to the plan's input. */
export interface Judging extends Pick<RollbackInput, "kinds" | "live" | "secrets"> {
  /** The versions in the backup, by address, if it is of the same Grafana. */
  readonly versions: ReadonlyMap<string, string> | undefined;
  readonly begun: Begun;
  /** The addresses of objects that it was to create, but is not known to have completed. */
  readonly unfinished: ReadonlySet<string>;
  readonly overwriteDrift: Selection;
}

/** Decides whether an object is restored. An object that differs from the backup needs consent. Pure. */
export function judge(one: RecordedChange, input: Judging): Assessed[] {
  const own = input.kinds.get(one.kind);
  const all = input.live.get(one.kind);
  // The credentials can't read this kind, which the plan reports.
  if (!own || !all) return [];
  const now = all.find(({ id }) => id === one.id);
  const name = address(one);
  return [{ ...one, own, now, name, decision: decide(one, { own, now, name }, input) }];
}

function decide(
  one: RecordedChange,
  { own, now, name }: Pick<Assessed, "own" | "now" | "name">,
  input: Judging,
): Assessed["decision"] {
  const { before, unknown, hidden } = one;
  if (hidden !== undefined)
    return { reason: "forbidden", message: `the credentials lack the permission to read it (missing: ${hidden})` };
  if (unknown !== undefined || !before) return { reason: "obstacle", message: unknown ?? "the backup lacks it" };
  if (!now) return "undo";
  const isAs = (secrets: SecretValues) => isRestored(own, one, { before, now }, secrets);
  if (isAs(input.secrets)) return input.secrets.refresh && hasValues(own, before, input.secrets) ? "undo" : "same";
  const { ownership } = now;
  if (ownership.state === "locked")
    return { reason: "locked", message: `managed by ${ownership.manager}: ${ownership.why}` };
  // It lacks only the secrets that are known now.
  if (isAs(NO_SECRETS)) return "undo";
  // While a restore is interrupted, a flag such as the default one can be on another object.
  const isMoved = input.begun.size > 0 && own.sharedParts?.lostOnly(before, now) === true;
  // In the same Grafana, a user can have reset it.
  const isNew = input.versions === undefined || input.unfinished.has(name);
  const isBegun = isBegunBy(input.begun, name, now) || isMoved || (isNew && own.rollback.isReset?.(now) === true);
  return isBegun || selects(input.overwriteDrift, name) ? "undo" : differing(name, now, input);
}

/** Whether the interrupted restore created the object, and nothing has changed it since. */
function isBegunBy(begun: Begun, name: string, { updatedAt }: LiveObject): boolean {
  const endedAt = begun.get(name);
  const isLater = endedAt !== undefined && updatedAt !== undefined && Date.parse(updatedAt) > Date.parse(endedAt);
  return begun.has(name) && !isLater;
}

/** Whether the object has the content that a restore would leave, without the secrets that it could not restore. */
function isRestored(
  own: ResourceKind,
  { kind, compared }: RecordedChange,
  { before, now }: { readonly before: LiveObject; readonly now: LiveObject },
  secrets: SecretValues,
): boolean {
  const sides = compared ?? { before, now };
  const restore: Restore = { kind, before: sides.before, live: now, sentPlaces: [], fromBackup: true };
  const after = own.rollback.result?.(restore, secrets) ?? sides.before;
  return sameContent(own, after, sides.now);
}

function hasValues(own: ResourceKind, before: LiveObject, secrets: SecretValues): boolean {
  return own.secrets?.inSnapshot(before).some(({ variable }) => secrets.isSet(variable)) === true;
}

function differing(name: string, now: LiveObject, { versions }: Judging): Left {
  const version = versions?.get(name);
  const message =
    version !== undefined && version !== now.version
      ? "was changed in Grafana since the backup"
      : "exists in Grafana with another content";
  return { reason: "drift", message, hint: `replace it anyway with --overwrite-drift ${name}` };
}

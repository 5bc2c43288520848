import { sameContent, sameOwner } from "../rollback/forms.ts";
import { GrafanaError } from "../grafana/errors.ts";
import { equal } from "../util/json.ts";
import type { Change } from "./change.ts";
import type { ExecutablePlan } from "./executable-plan.ts";
import type { Need } from "./permissions.ts";
import type { FolderTree } from "../grafana/folder-scopes.ts";
import { address, type LiveObject } from "./model.ts";
import type { KindContext, Restore, Write } from "./kind-context.ts";
import type { ResourceKind, Kinds } from "./resource.ts";

/** A create or update, from the code or from a recorded state. */
export interface Upsert {
  readonly kind: ResourceKind;
  readonly id: string;
  readonly live: LiveObject | undefined;
  readonly need: () => Need;
  /** `resumed`: an earlier attempt may have succeeded in part. */
  send(context: KindContext, resumed: boolean): Promise<void>;
  /** Whether the object is the result of this write. */
  landed(context: KindContext, now: LiveObject): Promise<boolean>;
  partly(now: LiveObject): boolean;
  /** Completes the result of a write that failed for the client, and returns a note about what was missing. */
  settle(context: KindContext, now: LiveObject): Promise<string | undefined>;
}

export function upsertOf(change: Change, { writes, restores }: ExecutablePlan, kinds: Kinds): Upsert {
  const name = address(change);
  const kind = kinds.get(change.kind);
  const [write, restore] = [writes.get(name), restores.get(name)];
  if (kind && write) return upsertOfWrite(kind, write);
  if (kind && restore) return upsertOfRestore(kind, restore);
  throw new Error(`nothing to write for ${name}`);
}

function upsertOfWrite(kind: ResourceKind, write: Write): Upsert {
  const { desired, live } = write;
  return {
    kind,
    id: desired.id,
    live,
    need: () => kind.access.write(desired, live, ANY_TREE),
    send: (context, resumed) => kind.write(context, resumed ? { ...write, resumed } : write),
    landed: (context, now) => landed(context, kind, write, now),
    partly: (now) => kind.writing?.isPartial?.(write, now) === true,
    async settle(context, now) {
      await renewedMark(context, kind, now);
      return live ? undefined : kind.writing?.complete?.(context, now);
    },
  };
}

function upsertOfRestore(kind: ResourceKind, restore: Restore): Upsert {
  const { before, live } = restore;
  return {
    kind,
    id: before.id,
    live,
    need: () => kind.access.restore(before, live, ANY_TREE),
    send: (context) => kind.rollback.restore(context, restore),
    landed: (_context, now) =>
      Promise.resolve(
        now.version !== restore.live?.version && sameOwner(kind, before, now) && sameContent(kind, before, now),
      ),
    partly: () => false,
    settle: async (context, now) => (live ? undefined : kind.writing?.complete?.(context, now)),
  };
}

/** Writes the mark again if it does not prove that the object was written by this tool: then each plan would read its body. */
async function renewedMark(context: KindContext, kind: ResourceKind, now: LiveObject): Promise<void> {
  const { applied, touched } = now;
  if (!applied || !touched) return;
  try {
    await kind.writing?.renewMark?.(context, now, applied);
  } catch (error) {
    // The object is written, and the next plan recognizes it by its content.
    if (!(error instanceof GrafanaError)) throw error;
  }
}

/** Needs are described by their own scopes, without those of ancestors. */
export const ANY_TREE: FolderTree = { parentOf: () => undefined };

/** Whether the object is the result of this write. */
async function landed(
  context: KindContext,
  kind: ResourceKind,
  { desired, live }: Write,
  now: LiveObject,
): Promise<boolean> {
  const { applied, ownership, touched, version } = now;
  if (ownership.state === "foreign" || ownership.state === "locked") return false;
  if (kind.writing?.uniqueTitles?.isTemporary(now)) return false;
  // Some objects of older Grafana versions have no version.
  if (version !== "" && version === live?.version) return false;
  if (applied && applied.codeHash !== desired.hash) return false;
  if (applied && !touched) return true;
  const observed = kind.observed(now);
  if (equal(kind.secrets?.redactLike(observed, desired) ?? observed, kind.desired(desired, now))) return true;
  if (applied || !kind.comparison?.verify) return false;
  // Without a mark only the content can tell, and Grafana may have changed it.
  const answer = await kind.comparison.verify(context, { desired, live: now });
  return answer !== undefined && equal(answer.before, answer.after);
}

import type { Assessed, RollbackInput } from "./recorded-change.ts";
import { formOf, sameShown } from "./forms.ts";
import { factsOf } from "../engine/facts.ts";
import { SECRETS } from "../engine/secret-changes.ts";
import type { Difference } from "../engine/difference.ts";
import type { LiveObject } from "../engine/model.ts";
import type { SecretValues } from "../secrets/values.ts";
import { differencesOf } from "../engine/live.ts";
import { lossText } from "../engine/loss.ts";
import type { FolderTree } from "../grafana/folder-scopes.ts";
import { unless } from "../engine/permitted.ts";
import { isNamed } from "../engine/selection.ts";
import type { Change, Left } from "../engine/change.ts";
import type { Limits } from "../engine/facets.ts";
import type { Restore } from "../engine/kind-context.ts";

export function backLine(one: Assessed, restore: Restore, folders: FolderTree, input: RollbackInput): Change {
  const { own, now } = one;
  const { before } = restore;
  const all = input.live.get(one.kind) ?? [];
  const limits: Limits = own.rollback.limits?.(restore, { all, secrets: input.secrets }) ?? { losses: [] };
  const loss = lossOf(one);
  const obstacle = limits.obstacle ?? one.unsupported;
  const left = obstacle
    ? ({ reason: "obstacle", message: obstacle } as const)
    : loss && !isNamed(input.overwriteDrift, one.name)
      ? inOtherForm(one.name)
      : unless(input.permissions, own.access.restore(before, now, folders), now ? "change" : "create");
  const whose =
    before.ownership.state === "foreign" && now?.ownership.state === "ours"
      ? ["it is no longer owned by this project afterwards"]
      : before.ownership.state === "ours" && now?.ownership.state === "foreign"
        ? ["it is owned by this project again afterwards"]
        : [];
  const said = [...whose, ...limits.losses];
  const revokes = now && own.rollback.revokes?.(before, now);
  return {
    ...lineOf(one, now ? "update" : "create", left),
    differences: now ? differencesTo(one, before, now, input.secrets) : [],
    ...(now ? {} : { facts: factsOf(own, formOf(own, before)) }),
    ...(said.length > 0 ? { sideEffect: said.join("; ") } : {}),
    ...(revokes ? { revokes } : {}),
  };
}

function inOtherForm(name: string): Left {
  const hint = `restore it anyway with --overwrite-drift ${name}`;
  return { reason: "drift", message: "has elements that its state before the run can't represent", hint };
}

/** The elements of the live object that a restore loses. */
function lossOf({ own, now, before }: Assessed): string | undefined {
  return now && before && lossText(own.comparison?.otherForm?.(now, before), "write");
}

function differencesTo(one: Assessed, before: LiveObject, now: LiveObject, secrets: SecretValues): Difference[] {
  const { own, compared = { before, now } } = one;
  const differences = differencesOf(
    own,
    formOf(own, compared.now, compared.before),
    formOf(own, compared.before, compared.now),
  );
  return sameShown(own, before, now, secrets) ? differences : [...differences, SECRETS];
}

export function leftLine(one: Assessed, { secrets }: RollbackInput): Change {
  const { now, before, decision } = one;
  const left = typeof decision === "object" ? decision : undefined;
  const differences = now && before ? differencesTo(one, before, now, secrets) : [];
  return { ...lineOf(one, now ? "update" : "create", left), differences };
}

export function lineOf(one: Assessed, action: Change["action"], left: Left | undefined): Change {
  const { kind, id, title, now } = one;
  const loss = lossOf(one);
  return {
    kind,
    id,
    title,
    action,
    differences: [],
    verified: true,
    needs: [],
    ...(loss ? { loss } : {}),
    ...(left ? { left } : {}),
    ...(now?.updatedBy ? { updatedBy: now.updatedBy } : {}),
    ...(now?.updatedAt ? { updatedAt: now.updatedAt } : {}),
  };
}

import type { TakenOver, PlanInput } from "../engine/executable-plan.ts";
import type { Emit } from "../engine/events.ts";
import { changeIn } from "../engine/origin.ts";
import { missing } from "../engine/permissions.ts";
import { address } from "../engine/model.ts";
import type { KindContext } from "../engine/kind-context.ts";
import type { Kinds } from "../engine/resource.ts";
import { GrafanaError } from "../grafana/errors.ts";
import type { FolderTree } from "../grafana/folder-scopes.ts";
import { contentHashOf } from "../rollback/forms.ts";

/** These objects, by address, if the credentials can write them. Pure. */
export function takenOver({ kinds, comparisons, permissions }: PlanInput, folders: FolderTree): Map<string, TakenOver> {
  const found = comparisons.flatMap(({ desired, live, differences, unsupported }) => {
    const kind = kinds.get(desired.kind);
    if (!kind?.writing?.renewMark || live?.ownership.state !== "ours" || differences.length > 0 || unsupported)
      return [];
    if (changeIn(kind, live) !== "grafana") return [];
    if (permissions && missing(permissions, kind.access.write(desired, live, folders)) !== undefined) return [];
    const contentHash = contentHashOf(kind, live, live.applied?.places ?? [], desired);
    const taken = { kind: kind.name, live, hashes: { codeHash: desired.hash, contentHash } };
    return [[address(desired), taken] as const];
  });
  return new Map(found);
}

/** The maximum number of names in a note. */
const FEW = 5;

/** The note of a plan about these objects. */
export function takenOverNotes(objects: ReadonlyMap<string, TakenOver>): string[] {
  if (objects.size === 0) return [];
  const rest = objects.size - FEW;
  const names = [...objects.keys()].slice(0, FEW).join(", ") + (rest > 0 ? ` and ${rest} more` : "");
  const marks = objects.size === 1 ? "its mark" : "their marks";
  return [
    `The code now contains the changes made in Grafana to ${names}. The next apply records this in ${marks}. Grafana may list this write as a version without changes.`,
  ];
}

interface Renewing {
  readonly kinds: Kinds;
  readonly limits: (kind: string) => <Result>(work: () => Promise<Result>) => Promise<Result>;
  readonly mayWrite: () => Promise<boolean>;
  readonly emit: Emit;
}

/** Writes these marks. An object that was changed since the plan keeps its mark. A failure does not end the run. */
export async function renewMarks(
  context: KindContext,
  objects: ReadonlyMap<string, TakenOver>,
  { kinds, limits, mayWrite, emit }: Renewing,
): Promise<void> {
  const renewals = [...objects].map(([name, { kind, live, hashes }]) =>
    limits(kind)(async () => {
      if (!(await mayWrite())) return;
      try {
        await kinds.get(kind)?.writing?.renewMark?.(context, live, hashes);
      } catch (error) {
        if (!(error instanceof GrafanaError)) throw error;
        emit({
          type: "note",
          message: `The mark of ${name} was not written: ${error.message}. The next apply tries again.`,
        });
      }
    }),
  );
  await Promise.all(renewals);
}

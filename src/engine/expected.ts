import type { Code } from "../code/desired.ts";
import { InvalidCodeError, type Fault } from "../util/errors.ts";
import { isAmong } from "./aliases.ts";
import type { Live } from "./comparison.ts";
import type { KindContext } from "./kind-context.ts";
import { address, type Reference } from "./model.ts";
import type { Kinds } from "./resource.ts";

export function missingIn(expected: Code["expected"], kinds: Kinds, live: Live): Code["expected"] {
  return expected.filter(({ reference }) => !mayExist(reference, kinds, live));
}

/** The addresses of these objects that exist although the lists of their kinds omit them. */
export async function unlistedAmong(
  missing: Code["expected"],
  context: KindContext,
  kinds: Kinds,
): Promise<ReadonlySet<string>> {
  const byKind = Map.groupBy(missing, ({ reference }) => reference.kind);
  const found = [...byKind].map(async ([kind, own]) => {
    const ids = [...new Set(own.map(({ reference }) => reference.id))];
    const unlisted = (await kinds.get(kind)?.existing?.unlisted?.(context, ids)) ?? [];
    return unlisted.map((id) => address({ kind, id }));
  });
  return new Set((await Promise.all(found)).flat());
}

export function mustExist(missing: Code["expected"]): void {
  const faults = missing.flatMap(({ from, reference }): Fault[] => {
    const { kind, id, path } = reference;
    const message = `refers to the ${kind} "${id}", which does not exist in Grafana`;
    const {
      hint = "Check the name and whether the credentials can read the object. To refer to an object in the code, use the object itself.",
    } = reference;
    return [
      {
        level: "error",
        code: "code-reference-missing",
        file: from.source.file,
        export: from.source.export,
        path,
        message,
        hint,
      },
    ];
  });
  if (faults.length > 0) throw new InvalidCodeError(faults);
}

/** Whether the object exists, or the credentials can't read its kind. */
export function mayExist({ kind, id }: Reference, kinds: Kinds, live: Live): boolean {
  return !live.has(kind) || isAmong(kinds, kind, live.get(kind), id);
}

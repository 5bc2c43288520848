import { InvalidCodeError, type Fault } from "../util/errors.ts";
import type { KindContext } from "./kind-context.ts";
import type { Desired } from "./model.ts";
import type { Kinds } from "./resource.ts";

/**
 * Warnings about resources that this Grafana ignores in part; without a context, the Grafana versions that this tool was tested
 * with. Throws `InvalidCodeError` if there are errors.
 */
export async function mustBeSupported(
  desired: readonly Desired[],
  kinds: Kinds,
  context?: KindContext,
): Promise<readonly Fault[]> {
  const found = [...Map.groupBy(desired, ({ kind }) => kind)].map(
    async ([kind, own]) => (await kinds.get(kind)?.checks?.supported?.(own, context)) ?? [],
  );
  const faults = (await Promise.all(found)).flat();
  if (faults.some(({ level }) => level === "error")) throw new InvalidCodeError(faults);
  return faults;
}

/** A warning as a note of a plan. */
export function noteOf({ file, export: name, path, message, hint }: Fault): string {
  const place = [file, name, path].filter((part) => part !== undefined && part !== "").join(" ");
  return `${place}: ${message}.${hint === undefined ? "" : ` ${hint}`}`;
}

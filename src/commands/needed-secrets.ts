import { pathText } from "../schema-issues.ts";
import type { Prepared } from "../engine/plan.ts";
import type { KindContext } from "../engine/resource.ts";
import { InvalidCodeError, type Fault } from "../errors.ts";
import { kinds } from "../kinds/index.ts";
import type { Io } from "./io.ts";

function has(value: unknown, [head, ...rest]: readonly (string | number)[]): boolean {
  if (head === undefined) return value !== undefined;
  return typeof value === "object" && value !== null && has(Reflect.get(value, head), rest);
}

/** Throws before the first write, naming every variable that a write of this plan needs and that isn't set. */
export function mustHaveSecrets(context: KindContext, { writes }: Prepared, { errors }: Io): void {
  const needed = [...writes.values()].flatMap(({ desired, live }) => {
    const secrets = kinds.get(desired.kind)?.secrets?.(desired.resource);
    if (!secrets) return [];
    const all = secrets.always || !live || context.secrets.refresh;
    const there = live && kinds.get(desired.kind)?.observed(live);
    return secrets.uses.flatMap((use) => (all || !has(there, use.path) ? [{ desired, ...use }] : []));
  });
  const faults = needed
    .filter(({ variable }) => context.secrets.read(variable) === undefined)
    .map(({ desired, path, variable }): Fault => {
      const message = `needs the secret of the variable ${variable}, which is not set`;
      return { level: "error", ...desired.source, path: pathText(path), message };
    });
  if (faults.length > 0) throw new InvalidCodeError(faults);
  const variables = new Set(needed.map(({ variable }) => variable));
  const stoodIn = [...variables].filter((variable) => !process.env[variable]).toSorted();
  if (stoodIn.length > 0) {
    errors.stream.write(
      `The sandbox takes a stand-in for ${stoodIn.join(", ")}, which ${stoodIn.length === 1 ? "is" : "are"} not set.\n`,
    );
  }
}

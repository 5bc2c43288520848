import { InvalidCodeError, type Fault } from "../util/errors.ts";

/** What is wrong with a stack's definition, all of it: exit 65. */
export function invalidStack(faults: readonly Omit<Fault, "level">[]): InvalidCodeError {
  return new InvalidCodeError(
    faults.map((fault) => ({ level: "error", ...fault })),
    { what: "the stack's definition", nothing: "nothing was started" },
  );
}

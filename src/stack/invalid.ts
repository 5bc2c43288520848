import { InvalidCodeError, type Fault } from "../util/errors.ts";

/** An error with all faults of a stack definition: exit 65. */
export function invalidStack(faults: readonly Omit<Fault, "level">[]): InvalidCodeError {
  return new InvalidCodeError(
    faults.map((fault) => ({ level: "error", ...fault })),
    {
      what: "the stack definition",
      nothing: "nothing was started",
      code: "stack-definition-invalid",
      faultCode: "stack-definition-invalid",
    },
  );
}

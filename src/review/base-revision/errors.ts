import { EXIT, ProvisionError, type Fault } from "../../util/errors.ts";

/** The code of the other revision is at fault, not the one that is reviewed: exit 1. */
export class BaseError extends ProvisionError {
  override name = "BaseError";
  readonly faults: readonly Fault[];

  constructor(message: string, faults: readonly Fault[] = []) {
    super(message, { exitCode: EXIT.failure, hint: "Compare with another revision, or mend that one first." });
    this.faults = faults;
  }
}

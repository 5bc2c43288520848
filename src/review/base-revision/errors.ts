import { EXIT, ProvisionError, type Fault } from "../../util/errors.ts";

/** The code of the base revision is invalid or can't be applied: exit 1. */
export class BaseError extends ProvisionError {
  override name = "BaseError";
  readonly faults: readonly Fault[];

  constructor(message: string, faults: readonly Fault[] = []) {
    super(message, {
      exitCode: EXIT.failure,
      code: "review-base-invalid",
      hint: "Compare with a different revision, or first fix the code of this one.",
    });
    this.faults = faults;
  }
}

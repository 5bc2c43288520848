import { EXIT, ProvisionError } from "../../util/errors.ts";

/** The branch was changed between reading and writing it. */
export function branchMoved(branch: string, name: string): ProvisionError {
  return new ProvisionError(`The branch ${branch} on ${name} changed while the command ran, so it was not updated`, {
    exitCode: EXIT.conflict,
    code: "pull-request-branch-changed",
    hint: "Run the command again.",
  });
}

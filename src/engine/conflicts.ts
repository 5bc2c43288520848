import { EXIT } from "../util/errors.ts";
import { Conflict } from "../grafana/errors.ts";
import { address } from "./resource.ts";

interface Named {
  readonly kind: string;
  readonly id: string;
}

/** The conflict of a write or a deletion whose object is another than the plan read. */
export function changedSincePlan(object: Named, hint?: string): Conflict {
  return conflict(`${address(object)} was changed by somebody else meanwhile`, hint);
}

/** The conflict of a creation whose object is there already. */
export function createdSincePlan(object: Named): Conflict {
  return conflict(`${address(object)} was created by somebody else meanwhile`);
}

function conflict(message: string, hint?: string): Conflict {
  return new Conflict(message, { exitCode: EXIT.conflict, ...(hint === undefined ? {} : { hint }) });
}

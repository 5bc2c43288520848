import { EXIT } from "../util/errors.ts";
import { Conflict } from "../grafana/errors.ts";
import { address } from "./model.ts";

interface Named {
  readonly kind: string;
  readonly id: string;
}

/** The conflict of a write or a deletion whose object has changed since the plan read it. */
export function changedSincePlan(object: Named, hint?: string): Conflict {
  return conflict(`${address(object)} was changed by another user or run since the plan`, hint);
}

/** The conflict of a creation whose object already exists. */
export function createdSincePlan(object: Named): Conflict {
  return conflict(`${address(object)} was created by another user or run since the plan`);
}

function conflict(message: string, hint?: string): Conflict {
  return new Conflict(message, { exitCode: EXIT.conflict, ...(hint === undefined ? {} : { hint }) });
}

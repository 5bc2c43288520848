import type { Fault } from "../util/errors.ts";
import type { Desired, LiveObject } from "./model.ts";

/** An object in the code, in Grafana, or both. */
export interface Both {
  readonly desired?: Desired;
  /** Complete, and prepared for the comparison with the code. Absent: it does not exist. */
  readonly live?: LiveObject;
}

/** Resources with values that other objects determine, such as the id of a panel. */
export interface LinksFacet<Resource extends object, Live extends LiveObject> {
  /** The objects that determine them. */
  targets(desired: Desired<Resource>): readonly { readonly kind: string; readonly id: string }[];
  /** The resource with these values, and the faults of what the targets lack. `targets`: by address, without unreadable ones. */
  resolved(
    desired: Desired<Resource>,
    live: Live | undefined,
    targets: ReadonlyMap<string, Both>,
  ): { readonly resource: Resource; readonly faults: readonly Fault[] };
}

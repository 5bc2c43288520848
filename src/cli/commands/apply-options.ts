import type { ConsentOptions } from "../consent.ts";

export interface ApplyOptions extends ConsentOptions {
  /** All environments of the configuration. */
  readonly envAll?: boolean;
  readonly prune?: boolean;
  /** Allows `prune` if the code has no resources. */
  readonly allowEmpty?: boolean;
  readonly adopt?: readonly string[] | true;
  readonly overwriteDrift?: readonly string[] | true;
  /** Seconds to wait for another run of this project to finish. */
  readonly lockTimeout?: number;
}

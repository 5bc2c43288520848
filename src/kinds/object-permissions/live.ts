import type { LiveObject } from "../../engine/model.ts";
import type { Levels } from "./entries.ts";

/** The direct permissions on an object. */
export interface LivePermissions extends LiveObject {
  readonly levels: Levels;
  /** Whether these are the default permissions of a new object. False for those of a snapshot. */
  readonly unchosen: boolean;
  /** Only in an import: the credentials can't read the permissions. */
  readonly isUnreadable?: true;
}

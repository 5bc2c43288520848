import type { LiveObject } from "../../engine/model.ts";
import type { Shared } from "./canonical.ts";

/** The public dashboards of the organization. */
export interface LivePublicDashboards extends LiveObject {
  readonly shared: Shared;
}

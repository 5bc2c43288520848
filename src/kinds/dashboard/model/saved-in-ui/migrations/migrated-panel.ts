import type { JsonObject } from "../../../../../util/json.ts";

/** A panel as its plugin's migration gets it. The migration changes `options` and `fieldConfig`. */
export interface MigratedPanel extends JsonObject {
  options: JsonObject;
  fieldConfig: JsonObject;
}

import type { Difference } from "../../../engine/difference.ts";
import { textOf, type JsonObject } from "../../../util/json.ts";
import { dashboardDifferences } from "../model/differences.ts";
import type { Surroundings } from "../model/saved-in-ui/saved-in-ui.ts";
import { canonicalV2 } from "./model/canonical.ts";
import { differencesV2 } from "./model/differences.ts";
import { toV2beta1 } from "./shapes.ts";

/** The schema of a dashboard: of its code, of its mark, or of what Grafana stores. */
export type DashboardSchemaName = "classic" | "v2";

/** The canonical form in schema v2. `storedAs`: the schema in which Grafana stores it. `folder`: undefined if it is not stated. */
export function formV2(
  folder: string | undefined,
  spec: JsonObject,
  storedAs: DashboardSchemaName,
  surroundings?: Surroundings,
): JsonObject {
  return {
    ...(folder === undefined ? {} : { folder }),
    schema: "v2",
    storedAs,
    ...canonicalV2(toV2beta1(spec), surroundings),
  };
}

/** Whether a canonical form is in schema v2. */
export function isFormV2({ schema }: JsonObject): boolean {
  return schema === "v2";
}

/** The differences between two canonical forms. */
export function differencesOfForms(before: JsonObject, after: JsonObject): Difference[] {
  const [was, is] = [partsOf(before), partsOf(after)];
  const schemas = was.storedAs === is.storedAs ? [] : [schemaDifference(was.storedAs, is.storedAs)];
  // Both forms are in the schema of the code, except for a rollback to the other schema.
  if (was.schema !== is.schema) return schemas;
  if (is.schema === "classic") return [...schemas, ...dashboardDifferences(was.classic, is.classic)];
  return [...schemas, ...differencesV2(was.content, is.content)];
}

/** A dashboard that Grafana stores in another schema than before. */
function schemaDifference(before: string, after: string): Difference {
  return { type: "changed", path: "schema", labels: ["schema"], before, after };
}

/** `stored`: the body in schema v2, in the form of a rollback. */
function partsOf({ schema = "classic", storedAs, ...classic }: JsonObject) {
  const { stored, ...content } = classic;
  return { schema, storedAs: textOf(storedAs) || (stored ? "v2" : "classic"), classic, content };
}

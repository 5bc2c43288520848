import { z } from "zod";
import { ResourceReference, Uid } from "../reference.ts";
import { DashboardModelSchema } from "./model/schema.ts";
import { DashboardV2Schema } from "./v2/schema.ts";
import { isSchemaV2 } from "./v2/spec.ts";

const common = {
  kind: z.literal("dashboard"),
  uid: Uid.exactOptional(),
  folder: ResourceReference("folder").nullable().exactOptional(),
  allowMissing: z.boolean().exactOptional(),
  plain: z.boolean().exactOptional(),
};

const ClassicModel = DashboardModelSchema.refine(
  (spec) => !isSchemaV2(spec),
  "is in schema v2; define it with dashboard({ spec })",
);

/** `schema` selects the schema of the spec. */
export const DashboardSchema = z.discriminatedUnion("schema", [
  z.strictObject({ ...common, schema: z.undefined().optional(), spec: ClassicModel }),
  z.strictObject({ ...common, schema: z.literal("v2"), spec: DashboardV2Schema }),
]);

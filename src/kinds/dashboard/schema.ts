import { z } from "zod";
import { ResourceReference, Uid } from "../reference.ts";
import { DashboardModelSchema } from "./model/schema.ts";

export const DashboardSchema = z.strictObject({
  kind: z.literal("dashboard"),
  uid: Uid.exactOptional(),
  folder: ResourceReference("folder").nullable().exactOptional(),
  spec: DashboardModelSchema,
  plain: z.boolean().exactOptional(),
});

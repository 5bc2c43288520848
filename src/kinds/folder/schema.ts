import { z } from "zod";
import { ResourceReference, Uid } from "../reference.ts";

export const FolderSchema = z.strictObject({
  kind: z.literal("folder"),
  title: z.string().trim().min(1, "must not be empty"),
  uid: Uid.exactOptional(),
  description: z.string().exactOptional(),
  parent: ResourceReference("folder").nullable().exactOptional(),
});

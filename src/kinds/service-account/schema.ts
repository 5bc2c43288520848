import { z } from "zod";

export const ServiceAccountSchema = z.strictObject({
  kind: z.literal("service-account"),
  name: z.string().trim().min(1, "must not be empty").max(190, "must have at most 190 characters"),
  role: z.enum(["None", "Viewer", "Editor", "Admin"]),
  disabled: z.boolean().exactOptional(),
});

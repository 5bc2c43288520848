import { z } from "zod";
import { isObject } from "../../util/json.ts";
import { ResourceReference } from "../reference.ts";

const Shared = z.strictObject({
  dashboard: ResourceReference("dashboard"),
  timeSelection: z.boolean().exactOptional(),
  annotations: z.boolean().exactOptional(),
});

const Entry = z.unknown().superRefine((value, context) => {
  const schema = isObject(value) && "dashboard" in value ? Shared : ResourceReference("dashboard");
  for (const { path, message } of schema.safeParse(value).error?.issues ?? [])
    context.addIssue({ code: "custom", path, message });
});

export const PublicDashboardsSchema = z.strictObject({
  kind: z.literal("public-dashboards"),
  dashboards: z.array(Entry),
});

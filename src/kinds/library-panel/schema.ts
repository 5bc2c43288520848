import { z } from "zod";
import { issuesOf, PARSING } from "../../util/schema-issues.ts";
import { DashboardModelSchema } from "../dashboard/model/schema.ts";
import { ResourceReference, Uid } from "../reference.ts";

/** A panel of a dashboard, except for what can't be in a library. */
const Model = z.looseObject({}).superRefine((model, context) => {
  const { error } = DashboardModelSchema.safeParse({ title: "any", panels: [model] }, PARSING);
  const issues = issuesOf(error?.issues ?? []).map(({ path, message }) => ({ path: path.slice(2), message }));
  if (model["type"] === "row") issues.push({ path: ["type"], message: "a row can't be a library panel" });
  if (model["libraryPanel"]) {
    issues.push({ path: ["libraryPanel"], message: "a library panel can't show another library panel" });
  }
  for (const { path, message } of issues) context.addIssue({ code: "custom", path: [...path], message });
});

export const LibraryPanelSchema = z.strictObject({
  kind: z.literal("library-panel"),
  uid: Uid,
  name: z.string().trim().min(1, "must not be empty"),
  folder: ResourceReference("folder").nullable().exactOptional(),
  model: Model,
});

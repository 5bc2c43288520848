import { whyMissing, type NoSource, type SourceContext, type SourceFacet } from "../../engine/source.ts";
import { call, objectOf, valueOf, type Expression } from "../../import/code/expression.ts";
import { organizationPreferences } from "./builder.ts";
import type { LivePreferences } from "./live.ts";
import { OrganizationPreferencesSchema } from "./schema.ts";

export const source: SourceFacet<LivePreferences> = { directory: "access", file: "preferences", write };

function write({ preferences }: LivePreferences, context: SourceContext): Expression | NoSource {
  const { homeDashboard, ...texts } = preferences;
  const home = homeDashboard === undefined ? undefined : context.refer("dashboard", homeDashboard);
  if (homeDashboard !== undefined && !home)
    return { left: `they name the dashboard "${homeDashboard}", ${whyMissing(context, "dashboard")}` };
  const shape = OrganizationPreferencesSchema.shape;
  const unknown = Object.entries(texts).find(
    ([name, text]) => !shape[name as keyof typeof texts].safeParse(text).success,
  );
  if (unknown) return { left: `organizationPreferences() can't have ${unknown[0]} "${unknown[1]}"` };
  const values = Object.entries(texts).map(([name, text]) => [name, valueOf(text)] as const);
  return call(
    context.own("organizationPreferences", organizationPreferences),
    objectOf({ ...Object.fromEntries(values), homeDashboard: home }),
  );
}

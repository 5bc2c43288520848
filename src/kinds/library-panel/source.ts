import { whyMissing, type NoSource, type SourceContext, type SourceFacet } from "../../engine/source.ts";
import { call, fromJson, objectOf, valueOf, type Expression } from "../../import/code/expression.ts";
import { sdkWriter } from "../../import/sdk/writer.ts";
import { isObject, toJson, type JsonObject } from "../../util/json.ts";
import { isLegacy } from "../dashboard/model/legacy-panels.ts";
import { datasourceNames } from "../dashboard/source/datasources.ts";
import { panelExpression } from "../dashboard/source/panels.ts";
import { plainQueryExpression, writerTools } from "../dashboard/source/tools.ts";
import { libraryPanel } from "./builder.ts";
import { canonical, SURROUNDINGS } from "./canonical.ts";
import type { LiveLibraryPanel } from "./live.ts";
import { libraryPanelSources } from "./references.ts";

export const source: SourceFacet<LiveLibraryPanel> = {
  directory: "dashboards/library-panels",
  existing: ({ title }) => [title],
  write,
};

function write(live: LiveLibraryPanel, context: SourceContext): Expression | NoSource {
  const missing = libraryPanelSources(live.model).find((name) => !context.find("datasource", name));
  if (missing !== undefined)
    return { left: `it uses the datasource "${missing}", ${whyMissing(context, "datasource")}` };
  const { model } = canonical({ name: live.title, folder: live.parent ?? "", model: live.model });
  const form = isObject(model) ? model : {};
  const raw = toJson(live.model) as JsonObject;
  const names = datasourceNames({ panels: [form] }, { panels: [raw] }, context);
  const writer = sdkWriter({
    sdk: context.sdk,
    tools: writerTools(context),
    replace: names.replace,
    modulesFor: (query) => names.modulesFor(query, form),
    general: isLegacy(form),
    otherwise: (value, type) =>
      type === "cog.Dataquery" ? plainQueryExpression(value, names.replace, context) : undefined,
  });
  const built = panelExpression(form, raw, {}, { writer, surroundings: SURROUNDINGS });
  return call(
    context.own("libraryPanel", libraryPanel),
    objectOf({
      uid: valueOf(live.id),
      name: valueOf(live.title),
      folder: live.parent === undefined ? valueOf(null) : context.refer("folder", live.parent),
      model: built?.expression ?? fromJson(raw, names.replace),
    }),
  );
}

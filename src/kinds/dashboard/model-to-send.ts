import { statedPlace } from "../../engine/container.ts";
import type { KindContext, Write } from "../../engine/kind-context.ts";
import type { Desired } from "../../engine/model.ts";
import type { ObjectToWrite } from "../../grafana/collection.ts";
import { markedMetadata, objectUidOf, tagOf, withMessage } from "../../ownership/annotations.ts";
import { FORM } from "../../ownership/marker.ts";
import { repositoryOf } from "../../ownership/repository.ts";
import { hash, type JsonObject } from "../../util/json.ts";
import type { Dashboard } from "./builder.ts";
import { nameLibraryPanels } from "./library-panels.ts";
import { canonical, specOf, surroundingsOf, tagsOf, withoutTag, type LiveDashboard } from "./live-dashboard.ts";
import { lastingContent } from "./model/differences.ts";
import { fillInputs } from "./model/inputs.ts";
import { assignPanelIds } from "./model/panel-ids.ts";
import { assignRefIds } from "./model/panels.ts";
import { raisePanels } from "./model/rows.ts";
import { folderIn } from "../reference.ts";

export function desiredForm(desired: Omit<Desired<Dashboard>, "hash">, live?: LiveDashboard): JsonObject {
  return canonical(folderIn(desired, live), modelToSend(desired.resource, live, live?.tag), live?.surroundings);
}

/** `content`: the content that Grafana will store, if it is known to differ. */
export function objectToWrite(
  context: KindContext,
  { desired, live }: Write<Dashboard, LiveDashboard>,
  content?: JsonObject,
): ObjectToWrite {
  const { grafana, owner } = context;
  const surroundings = surroundingsOf(context);
  const tag = tagOf(owner);
  const model = modelToSend(desired.resource, live, tag);
  const spec = grafana.marks ? model : { ...model, tags: [...tagsOf(model), tag] };
  const { id, source } = desired;
  const folder = folderIn(desired, live);
  const marker = {
    form: FORM,
    codeHash: desired.hash,
    contentHash: hash(contentOf(desired, content ?? canonical(folder, model, surroundings))),
    // Known in advance: 1 for a new object, and each write adds 1.
    version: 1 + (live?.object.metadata.generation ?? 0),
    uid: id,
    ...objectUidOf(live?.object),
    ...repositoryOf(context),
  };
  return {
    metadata: withMessage(
      markedMetadata({ id, owner, source, folder: folder || undefined, marker, live: live?.object }),
      context,
    ),
    spec,
  };
}

/** The content that a write determines: without the folder if the code states none. */
function contentOf(desired: Desired<Dashboard>, form: JsonObject): JsonObject {
  const { folder, ...rest } = lastingContent(form);
  return statedPlace(desired, "folder") === undefined || folder === undefined ? rest : { folder, ...rest };
}

export function modelToSend(resource: Dashboard, live: LiveDashboard | undefined, tag = ""): JsonObject {
  const model = modelOf(resource, tag);
  assignPanelIds(model, live?.complete ? { live: specOf(live), former: live.former } : {});
  return model;
}

/** The same without the ids of panels that the code leaves out. */
export function modelOf({ spec }: Dashboard, tag: string): JsonObject {
  // Documents already contain the values of the inputs of their set.
  const { model } = fillInputs(withoutTag(spec, tag), {});
  for (const key of ["id", "uid", "version", "__inputs", "__requires", "__elements"]) delete model[key];
  const schemaVersion = schemaVersionOf(model);
  if (schemaVersion !== undefined) model["schemaVersion"] = schemaVersion;
  raisePanels(model);
  nameLibraryPanels(model);
  assignRefIds(model);
  return model;
}

/** The schema version of TypeScript models that set none. Grafana would treat them as the oldest version. */
export const SCHEMA_VERSION = 42;

/** Undefined for the oldest schema, whose panels are in `rows`: Grafana migrates a dashboard that has no version. */
function schemaVersionOf({ schemaVersion, rows }: Record<string, unknown>): number | undefined {
  if (typeof schemaVersion === "number") return schemaVersion;
  return Array.isArray(rows) ? undefined : SCHEMA_VERSION;
}

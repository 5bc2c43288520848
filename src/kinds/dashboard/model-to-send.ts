import { statedPlace } from "../../engine/container.ts";
import type { KindContext, Write } from "../../engine/kind-context.ts";
import type { Desired } from "../../engine/model.ts";
import type { ObjectToWrite } from "../../grafana/collection.ts";
import { markedMetadata, objectUidOf, tagOf, withMessage } from "../../ownership/annotations.ts";
import { FORM, type AppliedMarker } from "../../ownership/marker.ts";
import { repositoryOf } from "../../ownership/repository.ts";
import { hash, type JsonObject } from "../../util/json.ts";
import type { AnyDashboard } from "./builder.ts";
import { nameLibraryPanels } from "./library-panels.ts";
import {
  canonical,
  changesSchema,
  specOf,
  specV2Of,
  surroundingsOf,
  tagsOf,
  withoutTag,
  type LiveDashboard,
} from "./live-dashboard.ts";
import { lastingContent } from "./model/differences.ts";
import { fillInputs } from "./model/inputs.ts";
import { assignPanelIds } from "./model/panel-ids.ts";
import { assignRefIds } from "./model/panels.ts";
import { raisePanels } from "./model/rows.ts";
import type { Surroundings } from "./model/saved-in-ui/saved-in-ui.ts";
import { formV2 } from "./v2/form.ts";
import { completeSpec } from "./v2/spec.ts";
import { folderIn } from "../reference.ts";

export function desiredForm(desired: Omit<Desired<AnyDashboard>, "hash">, live?: LiveDashboard): JsonObject {
  const { resource } = desired;
  const body = bodyToSend(resource, live, live?.tag);
  const form = formIn(resource, folderIn(desired, live), body, live?.surroundings);
  return live && resource.schema !== "v2" && changesSchema(live) ? { ...form, storedAs: "classic" } : form;
}

/** The canonical form of a body in the schema of the code. */
export function formIn(
  { schema }: Pick<AnyDashboard, "schema">,
  folder: string | undefined,
  body: JsonObject,
  surroundings?: Surroundings,
): JsonObject {
  return schema === "v2" ? formV2(folder, body, "v2", surroundings) : canonical(folder, body, surroundings);
}

/**
 * `body`: from `bodyToSend`, with the tag of the owner. `content`: the content that Grafana will store, if it is known to
 * differ.
 */
export function objectToWrite(
  context: KindContext,
  { desired, live }: Write<AnyDashboard, LiveDashboard>,
  body = bodyToSend(desired.resource, live, tagOf(context.owner)),
  content?: JsonObject,
): ObjectToWrite {
  const { grafana, owner } = context;
  const tag = tagOf(owner);
  const spec = grafana.marks ? body : { ...body, tags: [...tagsOf(body), tag] };
  const { id, source } = desired;
  const folder = folderIn(desired, live);
  const form = content ?? formIn(desired.resource, folder, body, surroundingsOf(context));
  const marker = markerOf(context, { desired, live }, form);
  return {
    metadata: withMessage(
      markedMetadata({ id, owner, source, folder: folder || undefined, marker, live: live?.object }),
      context,
    ),
    spec,
  };
}

/** The mark of a write after which Grafana has this content. */
export function markerOf(
  context: KindContext,
  { desired, live }: { readonly desired: Desired<AnyDashboard>; readonly live: LiveDashboard | undefined },
  content: JsonObject,
): AppliedMarker {
  const { schema } = desired.resource;
  return {
    form: FORM,
    codeHash: desired.hash,
    contentHash: hash(contentOf(desired, content)),
    // Known in advance: 1 for a new object, and each write adds 1. In schema v2, the response shows whether it did.
    version: 1 + (live?.object.metadata.generation ?? 0),
    uid: desired.id,
    ...objectUidOf(live?.object),
    ...repositoryOf(context),
    ...(schema ? { schema } : {}),
  };
}

/** The content that a write determines: without the folder if the code states none. */
function contentOf(desired: Desired<AnyDashboard>, form: JsonObject): JsonObject {
  const { folder, ...rest } = lastingContent(form);
  return statedPlace(desired, "folder") === undefined || folder === undefined ? rest : { folder, ...rest };
}

/** The body in the schema of the code. */
export function bodyToSend(resource: AnyDashboard, live: LiveDashboard | undefined, tag = ""): JsonObject {
  if (resource.schema !== "v2") return modelToSend(resource, live, tag);
  return completeSpec(withoutTag(resource.spec, tag), live?.complete ? specV2Of(live) : undefined);
}

function modelToSend(resource: AnyDashboard, live: LiveDashboard | undefined, tag = ""): JsonObject {
  const model = modelOf(resource, tag);
  assignPanelIds(model, live?.complete ? { live: specOf(live), former: live.former } : {});
  return model;
}

/** The same without the ids of panels that the code leaves out. */
export function modelOf({ spec }: AnyDashboard, tag: string): JsonObject {
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

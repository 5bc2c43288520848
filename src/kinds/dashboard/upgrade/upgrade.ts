import type { UpgradeFacet } from "../../../engine/upgrade.ts";
import { isObject, type Json, type JsonObject } from "../../../util/json.ts";
import type { AnyDashboard } from "../builder.ts";
import type { LiveDashboard } from "../live-dashboard.ts";
import { isManifest } from "../model/envelope.ts";
import { bodyToSend } from "../model-to-send.ts";
import { isSchemaV2 } from "../v2/spec.ts";
import { upgradeNotes } from "./notes.ts";
import { FOLDER } from "../../../grafana/kubernetes.ts";

/** Documents in the classic schema, which Grafana converts to schema v2. */
export const upgrade: UpgradeFacet<AnyDashboard, LiveDashboard> = {
  prepare(document, { resource }, live) {
    if (isInV2(document)) return { done: "is already in schema v2" };
    if (inputsOf(document).length > 0) {
      return {
        obstacle: `has the inputs ${inputsOf(document).join(", ")} (\`__inputs\`), which schema v2 doesn't have`,
        hint: "Replace each ${NAME} in the file with the uid of a datasource or with a value, and delete `__inputs`.",
      };
    }
    // With the ids that panels have in Grafana, since schema v2 names elements by them.
    return { content: bodyToSend(resource, live, live?.tag) };
  },
  rewrite(document, { id }, { apiVersion, spec }) {
    const manifest = isObject(document) && isManifest(document) ? document : {};
    const metadata = isObject(manifest["metadata"]) ? manifest["metadata"] : {};
    const folder = folderOf(document);
    const annotations = isObject(metadata["annotations"]) ? metadata["annotations"] : {};
    const { folder: _, ...others } = metadata;
    const placed = folder === undefined ? annotations : { ...annotations, [FOLDER]: folder };
    return {
      apiVersion,
      kind: "Dashboard",
      metadata: { ...others, name: id, ...(Object.keys(placed).length > 0 ? { annotations: placed } : {}) },
      spec,
    };
  },
  notes: upgradeNotes,
};

function isInV2(document: Json): boolean {
  if (!isObject(document)) return false;
  const { spec } = document;
  return isSchemaV2(isManifest(document) && isObject(spec) ? spec : document);
}

/** The classic dashboard in a document. */
function contentOf(document: Json): JsonObject {
  if (!isObject(document)) return {};
  for (const key of ["spec", "dashboard"]) if (isObject(document[key])) return document[key];
  return document;
}

function inputsOf(document: Json): string[] {
  const inputs = contentOf(document)["__inputs"];
  return (Array.isArray(inputs) ? inputs : [])
    .filter(isObject)
    .map(({ name }) => (typeof name === "string" ? name : ""));
}

/** The folder that the envelope names, in any of its forms. */
function folderOf(document: Json): string | undefined {
  if (!isObject(document)) return undefined;
  const { metadata, meta, folderUid } = document;
  const named = isObject(metadata) ? metadata["folder"] : isObject(meta) ? meta["folderUid"] : folderUid;
  return typeof named === "string" && named !== "" && named !== "general" ? named : undefined;
}

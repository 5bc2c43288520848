import { isSchemaV2 } from "../v2/spec.ts";
import { isObject, type Json, type JsonObject, textOf } from "../../../util/json.ts";

/** A dashboard in a document, with the metadata of its envelope. */
export interface FoundDashboard {
  readonly model: JsonObject;
  /** Absent: the classic schema. */
  readonly schema?: "v2";
  readonly uid?: string;
  /** The uid of a folder. */
  readonly folder?: string;
}

/** Why the document contains no supported dashboard. */
export interface NoDashboard {
  readonly problem: string;
  readonly hint?: string;
}

/**
 * Extracts the dashboard from a document: classic JSON, a spec in schema v2, a Kubernetes manifest (`dashboard.grafana.app`),
 * a response of `GET /api/dashboards/uid/...` or Grizzly's envelope.
 */
export function dashboardIn(document: Json): FoundDashboard | NoDashboard {
  if (!isObject(document)) return none(document);
  const { apiVersion, spec, metadata } = document;
  if (typeof apiVersion === "string") {
    if (!isObject(spec)) return none(document);
    const version = /^dashboard\.grafana\.app\/(v\w+)$/.exec(apiVersion)?.[1];
    const known = version !== undefined || apiVersion.startsWith("grizzly.grafana.com/");
    if (!known || document["kind"] !== "Dashboard") {
      return { problem: `is a ${textOf(document["kind"])} of ${apiVersion}, which is not a dashboard` };
    }
    const place = metadataOf(isObject(metadata) ? metadata : {});
    if (!version?.startsWith("v2")) return { model: spec, ...place };
    if (!VERSIONS_OF_V2.has(version)) return unsupported(apiVersion);
    if (!isSchemaV2(spec)) return { problem: `is a dashboard of ${apiVersion} without elements or layout` };
    return { model: spec, schema: "v2", ...place };
  }
  const { dashboard } = document;
  if (isObject(dashboard) && looksLikeDashboard(dashboard)) {
    const folder = isObject(document["meta"]) ? document["meta"]["folderUid"] : document["folderUid"];
    return { model: dashboard, ...(typeof folder === "string" && folder ? { folder } : {}) };
  }
  if (isSchemaV2(document)) return { model: document, schema: "v2" };
  return looksLikeDashboard(document) ? { model: document } : none(document);
}

/** Whether an object looks like a classic dashboard. */
export function looksLikeDashboard(value: object): boolean {
  const marks = ["panels", "rows", "schemaVersion", "templating", "timepicker"];
  return marks.some((mark) => mark in value);
}

function metadataOf(metadata: JsonObject): { uid?: string; folder?: string } {
  const annotations = isObject(metadata["annotations"]) ? metadata["annotations"] : {};
  const folder = annotations["grafana.app/folder"] ?? metadata["folder"];
  const name = metadata["name"];
  return {
    ...(typeof name === "string" ? { uid: name } : {}),
    // Grizzly's name for the root.
    ...(typeof folder === "string" && folder && folder !== "general" ? { folder } : {}),
  };
}

/** Whether an object is a Kubernetes manifest. */
export function isManifest(value: object): boolean {
  return "apiVersion" in value && "kind" in value && "spec" in value;
}

const VERSIONS_OF_V2 = new Set(["v2", "v2beta1"]);

function unsupported(apiVersion: string): NoDashboard {
  return {
    problem: `is a dashboard of ${apiVersion}, a version that this tool does not support`,
    hint: "Export it from Grafana as v2beta1 or v2.",
  };
}

function none(document: Json): NoDashboard {
  const what = Array.isArray(document)
    ? "a list"
    : isObject(document)
      ? "an object without panels or schemaVersion"
      : document === null
        ? "empty"
        : "a single value";
  return {
    problem: `does not contain a dashboard: it is ${what}`,
    hint: "Move files that are not resources elsewhere, or begin their names with _.",
  };
}

import { accessForRoles } from "./access/resource-access.ts";
import type { Routes, SandboxContext } from "./context.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";
import { annotation, folderOf, type Draft } from "./k8s/metadata.ts";
import type { KindRules } from "./k8s/kind-rules.ts";
import type { Resource } from "./k8s/resource.ts";
import { addResourceRoutes } from "./k8s/routes.ts";
import { badRequest, failure, invalid, wrongType } from "./k8s/status.ts";
import { unifiedStorage } from "./k8s/storage.ts";
import type { Mode } from "./mode.ts";
import { playlistNames } from "./names.ts";
import { rowExists, sqlPlaylists, validateRow } from "./sql/playlist-storage.ts";

export async function openPlaylists(context: SandboxContext): Promise<Resource> {
  const shared = {
    names: playlistNames,
    normalize: () => undefined,
    access: accessForRoles,
    grants: () => [],
    guard: async <T>(task: () => Promise<T>) => task(),
  };
  if (context.mode !== "unified") {
    const rules: KindRules = { ...shared, validate: validateRow, generations: () => 1, alreadyExists: rowExists };
    return context.openResource(rules, sqlPlaylists(context.rowIds, context.clock));
  }
  const rules: KindRules = {
    ...shared,
    // Grafana does not check title, interval or items.
    validate(draft) {
      validateName(draft.name);
      validateAnnotations(draft);
    },
    dryRunGeneration: 0,
    generations: ({ spec }, previous) => (spec === previous.spec ? 0 : 1),
  };
  return context.openResource(rules, { ...unifiedStorage(context.clock), internalId: () => undefined });
}

/** The playlist API. Both versions have the same form; Grafana 11 serves only the older one. */
export function playlistRoutes(playlists: Resource, mode: Mode): Routes {
  return (app) =>
    addResourceRoutes(app, {
      resource: playlists,
      versions: mode === "legacy-api" ? ["v0alpha1"] : ["v1", "v0alpha1"],
      decode,
      convert: ({ spec }) => ({ spec, status: "{}" }),
    });
}

/** Keeps only the fields that Grafana knows. */
function decode(sent: JsonObject): JsonObject {
  const items = sent["items"] ?? [];
  if (!Array.isArray(items)) throw wrongType("spec.items", "array");
  return { title: textIn(sent, "title"), interval: textIn(sent, "interval"), items: items.map(itemOf) };
}

function itemOf(sent: Json): JsonObject {
  if (!isObject(sent)) throw wrongType("spec.items", "object");
  return { type: textIn(sent, "type"), value: textIn(sent, "value") };
}

function textIn(object: JsonObject, field: string): string {
  const value = object[field] ?? "";
  if (typeof value !== "string") throw wrongType(`spec.${field}`, "string");
  return value;
}

function validateName(name: string): void {
  if (name.includes("/") || name === "." || name === "..") {
    const message = `Invalid value: "${name}": it can't be a part of a path`;
    throw invalid(playlistNames, name, [{ field: "metadata.name", reason: "FieldValueInvalid", message }]);
  }
  if (name.length > 253) throw failure(500, "invalid request key: name is too long");
  if (!/^[a-zA-Z0-9:._-]*$/.test(name)) {
    throw failure(500, "invalid request key: name must consist of alphanumeric characters, '-', '_', ':' or '.'");
  }
}

/** Playlists have no folder and no permissions, and only Git sync can mark one as managed by a repository. */
function validateAnnotations({ annotations }: Draft): void {
  if (folderOf({ annotations }) !== "") {
    throw badRequest(`folders are not supported for: ${playlistNames.plural}.${playlistNames.group}`);
  }
  if (annotations[annotation.grantPermissions] !== undefined) {
    throw failure(500, "missing default permission creator");
  }
  if (annotations[annotation.managedBy] !== "repo") return;
  if (annotations["grafana.app/sourcePath"] === undefined) {
    throw failure(500, "managed resource is missing source path annotation");
  }
  const details = {
    name: annotations[annotation.managerId],
    group: "provisioning.grafana.app",
    kind: "repositories",
    causes: [{ reason: "UnexpectedServerResponse", message: "404 page not found" }],
  };
  throw failure(404, "the server could not find the requested resource", "NotFound", details);
}

import { accessForRoles } from "./access/resource-access.ts";
import type { Routes, SandboxContext } from "./context.ts";
import { isObject, text } from "./json.ts";
import type { Json, JsonObject } from "./json.ts";
import type { KindRules, Resource } from "./k8s/resource.ts";
import { addResourceRoutes } from "./k8s/routes.ts";
import { badRequest, invalid } from "./k8s/status.ts";
import { unifiedStorage } from "./k8s/storage.ts";
import { playlistNames } from "./names.ts";

/** Loads the playlists. */
export async function openPlaylists(context: SandboxContext): Promise<Resource> {
  const rules: KindRules = {
    names: playlistNames,
    normalize(draft) {
      draft.spec = specOf(draft.spec);
    },
    // Nothing else is checked: neither title nor interval, nor whether what an item names exists.
    validate: ({ name }) => validateName(name),
    access: accessForRoles,
    grants: () => [],
    generations: ({ spec }, previous) => (spec === previous.spec ? 0 : 1),
    guard: async (task) => task(),
  };
  return context.openResource(rules, { ...unifiedStorage(context.clock), internalId: () => undefined });
}

/** The playlist API; both versions have the same form. */
export function playlistRoutes(playlists: Resource): Routes {
  return (app) =>
    addResourceRoutes(app, {
      resource: playlists,
      versions: ["v1", "v0alpha1"],
      convert: ({ spec }) => ({ spec, status: "{}" }),
    });
}

function validateName(name: string): void {
  if (name.includes("/") || name === "." || name === "..") {
    const message = `Invalid value: "${name}": it can't be a part of a path`;
    throw invalid(playlistNames, name, [{ field: "metadata.name", reason: "FieldValueInvalid", message }]);
  }
  if (name.length > 253) throw badRequest("name is too long");
  if (!/^[a-zA-Z0-9:._-]*$/.test(name)) throw badRequest("name must consist of letters, digits, '-', '_', ':' or '.'");
}

/** The fields that Grafana knows; it drops all others. */
function specOf(sent: JsonObject): JsonObject {
  const { items = null } = sent;
  if (items !== null && !Array.isArray(items)) throw wrongType("items", "array");
  return {
    title: textIn(sent, "title"),
    interval: textIn(sent, "interval"),
    items: items === null ? null : items.map(itemOf),
  };
}

function itemOf(sent: Json): JsonObject {
  if (!isObject(sent)) throw wrongType("items", "object");
  return { type: textIn(sent, "type"), value: textIn(sent, "value") };
}

function textIn(object: JsonObject, field: string): string {
  const value = object[field] ?? "";
  if (typeof value !== "string") throw wrongType(field, "string");
  return text(value);
}

function wrongType(field: string, expected: string): Error {
  return badRequest(`json: cannot unmarshal spec.${field}: it must be of type ${expected}`);
}

import { createHash } from "node:crypto";
import type { ForeignContext, ForeignFacet, ForeignResult } from "../../engine/foreign.ts";
import { masked } from "../../secrets/mask.ts";
import type { Secret } from "../../secrets/secret.ts";
import { equal, isObject, textOf, type Json, type JsonObject } from "../../util/json.ts";

export const foreign: ForeignFacet = {
  provisioned: {
    property: "datasources",
    read(entry, context) {
      const { secureJsonData, ...rest } = entry;
      const fields = context.interpolated(withoutCredentialVariables(rest, context)) as JsonObject;
      const name = textOf(fields["name"]);
      const uid = textOf(fields["uid"]) || provisionedUid(name);
      if (Array.isArray(entry["correlations"]) && entry["correlations"].length > 0)
        context.leaveOut("correlations", "This tool has no correlations; create them in Grafana.");
      return datasourceOf({ ...fields, name, uid }, secureJsonData, context);
    },
  },
  manifests: [
    {
      group: "grizzly.grafana.com",
      kind: "Datasource",
      read: ({ name, spec: { secureJsonData, ...fields } }, context) => {
        const uid = textOf(fields["uid"]) || name;
        return datasourceOf({ ...fields, uid, name: textOf(fields["name"]) || name }, secureJsonData, context, fields);
      },
    },
  ],
  terraform: {
    grafana_data_source: (attribute) => attribute("uid"),
    grafana_data_source_config: (attribute) => attribute("uid"),
  },
};

/** The uid that Grafana gives to a provisioned datasource without one. */
function provisionedUid(name: string): string {
  const digits = createHash("sha256").update(name).digest("hex").slice(0, 16);
  return `P${digits}`.toUpperCase();
}

const TEXTS = ["url", "user", "database", "basicAuthUser"] as const;
const FLAGS = ["basicAuth", "withCredentials"] as const;
const READ = new Set<string>([...TEXTS, ...FLAGS, "jsonData", "access", "isDefault"]);
const REQUIRED = new Set(["name", "uid", "type", "url", "orgId"]);
const CREDENTIAL = "It contains a credential. Set it before you apply, for example to process.env.NAME.";

function datasourceOf(
  fields: JsonObject,
  secure: Json | undefined,
  context: ForeignContext,
  { secureJsonFields }: JsonObject = {},
): ForeignResult {
  const name = textOf(fields["name"]);
  const type = textOf(fields["type"]);
  if (type === "") return { left: "it has no type" };
  const values: JsonObject = {};
  for (const key of TEXTS) if (textOf(fields[key]) !== "") values[key] = textOf(fields[key]);
  for (const key of FLAGS) if (isTrue(fields[key])) values[key] = true;
  if (fields["access"] === "direct") values["access"] = "direct";
  if (isObject(fields["jsonData"]) && Object.keys(fields["jsonData"]).length > 0)
    values["jsonData"] = fields["jsonData"];
  const names = new Set([
    ...Object.keys(isObject(secure) ? secure : {}),
    // Grizzly writes only the names of secrets.
    ...Object.entries(isObject(secureJsonFields) ? secureJsonFields : {}).flatMap(([key, is]) => (is ? key : [])),
  ]);
  const secrets: Record<string, Secret> = {};
  for (const key of names) {
    const text = isObject(secure) ? textOf(secure[key]) : "";
    secrets[key] = context.secret(text, `${name} ${key}`);
  }
  return {
    value: {
      kind: "datasource",
      uid: textOf(fields["uid"]),
      name,
      type,
      // Otherwise, the first datasource would become the default.
      isDefault: isTrue(fields["isDefault"]),
      ...withoutCredentials(values, context),
      ...(names.size > 0 ? { secureJsonData: secrets } : {}),
    },
  };
}

/** Only `secureJsonData` can have secrets. */
function withoutCredentials(values: JsonObject, context: ForeignContext): JsonObject {
  const shown = masked(values);
  const result: JsonObject = {};
  for (const [key, value] of Object.entries(values)) {
    const kept = withoutMasked(value, shown[key] ?? null, [key], context);
    if (kept !== undefined) result[key] = kept;
  }
  return result;
}

/** The properties without references to credentials. In a property that Grafana requires, such a reference stays and is a fault. */
function withoutCredentialVariables(fields: JsonObject, context: ForeignContext): JsonObject {
  const isKept = (key: string, value: Json, path: string): boolean => {
    if (!context.namesCredential(value)) return true;
    if (READ.has(key)) context.leaveOut(path, CREDENTIAL);
    return false;
  };
  const kept = Object.entries(fields).flatMap(([key, value]): [string, Json][] => {
    if (key === "jsonData" && isObject(value)) {
      const own = Object.entries(value).filter(([name, item]) => isKept(key, item, `jsonData.${name}`));
      return [[key, Object.fromEntries(own)]];
    }
    return REQUIRED.has(key) || isKept(key, value, key) ? [[key, value]] : [];
  });
  return Object.fromEntries(kept);
}

function withoutMasked(value: Json, shown: Json, path: readonly string[], context: ForeignContext): Json | undefined {
  if (equal(value, shown)) return value;
  if (isObject(value) && isObject(shown)) {
    const kept = Object.entries(value).flatMap(([key, item]): [string, Json][] => {
      const own = withoutMasked(item, shown[key] ?? null, [...path, key], context);
      return own === undefined ? [] : [[key, own]];
    });
    return Object.fromEntries(kept);
  }
  context.leaveOut(path.join("."), CREDENTIAL);
  return undefined;
}

function isTrue(value: Json | undefined): boolean {
  return value === true || value === "true";
}

import type { Desired } from "../../engine/model.ts";
import type { Shape } from "../../engine/shape.ts";
import { HIDDEN } from "../../secrets/secret.ts";
import { isObject, toJson, withoutNulls, type JsonObject } from "../../util/json.ts";
import { FIELDS, secretKeys, type DatasourceBody } from "./body.ts";
import type { Datasource } from "./builder.ts";
import { MARK } from "./mark.ts";

export function desiredForm(
  { resource }: Pick<Desired<Datasource>, "resource">,
  live?: { readonly body: DatasourceBody },
): JsonObject {
  const isDefault = resource.isDefault ?? live?.body.isDefault;
  // Grafana keeps the user when basic authentication is turned off.
  const basicAuthUser = resource.basicAuthUser ?? (resource.basicAuth ? undefined : live?.body["basicAuthUser"]);
  return canonical({ ...resource, basicAuthUser, isDefault }, Object.keys(resource.secureJsonData ?? {}));
}

export function observedForm({ body }: { readonly body: DatasourceBody }): JsonObject {
  return canonical(body, secretKeys(body));
}

/** The default flag moves to another datasource when that one becomes the default. */
export function contentOf({ isDefault: _, ...form }: JsonObject): JsonObject {
  return form;
}

export const SHAPE: Shape = { values: { name: { meaning: () => "renamed" }, jsonData: { absent: {} } } };

function canonical(fields: Readonly<Record<string, unknown>>, secrets: readonly string[]): JsonObject {
  const form: JsonObject = {};
  if (secrets.length > 0) form["secureJsonData"] = Object.fromEntries(secrets.map((key) => [key, HIDDEN]));
  for (const field of FIELDS) {
    const value = fields[field];
    // Grafana returns omitted fields as "", false, or access "proxy".
    if (typeof value === "boolean" ? value : value && !(field === "access" && value === "proxy"))
      form[field] = toJson(value);
  }
  if (fields["isDefault"] !== undefined) form["isDefault"] = fields["isDefault"] === true;
  const jsonData = withoutNulls(toJson(fields["jsonData"] ?? {}));
  if (isObject(jsonData)) {
    delete jsonData[MARK];
    if (Object.keys(jsonData).length > 0) form["jsonData"] = jsonData;
  }
  return form;
}

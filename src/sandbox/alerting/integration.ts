import { legacyError, type ApiError } from "../errors.ts";
import type { Json } from "../json.ts";
import { goObject, type GoObject } from "./go-object.ts";
import { goQuoted } from "./urls.ts";
import { integrationTypes, type IntegrationType } from "./integration-types.ts";

/** Types of Prometheus' Alertmanager, which Grafana knows but can't use in a contact point. */
const foreign = ["msteams", "msteamsv2", "wechat"];

/** The error of a contact point that Grafana rejects. */
export function invalidContactPoint(reason: string): ApiError {
  return legacyError(400, `invalid object specification: ${reason}`);
}

/** The type as Grafana stores it. */
export function storedTypeOf(type: string): string {
  // `LINE` is uppercase in Grafana. The lowercase alias is stored unchanged.
  if (type === "line" || type === "LINE") return type;
  const known = [...Object.keys(integrationTypes), ...foreign].find(
    (name) => name.toLowerCase() === type.toLowerCase(),
  );
  if (known === undefined) throw invalidContactPoint(`unknown integration type: ${type}`);
  return known;
}

/** The type as Grafana shows it. */
export function shownTypeOf(type: string): string {
  return type === "line" ? "LINE" : type;
}

/** The definition of a stored type; undefined if it can't be used. */
export function integrationTypeOf(type: string): IntegrationType | undefined {
  return integrationTypes[shownTypeOf(type)];
}

/** Validates the settings and secrets of an integration like Grafana, except certificates. */
export function validateIntegration(
  type: string,
  settings: Json,
  { name, uid }: { readonly name: string; readonly uid: string },
): void {
  const known = integrationTypeOf(type);
  if (known === undefined) throw invalidContactPoint(`notifier ${type} is not supported`);
  let fault: string | undefined;
  try {
    const fields = goObject(settings);
    readTypes(known, fields);
    fault = known.fault(fields) ?? httpFault(fields);
  } catch {
    fault = "failed to unmarshal settings";
  }
  if (fault === undefined) return;
  const which = `integration ${goQuoted(name)} (UID ${uid}) of type ${goQuoted(type)}`;
  throw invalidContactPoint(`failed to validate ${which}: ${fault}`);
}

function readTypes({ texts, flags = [], textMaps = [] }: IntegrationType, settings: GoObject): void {
  for (const name of texts) settings.text(name);
  for (const name of flags) settings.flag(name);
  for (const name of textMaps) settings.strings(name);
}

/** Validates settings of the HTTP client, which all types can have. */
function httpFault(settings: GoObject): string | undefined {
  const oauth = settings.object("http_config")?.object("oauth2");
  if (oauth === undefined) return undefined;
  oauth.texts("scopes");
  oauth.strings("endpoint_params");
  const required = ["client_id", "client_secret", "token_url"].find((name) => oauth.text(name) === "");
  if (required !== undefined) return `OAuth2 ${required} is required`;
  const proxy = oauth.object("proxy_config");
  if (proxy === undefined) return undefined;
  const url = proxy.text("proxy_url");
  const fromEnvironment = proxy.flag("proxy_from_environment");
  const noProxy = proxy.text("no_proxy");
  const headers = Object.keys(proxy.strings("proxy_connect_header") ?? {}).length > 0;
  if (headers && !fromEnvironment && url === "") return "proxy_connect_header needs proxy_url";
  if (fromEnvironment && (url !== "" || noProxy !== ""))
    return "proxy_from_environment excludes the other proxy settings";
  return url === "" && noProxy !== "" ? "no_proxy needs proxy_url" : undefined;
}

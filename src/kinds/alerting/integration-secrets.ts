import { isObject, type Json, type JsonObject } from "../../util/json.ts";
import { HIDDEN } from "../../secrets/secret.ts";

const TLS = ["caCertificate", "clientCertificate", "clientKey"];

/** The settings that Grafana 12 stores as secrets and never returns, by integration type. */
const SECRETS: Readonly<Record<string, readonly string[]>> = {
  LINE: ["token"],
  dingding: ["url"],
  discord: ["url"],
  googlechat: ["url"],
  jira: ["user", "password", "api_token"],
  kafka: ["password"],
  mqtt: ["password", ...TLS.map((name) => `tlsConfig.${name}`)],
  oncall: ["password", "authorization_credentials"],
  opsgenie: ["apiKey"],
  pagerduty: ["integrationKey"],
  "prometheus-alertmanager": ["basicAuthPassword"],
  pushover: ["apiToken", "userKey"],
  sensugo: ["apikey"],
  slack: ["token", "url"],
  sns: ["sigv4.access_key", "sigv4.secret_key"],
  telegram: ["bottoken"],
  threema: ["api_secret"],
  victorops: ["url"],
  webex: ["bot_token"],
  webhook: [
    "password",
    "authorization_credentials",
    "hmacConfig.secret",
    "http_config.oauth2.client_secret",
    ...TLS.flatMap((name) => [`tlsConfig.${name}`, `http_config.oauth2.tls_config.${name}`]),
  ],
  wecom: ["url", "secret"],
};

/** Grafana accepts a type in any case, and returns all types in lower case except LINE. */
export function integrationType(type: string): string {
  const small = type.toLowerCase();
  return small === "line" ? "LINE" : small;
}

function secretsOf(type: string): readonly string[] {
  const name = integrationType(type);
  return (Object.hasOwn(SECRETS, name) && SECRETS[name]) || [];
}

/** Settings with secrets hidden. Empty secrets are removed, because Grafana drops them. */
export function withSecretsHidden(type: string, settings: JsonObject): JsonObject {
  return secretsOf(type).reduce((form, path) => hidden(form, path.split(".")), settings);
}

/** Paths of secrets in plain text in the settings. */
export function clearSecrets(type: string, settings: Readonly<Record<string, unknown>>): string[] {
  return secretsOf(type).filter((path) => {
    const value = path
      .split(".")
      .reduce<unknown>(
        (at, key) => (typeof at === "object" && at !== null ? Reflect.get(at, key) : undefined),
        settings,
      );
    return typeof value === "string" && value !== "";
  });
}

function hidden(settings: JsonObject, [head = "", ...rest]: readonly string[]): JsonObject {
  const value: Json | undefined = settings[head];
  if (value === undefined) return settings;
  if (rest.length > 0) return isObject(value) ? { ...settings, [head]: hidden(value, rest) } : settings;
  const { [head]: _, ...others } = settings;
  return value === "" || value === null ? others : { ...others, [head]: HIDDEN };
}

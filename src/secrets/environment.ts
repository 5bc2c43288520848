import { outgoing } from "./outgoing.ts";
import { credentialsInHeaders, secretsOfAuth, secretsOfPassword, userOfProxy } from "../grafana/credentials.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** The tool's own credentials: configuration and resources don't need them. */
const CREDENTIALS = [
  "GRAFANA_TOKEN",
  "GRAFANA_AUTH",
  "GRAFANA_USER",
  "GRAFANA_PASSWORD",
  "GRAFANA_HTTP_HEADERS",
  "GRAFANA_TLS_KEY",
  "GRAFANA_PROVISION_KEY",
];

/** The token for one environment: `GRAFANA_TOKEN_STAGING`. */
const OF_ENVIRONMENT = /^GRAFANA_TOKEN_\w+$/;

const withheld: Record<string, string> = {};

/** All environment variables, including the withheld ones. */
export function environment(): Variables {
  return { ...process.env, ...withheld };
}

/** The tool's credentials that can appear in text, by variable. */
export function credentialTexts(): ReadonlyMap<string, readonly string[]> {
  const user = withheld["GRAFANA_USER"];
  return new Map(Object.entries(withheld).map(([name, value]) => [name, textsOf(name, value, user)]));
}

/** For programs that access the network, such as git and npm: includes the password of a proxy. */
export function childEnvironment(): Variables {
  const proxies = Object.entries(withheld).filter(([name]) => isProxy(name));
  return { ...process.env, ...Object.fromEntries(proxies) };
}

/**
 * Removes the tool's credentials from `process.env` before the first user module is loaded, and redacts them in all output.
 * Proxy URLs stay in `process.env` without their passwords.
 */
export function withholdCredentials(variables: NodeJS.ProcessEnv = process.env): void {
  const user = variables["GRAFANA_USER"];
  for (const [name, value = ""] of Object.entries(variables)) {
    const proxy = isProxy(name) ? userOfProxy(value) : undefined;
    if (!proxy && !CREDENTIALS.includes(name) && !OF_ENVIRONMENT.test(name)) continue;
    // A user module that loads `.env` sets missing variables again: the original value takes precedence.
    withheld[name] ??= value;
    if (proxy) variables[name] = proxy.without;
    else delete variables[name];
    for (const secret of textsOf(name, value, user)) outgoing.add(secret, { credential: true });
  }
}

function isProxy(name: string): boolean {
  return /(^|_)proxy$/i.test(name);
}

function textsOf(name: string, value: string, user: string | undefined): readonly string[] {
  return isProxy(name) ? (userOfProxy(value)?.secrets ?? []) : secretsOf(name, value, user);
}

function secretsOf(name: string, value: string, user: string | undefined): readonly string[] {
  if (name === "GRAFANA_USER" || name === "GRAFANA_TLS_KEY") return [];
  if (name === "GRAFANA_HTTP_HEADERS") return credentialsInHeaders(headersIn(value));
  if (name === "GRAFANA_PASSWORD") return secretsOfPassword(value.trim(), user);
  if (name === "GRAFANA_AUTH" || OF_ENVIRONMENT.test(name)) return secretsOfAuth(value.trim());
  return [value.trim()];
}

function headersIn(text: string): Readonly<Record<string, string>> {
  try {
    const headers: unknown = JSON.parse(text);
    const entries = typeof headers === "object" && headers !== null ? Object.entries(headers) : [];
    return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
  } catch {
    return { "": text };
  }
}

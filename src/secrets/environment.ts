import { outgoing } from "./outgoing.ts";
import { credentialsInHeaders, userOfProxy } from "../grafana/credentials.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** What the tool itself signs in with: no file that it loads has any use for it. */
const CREDENTIALS = [
  "GRAFANA_TOKEN",
  "GRAFANA_AUTH",
  "GRAFANA_USER",
  "GRAFANA_PASSWORD",
  "GRAFANA_HTTP_HEADERS",
  "GRAFANA_TLS_KEY",
  "GRAFANA_PROVISION_KEY",
];

const withheld: Record<string, string> = {};

/** The variables that this process was started with, and those that were set since. */
export function environment(): Variables {
  return { ...process.env, ...withheld };
}

/** For programs that reach the network by themselves, such as git and npm: with the password of a proxy. */
export function childEnvironment(): Variables {
  const proxies = Object.entries(withheld).filter(([name]) => isProxy(name));
  return { ...process.env, ...Object.fromEntries(proxies) };
}

/**
 * Takes the tool's own credentials out of `process.env`, before the first module of a user is loaded, and out of all output.
 * A proxy stays in it, without its password.
 */
export function withholdCredentials(variables: NodeJS.ProcessEnv = process.env): void {
  const user = variables["GRAFANA_USER"];
  for (const [name, value = ""] of Object.entries(variables)) {
    const proxy = isProxy(name) ? userOfProxy(value) : undefined;
    if (!proxy && !CREDENTIALS.includes(name)) continue;
    // A file that reads `.env` sets what it doesn't find: what the process was started with stays.
    withheld[name] ??= value;
    if (proxy) variables[name] = proxy.without;
    else delete variables[name];
    const secrets = proxy ? proxy.secrets : secretsOf(name, value, user);
    for (const secret of secrets) outgoing.add(secret, { credential: true });
  }
}

function isProxy(name: string): boolean {
  return /(^|_)proxy$/i.test(name);
}

function secretsOf(name: string, value: string, user: string | undefined): readonly string[] {
  if (name === "GRAFANA_USER" || name === "GRAFANA_TLS_KEY") return [];
  if (name === "GRAFANA_HTTP_HEADERS") return credentialsInHeaders(headersIn(value));
  // The password of the user "admin" is often "admin", which would be redacted as that user's name.
  if (name === "GRAFANA_PASSWORD" && value === user) return [];
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

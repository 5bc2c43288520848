import { validateHeaderName, validateHeaderValue } from "node:http";
import { join } from "node:path";
import { environmentOf, STACK, type Environment, type LoadedConfig } from "../code/config.ts";
import { UsageError } from "../util/errors.ts";
import type { ClientOptions } from "../grafana/client.ts";
import type { Credentials } from "../grafana/credentials.ts";
import { proxyOf } from "../grafana/proxy.ts";
import { readStackAccess, type StackAccess } from "./stack-access.ts";

/** Which Grafana a command works on. */
export type Target =
  | { readonly type: "sandbox"; readonly dataDirectory: string; readonly owner: string; readonly drift: Drift }
  | {
      readonly type: "grafana";
      readonly client: ClientOptions;
      readonly owner: string;
      readonly drift: Drift;
      /** For the person who runs it: which credentials go to a URL that a file of the repository gave. */
      readonly notice?: string;
      /** The one that `stack:up` started on this machine: a secret that isn't set gets a stand-in. */
      readonly stack?: true;
    };

type Drift = "refuse" | "overwrite";

export interface TargetOptions {
  readonly env?: string;
  readonly url?: string;
  readonly sandbox?: boolean;
  readonly concurrency?: number;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Has nothing to do with which Grafana it is. */
const NOT_A_TARGET = new Set(["GRAFANA_PROVISION_KEY"]);

/**
 * Decides from options, configuration and variables. Throws `UsageError` (exit 64) for variables without a URL, so that no
 * pipeline passes by provisioning a sandbox, and for two that disagree.
 */
export function targetOf(loaded: LoadedConfig, options: TargetOptions, variables: Variables): Target {
  const stack = stackOf(loaded, options);
  const environment = stack ? { url: stack.url } : environmentOf(loaded, options.env);
  const owner = environment.owner ?? loaded.config.project;
  const common = { owner, drift: environment.drift ?? "refuse" } as const;
  const present = Object.keys(variables).filter((name) => name.startsWith("GRAFANA_") && !NOT_A_TARGET.has(name));
  const sandbox = {
    type: "sandbox",
    dataDirectory: join(loaded.directory, ".grafana-provision", "sandbox"),
    ...common,
  } as const;

  if (options.sandbox) {
    if (options.url !== undefined)
      throw new UsageError("--sandbox and --url name two different targets", "Give one of them.");
    return sandbox;
  }
  const url = urlOf(environment, options, variables);
  if (url === undefined) {
    if (options.env === undefined && present.length === 0) return sandbox;
    if (present.length === 0) {
      throw new UsageError(
        `The environment "${options.env}" has no url`,
        "Give it one in the configuration, or set GRAFANA_URL.",
      );
    }
    const names = present.toSorted().join(", ");
    const empty = present.every((name) => !variables[name]?.trim());
    throw new UsageError(
      `${names} ${present.length === 1 ? "is" : "are"} set${empty ? " to nothing" : ""}, but no URL`,
      "Set GRAFANA_URL, or ask for the sandbox by name with --sandbox.",
    );
  }

  if (stack) {
    refuseOthersCredentials(variables);
    const own = { type: "basic", user: stack.user, password: stack.password } as const;
    const client = { url: url.value, credentials: own, ...connectionOf(environment, options, variables, url.value) };
    return { type: "grafana", client, stack: true, ...common };
  }
  const { credentials, from } = credentialsOf(variables);
  const fromFile = url.from === "configuration" && from !== undefined;
  const notice = `Sending the credentials of ${from} to ${url.value}, which ${loaded.file} names.`;
  return {
    type: "grafana",
    client: { url: url.value, credentials, ...connectionOf(environment, options, variables, url.value) },
    ...common,
    ...(fromFile ? { notice } : {}),
  };
}

/** What `--env stack` means, unless the configuration has an environment of that name. */
function stackOf({ config, directory }: LoadedConfig, { env, sandbox }: TargetOptions): StackAccess | undefined {
  if (env !== STACK || sandbox || config.environments?.[STACK]) return undefined;
  const access = readStackAccess(directory);
  if (access) return access;
  throw new UsageError(
    "No stack was started here: --env stack means the Grafana that `stack:up` starts",
    "Start it with: npm run stack:up",
  );
}

/** What is sent to a Grafana to say who asks. A header may do so as well. */
const CREDENTIALS = ["GRAFANA_TOKEN", "GRAFANA_AUTH", "GRAFANA_USER", "GRAFANA_PASSWORD", "GRAFANA_HTTP_HEADERS"];

/** Those that are set are another Grafana's, and never sent to the stack. */
function refuseOthersCredentials(variables: Variables): void {
  const names = CREDENTIALS.filter((name) => variables[name]?.trim());
  if (names.length === 0) return;
  const [are, them] = names.length === 1 ? ["is", "it"] : ["are", "them"];
  throw new UsageError(
    `${names.join(", ")} ${are} set, and --env stack has credentials of its own`,
    `They are never sent to the stack: run the command without ${them}, as with env ${names.map((name) => `-u ${name}`).join(" ")}.`,
  );
}

function urlOf(
  environment: Environment,
  options: TargetOptions,
  variables: Variables,
): { value: string; from: string } | undefined {
  // Written as `--url "$NAME"` with a variable that isn't set: nobody means the sandbox by that.
  if (options.url?.trim() === "") throw new UsageError("--url is empty", "Give it a URL, or leave it out.");
  const given = [
    { from: "--url", value: options.url },
    { from: "configuration", name: `the environment "${options.env}"`, value: environment.url },
    { from: "GRAFANA_URL", value: variables["GRAFANA_URL"] },
    { from: "GRAFANA_SERVER", value: variables["GRAFANA_SERVER"] },
  ].flatMap(({ from, name, value }) =>
    value?.trim() ? [{ from, name: name ?? from, value: checkedUrl(value.trim(), name ?? from) }] : [],
  );
  const [first] = given;
  const other = given.find(({ value }) => value !== first?.value);
  if (first && other) {
    throw new UsageError(
      `${first.name} says ${first.value}, and ${other.name} says ${other.value}`,
      "Take one of them away.",
    );
  }
  return first;
}

function checkedUrl(value: string, from: string): string {
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    throw new UsageError(`${from} is no URL: ${withoutUser(value)}`, urlHint(value));
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new UsageError(`${from} is no http or https URL: ${withoutUser(value)}`, urlHint(value));
  }
  if (url.username || url.password) {
    throw new UsageError(
      `${from} holds a user or a password`,
      "Set GRAFANA_USER and GRAFANA_PASSWORD, or GRAFANA_TOKEN: a URL is printed and logged.",
    );
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}

/** It may begin with a password. */
function withoutUser(url: string): string {
  return url.replace(/^.*@/, "…@");
}

/** A URL is most often wrong by its beginning. */
function urlHint(value: string): string {
  const scheme = /^(localhost|127\.|\[::1\])/.test(value) ? "http" : "https";
  const whole = `${scheme}://${value}`;
  return /^[\w.[\]:-]+(\/[\w./-]*)?$/.test(value) && !value.includes("//") && URL.canParse(whole)
    ? `Is ${whole} meant?`
    : "It is written like https://grafana.example.org or http://localhost:3000/sub-path.";
}

function credentialsOf(variables: Variables): { credentials: Credentials; from: string | undefined } {
  // A variable that was read from a file often ends in a line break.
  const [token, auth] = [
    variables["GRAFANA_TOKEN"]?.trim() || undefined,
    variables["GRAFANA_AUTH"]?.trim() || undefined,
  ];
  for (const [name, value] of Object.entries({ GRAFANA_TOKEN: token, GRAFANA_AUTH: auth })) {
    // A user with a password is sent in base64, whatever characters it has.
    if (value !== undefined && !value.includes(":") && !fitsHttp("Authorization", value)) {
      throw new UsageError(`${name} holds characters that HTTP can't carry`, "Is it whole, and nothing but the token?");
    }
  }
  const [user, password] = [variables["GRAFANA_USER"] || undefined, variables["GRAFANA_PASSWORD"] || undefined];
  if (token !== undefined && auth !== undefined && token !== auth) {
    throw new UsageError("GRAFANA_TOKEN and GRAFANA_AUTH disagree", "Set one of them.");
  }
  if (auth?.includes(":") && user !== undefined && auth !== `${user}:${password ?? ""}`) {
    throw new UsageError("GRAFANA_AUTH and GRAFANA_USER with GRAFANA_PASSWORD disagree", "Set one of them.");
  }
  if (token !== undefined) return { credentials: { type: "token", token }, from: "GRAFANA_TOKEN" };
  if (auth !== undefined) {
    const colon = auth.indexOf(":");
    const basic = { type: "basic", user: auth.slice(0, colon), password: auth.slice(colon + 1) } as const;
    return { credentials: colon > 0 ? basic : { type: "token", token: auth }, from: "GRAFANA_AUTH" };
  }
  if (user !== undefined && password !== undefined) {
    return { credentials: { type: "basic", user, password }, from: "GRAFANA_USER" };
  }
  if (user !== undefined || password !== undefined) {
    const [set, unset] =
      user === undefined ? ["GRAFANA_PASSWORD", "GRAFANA_USER"] : ["GRAFANA_USER", "GRAFANA_PASSWORD"];
    throw new UsageError(`${set} is set, but ${unset} is not`, "Set both, or GRAFANA_TOKEN.");
  }
  return { credentials: { type: "none" }, from: undefined };
}

function connectionOf(
  environment: Environment,
  options: TargetOptions,
  variables: Variables,
  url: string,
): Omit<ClientOptions, "url" | "credentials"> {
  const orgId = orgOf(environment, variables);
  const headers = headersOf(variables["GRAFANA_HTTP_HEADERS"]);
  const proxy = proxyOf(url, variables);
  const ca = variables["GRAFANA_CA_CERT"] || undefined;
  const cert = variables["GRAFANA_TLS_CERT"] || undefined;
  const key = variables["GRAFANA_TLS_KEY"] || undefined;
  const insecure = /^(1|true|yes)$/i.test(variables["GRAFANA_INSECURE_SKIP_VERIFY"] ?? "");
  return {
    ...(orgId === undefined ? {} : { orgId }),
    ...(headers ? { headers } : {}),
    ...(proxy === undefined ? {} : { proxy }),
    ...(options.concurrency === undefined ? {} : { concurrency: options.concurrency }),
    tls: { ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}), insecure },
  };
}

function orgOf(environment: Environment, variables: Variables): number | undefined {
  const text = variables["GRAFANA_ORG_ID"];
  if (!text) return environment.orgId;
  const orgId = Number(text);
  if (!Number.isInteger(orgId) || orgId < 1)
    throw new UsageError(`GRAFANA_ORG_ID is no number of an organisation: ${text}`);
  if (environment.orgId !== undefined && environment.orgId !== orgId) {
    throw new UsageError(
      `GRAFANA_ORG_ID says ${orgId}, and the environment says ${environment.orgId}`,
      "Take one of them away.",
    );
  }
  return orgId;
}

/** A JSON object, as the Terraform provider takes it. Its values may be secrets: none is printed. */
function headersOf(text: string | undefined): Record<string, string> | undefined {
  if (!text) return undefined;
  const hint = 'It is a JSON object of text: {"X-Auth-Request": "..."}.';
  let headers: unknown;
  try {
    headers = JSON.parse(text);
  } catch {
    throw new UsageError("GRAFANA_HTTP_HEADERS is not valid JSON", hint);
  }
  const entries =
    typeof headers === "object" && headers !== null && !Array.isArray(headers) ? Object.entries(headers) : undefined;
  if (!entries?.every((entry): entry is [string, string] => typeof entry[1] === "string")) {
    throw new UsageError("GRAFANA_HTTP_HEADERS is not an object of text", hint);
  }
  for (const [name, value] of entries) {
    if (!fitsHttp(name, value)) {
      throw new UsageError(`GRAFANA_HTTP_HEADERS has the header "${name}", which HTTP can't carry`, hint);
    }
  }
  return Object.fromEntries(entries);
}

/** Left to the first request, it would fail there without a word about where the value comes from. */
function fitsHttp(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}

import { join } from "node:path";
import { environmentOf, STACK, type Environment, type LoadedConfig } from "../code/config.ts";
import { isCi } from "../util/ci.ts";
import { commandLine } from "../util/command-line.ts";
import { UsageError } from "../util/errors.ts";
import type { ClientOptions } from "../grafana/client.ts";
import { proxyOf } from "../grafana/proxy.ts";
import { credentialsOf, headersOf } from "./credentials.ts";
import { readStackAccess, type StackAccess } from "./stack-access.ts";

/** Which Grafana a command works on. */
export type Target =
  | { readonly type: "sandbox"; readonly dataDirectory: string; readonly owner: string; readonly drift: Drift }
  | {
      readonly type: "grafana";
      readonly client: ClientOptions;
      readonly owner: string;
      readonly drift: Drift;
      /** Set if the URL comes from a file: tells the user which credentials are sent there. */
      readonly notice?: string;
      /** The name of the organization. Its id is looked up. */
      readonly organization?: string;
      /** The Grafana that `stack:up` started on this machine. A secret that is not set gets a placeholder value. */
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

/** Variables that do not select a Grafana. */
const NOT_A_TARGET = new Set(["GRAFANA_PROVISION_KEY"]);

/**
 * Selects the target from the options, the configuration and the environment. Throws `UsageError` (exit 64) for conflicting
 * values, and for GRAFANA_* variables without a URL, so that a misconfigured CI job does not silently use the sandbox.
 * `ownCredentials`: where the credentials in `variables` come from, if they are only for this environment.
 */
export function targetOf(
  loaded: LoadedConfig,
  options: TargetOptions,
  variables: Variables,
  ownCredentials?: string,
): Target {
  const stack = stackOf(loaded, options);
  const environment = { ...environmentOf(loaded, options.env), ...(stack ? { url: stack.url } : {}) };
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
      throw new UsageError("--sandbox can't be combined with --url", "Use only one of them.", "target-conflict");
    return sandbox;
  }
  const url = urlOf(environment, options, variables);
  if (url === undefined) {
    if (options.env === undefined && present.length === 0) {
      mustNotNeedEnvironment(loaded, variables);
      return sandbox;
    }
    if (present.length === 0) {
      throw new UsageError(
        `The environment "${options.env}" has no url`,
        "Set its `url` in the configuration, or set GRAFANA_URL.",
        "target-missing",
      );
    }
    const names = present.toSorted().join(", ");
    const empty = present.every((name) => !variables[name]?.trim());
    throw new UsageError(
      `${names} ${present.length === 1 ? "is" : "are"} ${empty ? "empty" : "set"}, but GRAFANA_URL is not set`,
      "Set GRAFANA_URL, or pass --sandbox to use the sandbox.",
      "target-missing",
    );
  }

  if (stack) {
    rejectOtherCredentials(variables);
    const ownCredentials = { type: "basic", user: stack.user, password: stack.password } as const;
    const client = {
      url: url.value,
      credentials: ownCredentials,
      ...connectionOf(environment, options, variables, url.value),
    };
    return { type: "grafana", client, stack: true, ...common };
  }
  const { credentials, from: variable } = credentialsOf(variables);
  const from = ownCredentials ?? variable;
  const fromFile = url.from === "configuration" && from !== undefined;
  const notice = `Sending the credentials from ${from} to ${url.value} (set in ${loaded.file}).`;
  return {
    type: "grafana",
    client: { url: url.value, credentials, ...connectionOf(environment, options, variables, url.value) },
    ...common,
    ...(typeof environment.organization === "string" ? { organization: environment.organization } : {}),
    ...(fromFile ? { notice } : {}),
  };
}

/** Throws in CI if the configuration has environments: a job that names none must not pass by using the sandbox. */
function mustNotNeedEnvironment({ config: { environments = {} } }: LoadedConfig, variables: Variables): void {
  const names = Object.keys(environments);
  if (names.length === 0 || !isCi(variables)) return;
  const options = names.map((name) => `--env ${name}`).join(", ");
  throw new UsageError(
    `The configuration has the environments ${names.join(", ")}, but none is selected, and CI is set`,
    `Pass ${options}, or --sandbox to use the sandbox.`,
    "target-missing",
  );
}

/** The stack's Grafana for `--env stack`, unless the configuration has an environment of that name with a URL. */
function stackOf({ config, directory }: LoadedConfig, { env, sandbox }: TargetOptions): StackAccess | undefined {
  if (env !== STACK || sandbox || config.environments?.[STACK]?.url !== undefined) return undefined;
  const access = readStackAccess(directory);
  if (access) return access;
  throw new UsageError(
    "--env stack: no stack was started in this project",
    `Start it with \`${commandLine("stack:up")}\`.`,
    "stack-not-started",
  );
}

/** Variables that can contain credentials. */
const CREDENTIALS = ["GRAFANA_TOKEN", "GRAFANA_AUTH", "GRAFANA_USER", "GRAFANA_PASSWORD", "GRAFANA_HTTP_HEADERS"];

/** Throws if there are credentials in the environment: they belong to another Grafana and must not be sent to the stack. */
function rejectOtherCredentials(variables: Variables): void {
  const names = CREDENTIALS.filter((name) => variables[name]?.trim());
  if (names.length === 0) return;
  throw new UsageError(
    `${names.join(", ")} can't be used with --env stack, which has its own credentials`,
    `Unset ${names.length === 1 ? "this variable" : "these variables"}: unset ${names.join(" ")}`,
    "credentials-conflict",
  );
}

function urlOf(
  environment: Environment,
  options: TargetOptions,
  variables: Variables,
): { value: string; from: string } | undefined {
  // An unset variable in `--url "$NAME"` must not select the sandbox.
  if (options.url?.trim() === "")
    throw new UsageError("--url is empty", "Pass a URL, or omit --url.", "target-invalid");
  const given = [
    { from: "--url", value: options.url },
    { from: "configuration", name: `the url of the environment "${options.env}"`, value: environment.url },
    { from: "GRAFANA_URL", value: variables["GRAFANA_URL"] },
    { from: "GRAFANA_SERVER", value: variables["GRAFANA_SERVER"] },
  ].flatMap(({ from, name, value }) =>
    value?.trim() ? [{ from, name: name ?? from, value: checkedUrl(value.trim(), name ?? from) }] : [],
  );
  const [first] = given;
  const other = given.find(({ value }) => value !== first?.value);
  if (first && other) {
    throw new UsageError(
      `Conflicting URLs: ${first.name} is ${first.value}, but ${other.name} is ${other.value}`,
      "Remove one of them.",
      "target-conflict",
    );
  }
  return first;
}

/** A URL without a trailing slash. Throws (exit 64) if it is invalid or contains credentials. `from`: where it is set. */
export function checkedUrl(value: string, from: string): string {
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    throw new UsageError(`${from} is not a valid URL: ${withoutUser(value)}`, urlHint(value), "target-invalid");
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw new UsageError(
      `${from} is not an http or https URL: ${withoutUser(value)}`,
      urlHint(value),
      "target-invalid",
    );
  }
  if (url.username || url.password) {
    throw new UsageError(
      `${from} contains a user or a password`,
      "URLs are printed and logged. Remove the credentials from it, and set GRAFANA_TOKEN, or GRAFANA_USER and GRAFANA_PASSWORD.",
      "credentials-in-url",
    );
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
}

/** A URL without the part before `@`, which can contain a password. */
function withoutUser(url: string): string {
  return url.replace(/^.*@/, "…@");
}

/** Suggests a scheme if only that is missing. */
function urlHint(value: string): string {
  const scheme = /^(localhost|127\.|\[::1\])/.test(value) ? "http" : "https";
  const whole = `${scheme}://${value}`;
  return /^[\w.[\]:-]+(\/[\w./-]*)?$/.test(value) && !value.includes("//") && URL.canParse(whole)
    ? `Did you mean ${whole}?`
    : "Use a URL such as https://grafana.example.org or http://localhost:3000/sub-path.";
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

/** The id of the organization in the configuration; undefined if the credentials determine it. */
export function organizationOf(loaded: LoadedConfig, { env, sandbox }: TargetOptions, variables: Variables) {
  return orgOf(env === STACK || sandbox ? {} : environmentOf(loaded, env), variables);
}

function orgOf({ orgId, organization }: Environment, variables: Variables): number | undefined {
  const text = variables["GRAFANA_ORG_ID"];
  const given = [
    ...(orgId === undefined ? [] : [{ name: "orgId", value: orgId }]),
    ...(organization === undefined ? [] : [{ name: "organization", value: organization }]),
    ...(text ? [{ name: "GRAFANA_ORG_ID", value: idIn(text) }] : []),
  ];
  const [first] = given;
  const other = given.find(({ value }) => value !== first?.value);
  if (first && other)
    throw new UsageError(
      `Conflicting organizations: ${first.name} is ${first.value}, but ${other.name} is ${other.value}`,
      "Remove one of them.",
      "target-conflict",
    );
  return typeof first?.value === "number" ? first.value : undefined;
}

function idIn(text: string): number {
  const orgId = Number(text);
  if (Number.isInteger(orgId) && orgId >= 1) return orgId;
  throw new UsageError(
    `GRAFANA_ORG_ID is not a valid organization ID: ${text}`,
    "Set it to a whole number above 0.",
    "target-invalid",
  );
}

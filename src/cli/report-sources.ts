import { z } from "zod";
import type { DirectClients } from "../check/direct-backend.ts";
import type { Backend, KnownSource } from "../check/model.ts";
import type { Emit } from "../engine/events.ts";
import { kinds } from "../kinds/index.ts";
import type { Missing, ReportedCode, Source } from "../operations/model.ts";
import { environment } from "../secrets/environment.ts";
import { commandLine } from "../util/command-line.ts";
import { EXIT, ProvisionError, UsageError } from "../util/errors.ts";
import { serversFor, type Server } from "./cardinality-servers.ts";
import type { CheckedCode } from "./code.ts";
import { configOrNone } from "./config-or-none.ts";
import type { CommonOptions } from "./options.ts";
import { NO_CODE, openSession, targetFor, type Session } from "./session.ts";
import { readStackAccess } from "./stack-access.ts";
import type { LoadedStack } from "./stack-config.ts";

export interface SourceOptions extends Pick<CommonOptions, "config" | "env" | "url" | "color" | "concurrency"> {
  readonly prometheus?: string;
  readonly loki?: string;
  /** Uids or names of datasources in Grafana. */
  readonly datasource?: readonly string[];
  /** Seconds. */
  readonly timeout: number;
}

/** Whom a report asks. */
export interface Sources {
  readonly prometheus: Source | Missing;
  readonly loki: Source | Missing;
  readonly grafana: Session["context"]["grafana"] | Missing;
  /** Runs the queries of code. */
  backendFor(code: CheckedCode): Promise<ReportedCode["backend"]>;
  close(): Promise<void>;
}

/**
 * The servers at the URLs of the options; else those behind the datasources of a Grafana that the options or GRAFANA_URL select; else
 * those of the stack. A server that can't be reached is missing in the report, and no error.
 */
export async function sourcesFor(options: SourceOptions, loaded: LoadedStack, emit: Emit): Promise<Sources> {
  const isSelected = [options.env, options.url, environment()["GRAFANA_URL"]?.trim() || undefined].some(
    (one) => one !== undefined,
  );
  const grafana = await grafanaFor(options, loaded, isSelected, emit);
  const { servers, close } = await serversOf(options, loaded, isSelected);
  const through = isSelected && "session" in grafana ? await datasourcesOf(grafana.session, options) : undefined;
  const sourceOf = (type: "prometheus" | "loki"): Source | Missing =>
    directSource(servers.find((server) => server.type === type)) ??
    through?.sourceOf(type) ??
    missingOf(type, { isSelected, grafana, options });
  return {
    prometheus: sourceOf("prometheus"),
    loki: sourceOf("loki"),
    grafana: "session" in grafana ? grafana.session.context.grafana : grafana,
    backendFor: async (code) => through?.backend ?? backendOf(servers, code),
    async close() {
      close();
      if ("session" in grafana) await grafana.session.close();
    },
  };
}

type Selected = { readonly session: Session } | Missing;

async function grafanaFor(
  options: SourceOptions,
  { directory }: LoadedStack,
  isSelected: boolean,
  emit: Emit,
): Promise<Selected> {
  const isStack = !isSelected && readStackAccess(directory) !== undefined;
  if (!isSelected && !isStack) return { missing: "no Grafana is selected; pass --env or set GRAFANA_URL" };
  const { datasource: _, ...common } = options;
  // `--config` names the definition of the stack.
  const { config: _config, ...rest } = common;
  const given = { ...rest, ...(isStack ? { env: "stack" } : {}) };
  try {
    const loadedConfig = await configOrNone(undefined, isStack ? directory : process.cwd());
    const target = await targetFor(loadedConfig, given);
    return { session: await openSession(loadedConfig, given, emit, NO_CODE, target) };
  } catch (error) {
    if (!(error instanceof ProvisionError) || error.exitCode === EXIT.usage || error.exitCode === EXIT.invalid)
      throw error;
    return { missing: error.message };
  }
}

async function serversOf(
  { prometheus, loki, timeout }: SourceOptions,
  loaded: LoadedStack,
  isSelected: boolean,
): Promise<{ readonly servers: readonly Server[]; readonly close: () => void }> {
  if (isSelected && prometheus === undefined && loki === undefined) return { servers: [], close: () => {} };
  const urls = { ...(prometheus === undefined ? {} : { prometheus }), ...(loki === undefined ? {} : { loki }) };
  try {
    return await serversFor({ ...urls, timeout }, loaded);
  } catch (error) {
    const isNone = error instanceof UsageError && Object.keys(urls).length === 0;
    if (!isNone) throw error;
    return { servers: [], close: () => {} };
  }
}

function directSource(server: Server | undefined): Source | undefined {
  if (!server) return undefined;
  const { type, url, read, problem } = server;
  const title = type === "loki" ? "Loki" : "Prometheus";
  return { description: `${title} at ${url}`, read, problem: (error) => problem(error)?.problem };
}

interface Through {
  readonly backend: Backend;
  sourceOf(type: "prometheus" | "loki"): Source | undefined;
}

async function datasourcesOf({ context }: Session, { datasource = [] }: SourceOptions): Promise<Through> {
  const { grafanaBackend } = await import("../check/grafana-backend.ts");
  const { languageOf } = await import("../lint/read-queries.ts");
  const { QueryError } = await import("../check/model.ts");
  const backend = await grafanaBackend(context.grafana.client);
  for (const name of datasource)
    if (!backend.sources.some((one) => isNamed(one, name)))
      throw new UsageError(
        `Grafana has no datasource "${name}" that the credentials can query`,
        "Use the uid or the name of a Prometheus or Loki datasource.",
        "option-invalid",
      );
  return {
    backend,
    sourceOf(type) {
      const language = type === "loki" ? "logql" : "promql";
      const usable = backend.sources.filter((one) => languageOf(one.type) === language);
      const named = usable.find((one) => datasource.some((name) => isNamed(one, name)));
      const source = named ?? usable.find(({ isDefault }) => isDefault) ?? usable[0];
      return (
        source && throughGrafana(backend, source, (error) => (error instanceof QueryError ? error.message : undefined))
      );
    },
  };
}

function isNamed({ uid, name }: KnownSource, wanted: string): boolean {
  return uid === wanted || name === wanted;
}

function throughGrafana(backend: Backend, source: KnownSource, messageOf: Source["problem"]): Source {
  return {
    description: `the datasource ${source.name} in Grafana`,
    read: (path, parameters) => backend.read(source, path, parameters),
    problem: (error) => (error instanceof z.ZodError ? "unexpected response" : messageOf(error)),
  };
}

function missingOf(
  type: "prometheus" | "loki",
  {
    isSelected,
    grafana,
    options,
  }: { readonly isSelected: boolean; readonly grafana: Selected; readonly options: SourceOptions },
): Missing {
  const title = type === "loki" ? "Loki" : "Prometheus";
  if (options.prometheus !== undefined || options.loki !== undefined) return { missing: `pass --${type}` };
  if (!isSelected) return { missing: `the stack publishes no ${title}; pass --${type} or --env` };
  if ("missing" in grafana) return grafana;
  return { missing: `Grafana has no ${title} datasource that the credentials can query; pass --${type}` };
}

/** Runs the queries of the code on servers that are not asked through Grafana. */
async function backendOf(servers: readonly Server[], { desired, expected }: CheckedCode): Promise<Backend | Missing> {
  if (servers.length === 0)
    return { missing: `there is no server to ask; see \`${commandLine("stack:report", "--help")}\`` };
  const { directBackend } = await import("../check/direct-backend.ts");
  const { QueryError } = await import("../check/model.ts");
  const failed = (message: string) => new QueryError("query-failed", message);
  const clients: DirectClients = Object.fromEntries(servers.map((server) => [server.type, clientOf(server, failed)]));
  const sources = desired.flatMap((one): KnownSource[] => {
    const source = kinds.get(one.kind)?.lint?.linted(one).source;
    return source ? [source] : [];
  });
  const existing = expected.filter(({ reference }) => kinds.get(reference.kind)?.mappable?.type !== undefined);
  return directBackend(clients, sources, new Set(existing.map(({ reference }) => reference.id)));
}

function clientOf(
  { url, read, problem }: Server,
  failed: (message: string) => Error,
): NonNullable<DirectClients["prometheus"]> {
  return {
    url,
    async send({ path }) {
      const { pathname, searchParams } = new URL(path, "http://localhost");
      try {
        return await read(pathname, Object.fromEntries(searchParams));
      } catch (error) {
        const known = error instanceof ProvisionError ? undefined : problem(error);
        throw known ? failed(known.problem) : error;
      }
    },
    close() {},
  };
}

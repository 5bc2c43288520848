import { mkdir } from "node:fs/promises";
import { isAbsolute, resolve } from "node:path";
import type { ErrorCode } from "../util/error-codes.ts";
import { EXIT, ProvisionError } from "../util/errors.ts";
import { checklistOf } from "./checklist.ts";
import { composeCauseOf } from "./causes.ts";
import { containersNamed, type Container } from "./containers.ts";
import { contextOf } from "./context.ts";
import type { Stack } from "./definition.ts";
import { errorTail, runCompose, type Engine } from "./engine.ts";
import type { ServiceName } from "./names.ts";
import {
  checkDirectories,
  checkNames,
  checkOtherDirectory,
  checkPorts,
  checkVariables,
  engineWarning,
} from "./preflight.ts";
import { removeFormer, type FormerStack } from "./renamed.ts";
import { projectOf, renderStack } from "./render.ts";
import { outdatedServices } from "./restart.ts";
import type { CommandResult } from "./run-command.ts";
import { ensureCredentials } from "./credentials.ts";
import { checkSecretFiles } from "./given-files.ts";
import { hostClient, type HostClient } from "./host-client.ts";
import { adminUserOf } from "./services/grafana.ts";
import { checkPassword } from "./grafana-login.ts";
import { hostUrl } from "./urls.ts";
import { waitForHealth, waitForTargets, type Failing } from "./wait.ts";
import { writeStack } from "./write.ts";
import { commandLine } from "../util/command-line.ts";

export interface StartOptions {
  /** The absolute path on which the definition's relative paths are based. */
  readonly directory: string;
  /** The absolute path of the directory of the generated files. It is created if it does not exist. */
  readonly out: string;
  readonly engine: Engine;
  /** Milliseconds to wait for all services to become healthy. */
  readonly timeout: number;
  /** Environment variables that the definition can use. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Receives progress messages. */
  readonly emit?: (text: string) => void;
  /** Receives warnings. */
  readonly warn?: (text: string) => void;
  readonly signal?: AbortSignal;
  /**
   * Decides whether the containers of a stack with a former name are removed. Without this function, such containers are an
   * error.
   */
  readonly removeFormer?: (former: FormerStack) => Promise<boolean>;
}

/** Milliseconds without output until a build has failed. Compose 1 prints nothing during a download. */
const BUILD_SILENCE = 300_000;

/** Exit code of a command that timed out. */
const TIMED_OUT = 124;

/** What `startStack` did to a service's container. */
type StartedAs = "started" | "recreated" | "unchanged";

export interface Started {
  readonly services: readonly {
    readonly name: ServiceName;
    readonly title: string;
    readonly container: string;
    readonly done: StartedAs;
    /** URL on this machine; absent if it is not published. */
    readonly url?: string;
  }[];
  /** Grafana on this machine; absent if it is disabled or not published. */
  readonly grafana?: { readonly url: string; readonly user: string };
}

/** The error of `startStack` if services did not become healthy (exit code 1). Their containers keep running. */
export class NotHealthy extends ProvisionError {
  override name = "NotHealthy";
  readonly failing: readonly Failing[];

  /** `compose` is the error of the compose command, if it failed. */
  constructor(failing: readonly Failing[], compose?: ProvisionError) {
    const titles = failing.map(({ title }) => title).join(", ");
    super(`Not healthy: ${titles}${compose ? `; ${compose.message}` : ""}`, {
      exitCode: EXIT.failure,
      code: "stack-not-healthy",
      hint: `The containers keep running. Run \`${commandLine("stack:status")}\` to check them again, or \`${commandLine("stack:down")}\` to stop them.`,
      ...(compose ? { cause: compose } : {}),
    });
    this.failing = failing;
  }
}

/**
 * Writes the files of a stack, starts stopped services, recreates changed ones, removes those that are no longer defined, and
 * waits until all are healthy. Throws a `ProvisionError` if the stack can't start (for example, a port is in use or a variable
 * is missing), and `NotHealthy` with the last log lines of the services that failed.
 */
export async function startStack(stack: Stack, options: StartOptions): Promise<Started> {
  const { out, engine, variables, emit = () => {}, signal } = options;
  const project = { directory: out, name: projectOf(stack) };
  const names = namesOf(stack);
  const { before, secrets, client } = await prepareStack(stack, options);

  if (hasBuild(stack)) {
    emit("Building images");
    const build = await runCompose(engine, project, ["build"], {
      env: variables,
      onLine: (line) => emit(line),
      silence: Math.max(options.timeout, BUILD_SILENCE),
      ...(signal ? { signal } : {}),
    });
    if (build.code !== 0) {
      // Compose 1 prints the output of the failed command to standard output.
      const stderr = `${build.stdout}\n${build.stderr}`;
      throw composeError(engine, "stack-build-failed", "could not build an image", { ...build, stderr });
    }
  }

  emit("Starting containers");
  const result = await runCompose(engine, project, ["up", "--detach", "--remove-orphans"], {
    env: variables,
    onLine: (line) => emit(line),
    // Compose waits forever for unhealthy dependencies, without output. It does print progress while it pulls images.
    silence: options.timeout,
    ...(signal ? { signal } : {}),
  });
  const values = [...secrets, ...secretValues(stack, variables)];
  if (result.code !== 0) {
    const failing = await waitForHealth(stack, { ...options, timeout: 0, emit, secrets: values, client });
    if (result.code !== TIMED_OUT) {
      const error = composeError(engine, "stack-start-failed", "could not start the stack", result);
      // The logs of failed containers say more than the error of Compose. A missing image has no container.
      const withLogs = failing.filter(({ lines }) => lines.length > 0);
      throw withLogs.length > 0 ? new NotHealthy(withLogs, error) : error;
    }
    if (failing.length > 0) throw new NotHealthy(failing);
  }

  const outdated = await outdatedServices(stack, out, await containersNamed(engine, names));
  if (outdated.length > 0) {
    emit("Restarting services with changed passwords");
    const restart = await runCompose(engine, project, ["restart", ...outdated], {
      env: variables,
      silence: options.timeout,
      ...(signal ? { signal } : {}),
    });
    if (restart.code !== 0)
      throw composeError(engine, "stack-start-failed", "could not restart services with changed passwords", restart);
  }
  const failing = await waitForHealth(stack, { ...options, emit, secrets: values, client });
  if (failing.length > 0) throw new NotHealthy(failing);
  const unhealthyTargets = await waitForTargets(stack, {
    emit,
    client,
    timeout: options.timeout,
    ...(signal ? { signal } : {}),
  });
  if (unhealthyTargets.length > 0) throw new NotHealthy(unhealthyTargets);
  const after = await containersNamed(engine, names);
  const grafana = grafanaOf(stack);
  if (grafana) await checkPassword({ ...grafana, out, engine, client });
  return {
    services: [...stack.services.values()].map((service) => {
      const { name, type, container } = service;
      const url = hostUrl(stack, service, type.main);
      const done = startedAs(before.get(container), after.get(container));
      return { name, title: type.title, container, done, ...(url === undefined ? {} : { url }) };
    }),
    ...(grafana ? { grafana: { url: grafana.url, user: grafana.user } } : {}),
  };
}

/** What `prepareStack` found and made. */
export interface Prepared {
  /** Existing containers of the services. */
  readonly before: ReadonlyMap<string, Container>;
  /** The stack's own passwords. */
  readonly secrets: readonly string[];
  readonly client: HostClient | undefined;
}

/** Checks whether a stack can start, and writes its files and secrets. Throws a `ProvisionError` if it can't. */
export async function prepareStack(stack: Stack, options: StartOptions): Promise<Prepared> {
  const { directory, out, engine, variables, emit = () => {}, signal } = options;
  const project = { directory: out, name: projectOf(stack) };
  const names = namesOf(stack);
  checkVariables(stack, variables);
  checkDirectories(stack, engine);
  await checkSecretFiles(stack, directory);
  const warning = engineWarning(stack, engine);
  if (warning !== undefined) options.warn?.(warning);
  const missing = checklistOf(stack).filter(({ state }) => state === "missing").length;
  if (stack.profile === "production" && missing > 0)
    options.warn?.(
      `${missing} ${missing === 1 ? "point" : "points"} of the checklist for production ${missing === 1 ? "is" : "are"} missing. Run \`${commandLine("stack:check")}\` to list them.`,
    );
  await checkOtherDirectory(engine, project.name, out);
  await removeFormer(engine, { project: project.name, out }, { consent: options.removeFormer, emit });
  const before = await containersNamed(engine, names);
  await checkNames(stack, project.name, before, engine);
  await checkPorts(stack, before, engine);

  await writeStack(out, renderStack(stack, { directory, out }));
  const secrets = await ensureCredentials(stack, out);
  const client = await hostClient(stack, { directory, out });
  const { application } = stack.logs;
  if (application !== undefined && "directory" in application && !isAbsolute(application.directory))
    await mkdir(resolve(directory, application.directory), { recursive: true });

  emit("Checking the compose file");
  const checked = await runCompose(engine, project, ["config", "--quiet"], {
    env: variables,
    ...(signal ? { signal } : {}),
  });
  if (checked.code !== 0)
    throw composeError(engine, "stack-compose-invalid", "rejected the generated compose file", checked);
  return { before, secrets, client };
}

function namesOf(stack: Stack): string[] {
  return [...stack.services.values()].map(({ container }) => container);
}

function hasBuild(stack: Stack): boolean {
  const context = contextOf(stack);
  return [...stack.services.values()].some((service) => service.type.parts(service, context).build !== undefined);
}

function grafanaOf(stack: Stack): { url: string; user: string; container: string } | undefined {
  const service = stack.services.get("grafana");
  const url = service && hostUrl(stack, service, "http");
  return service && url !== undefined ? { url, user: adminUserOf(service), container: service.container } : undefined;
}

function startedAs(before: Container | undefined, after: Container | undefined): StartedAs {
  if (before === undefined) return "started";
  if (before.id !== after?.id) return "recreated";
  return before.startedAt === after.startedAt ? "unchanged" : "started";
}

/** Values to redact in log lines. */
function secretValues({ services }: Stack, variables: StartOptions["variables"]): string[] {
  return [...services.values()].flatMap(({ environment }) =>
    Object.values(environment).flatMap((value) => (typeof value === "string" ? [] : [variables[value.variable] ?? ""])),
  );
}

function composeError(engine: Engine, code: ErrorCode, what: string, result: CommandResult): ProvisionError {
  const cause = composeCauseOf(result.stderr);
  return new ProvisionError(`${engine.name} ${what}: ${errorTail(result) || "no error output"}`, {
    exitCode: EXIT.failure,
    code,
    ...(cause === undefined ? {} : { hint: `Likely cause: ${cause}.` }),
  });
}

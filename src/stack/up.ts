import { mkdir } from "node:fs/promises";
import { isAbsolute, resolve } from "node:path";
import { EXIT, ProvisionError } from "../util/errors.ts";
import { composeCauseOf } from "./causes.ts";
import { containersNamed, type Container } from "./containers.ts";
import type { Stack } from "./definition.ts";
import { lastWords, runCompose, type Engine } from "./engine.ts";
import type { ServiceName } from "./names.ts";
import {
  refuseForeign,
  refuseMissingFolders,
  refuseMissingVariables,
  refuseOtherFolder,
  refuseTakenPorts,
  shortcomingOf,
} from "./refusals.ts";
import { projectOf, renderStack } from "./render.ts";
import type { CommandResult } from "./run-command.ts";
import { ensureSecret } from "./secret-files.ts";
import { ADMIN_PASSWORD, adminUserOf } from "./services/grafana.ts";
import { refuseWrongPassword } from "./grafana-login.ts";
import { hostUrl } from "./urls.ts";
import { waitForHealth, waitForTargets, type Failing } from "./wait.ts";
import { writeStack } from "./write.ts";

export interface StartOptions {
  /** What relative paths of the definition are relative to. Absolute. */
  readonly directory: string;
  /** Where the files go. Absolute; made where it isn't there. */
  readonly folder: string;
  readonly engine: Engine;
  /** Milliseconds until every service has to be healthy. */
  readonly timeout: number;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** What is going on, as a short sentence. */
  readonly emit?: (text: string) => void;
  /** What somebody should know, though the stack starts. */
  readonly warn?: (text: string) => void;
  readonly signal?: AbortSignal;
}

/** The code of a command that was ended for its time. */
const TOO_LATE = 124;

/** What `startStack` did to a service's container. */
type StartedAs = "started" | "recreated" | "unchanged";

export interface Started {
  readonly services: readonly {
    readonly name: ServiceName;
    readonly title: string;
    readonly container: string;
    readonly done: StartedAs;
    /** Where this machine reaches it; absent where that is not published. */
    readonly url?: string;
  }[];
  /** How this machine reaches Grafana, where it runs and is published. */
  readonly grafana?: { readonly url: string; readonly user: string };
}

/** Some services did not become healthy. What was started goes on running, to be looked at. Exit 1. */
export class NotHealthy extends ProvisionError {
  override name = "NotHealthy";
  readonly failing: readonly Failing[];

  /** `said` is what compose ended with, where it did not get to the end. */
  constructor(failing: readonly Failing[], said?: ProvisionError) {
    const titles = failing.map(({ title }) => title).join(", ");
    super(`Not healthy: ${titles}${said ? `; ${said.message}` : ""}`, {
      exitCode: EXIT.failure,
      hint: "What was started goes on running: `stack:status` asks it again, `stack:down` stops it.",
      ...(said ? { cause: said } : {}),
    });
    this.failing = failing;
  }
}

/**
 * Renders a stack, starts what isn't running, makes anew what was changed, removes what is no longer defined, and waits
 * until all of it is healthy. Throws `ProvisionError` before anything is started (a taken port, a missing variable, an
 * invalid compose file), or `NotHealthy` with the last lines of what failed.
 */
export async function startStack(stack: Stack, options: StartOptions): Promise<Started> {
  const { directory, folder, engine, variables, emit = () => {}, signal } = options;
  const project = { folder, name: projectOf(stack) };
  const names = [...stack.services.values()].map(({ container }) => container);

  refuseMissingVariables(stack, variables);
  refuseMissingFolders(stack, engine);
  const shortcoming = shortcomingOf(stack, engine);
  if (shortcoming !== undefined) options.warn?.(shortcoming);
  await refuseOtherFolder(engine, project.name, folder);
  const before = await containersNamed(engine, names);
  await refuseForeign(stack, project.name, before, engine);
  await refuseTakenPorts(stack, before, engine);

  await writeStack(folder, renderStack(stack, { directory, out: folder }));
  const secrets = stack.services.has("grafana") ? [await ensureSecret(folder, ADMIN_PASSWORD)] : [];
  const { application } = stack.logs;
  if (application !== undefined && !isAbsolute(application))
    await mkdir(resolve(directory, application), { recursive: true });

  emit("Checking the compose file");
  const checked = await runCompose(engine, project, ["config", "--quiet"], {
    env: variables,
    ...(signal ? { signal } : {}),
  });
  if (checked.code !== 0) throw composeError(engine, "doesn't take the compose file", checked);

  emit("Starting containers");
  const result = await runCompose(engine, project, ["up", "--detach", "--remove-orphans"], {
    env: variables,
    onLine: (line) => emit(line),
    // It waits without an end for what never gets healthy. While images are downloaded it says so.
    silence: options.timeout,
    ...(signal ? { signal } : {}),
  });
  const values = [...secrets, ...secretValues(stack, variables)];
  if (result.code !== 0) {
    const failing = await waitForHealth(stack, { ...options, timeout: 0, emit, secrets: values });
    if (result.code !== TOO_LATE) {
      const said = composeError(engine, "could not start the stack", result);
      // A dependency that doesn't get healthy has something to say itself; an image that isn't there has no container.
      const ended = failing.filter(({ lines }) => lines.length > 0);
      throw ended.length > 0 ? new NotHealthy(ended, said) : said;
    }
    if (failing.length > 0) throw new NotHealthy(failing);
  }

  const failing = await waitForHealth(stack, { ...options, emit, secrets: values });
  if (failing.length > 0) throw new NotHealthy(failing);
  const unseen = await waitForTargets(stack, { emit, timeout: options.timeout, ...(signal ? { signal } : {}) });
  if (unseen.length > 0) throw new NotHealthy(unseen);
  const after = await containersNamed(engine, names);
  const grafana = grafanaOf(stack);
  if (grafana) await refuseWrongPassword({ ...grafana, folder, engine });
  return {
    services: [...stack.services.values()].map((service) => {
      const { name, type, container } = service;
      const url = hostUrl(stack, service, type.main);
      const done = doneTo(before.get(container), after.get(container));
      return { name, title: type.title, container, done, ...(url === undefined ? {} : { url }) };
    }),
    ...(grafana ? { grafana: { url: grafana.url, user: grafana.user } } : {}),
  };
}

function grafanaOf(stack: Stack): { url: string; user: string; container: string } | undefined {
  const service = stack.services.get("grafana");
  const url = service && hostUrl(stack, service, "http");
  return service && url !== undefined ? { url, user: adminUserOf(service), container: service.container } : undefined;
}

function doneTo(before: Container | undefined, after: Container | undefined): StartedAs {
  if (before === undefined) return "started";
  if (before.id !== after?.id) return "recreated";
  return before.startedAt === after.startedAt ? "unchanged" : "started";
}

/** What must be in no log line that is shown. */
function secretValues({ services }: Stack, variables: StartOptions["variables"]): string[] {
  return [...services.values()].flatMap(({ environment }) =>
    Object.values(environment).flatMap((value) => (typeof value === "string" ? [] : [variables[value.variable] ?? ""])),
  );
}

function composeError(engine: Engine, what: string, result: CommandResult): ProvisionError {
  const cause = composeCauseOf(result.stderr);
  return new ProvisionError(`${engine.name} ${what}: ${lastWords(result) || "it says nothing"}`, {
    exitCode: EXIT.failure,
    ...(cause === undefined ? {} : { hint: `Likely ${cause}.` }),
  });
}

import { existsSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { EXIT, ProvisionError } from "../util/errors.ts";
import { containersNamed, containersOf, networkNamed, publishedPorts, type Container } from "./containers.ts";
import type { Stack } from "./definition.ts";
import type { Engine } from "./engine.ts";
import { invalidStack } from "./invalid.ts";
import { takenPorts, wantedPorts } from "./ports.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** Throws exit 65 if environment variables that the definition uses are not set. */
export function checkVariables({ services }: Stack, variables: Variables): void {
  const faults = [...services.values()].flatMap(({ name, environment }) =>
    Object.entries(environment).flatMap(([key, value]) => {
      if (typeof value === "string" || variables[value.variable]) return [];
      const message = `the environment variable ${value.variable} is not set`;
      const hint = `Set ${value.variable}.`;
      return [{ code: "stack-variable-missing" as const, path: `services.${name}.environment.${key}`, message, hint }];
    }),
  );
  if (faults.length > 0) throw invalidStack(faults);
}

/** Throws exit 65 if Podman would fail because a mounted host directory does not exist. Docker creates it. */
export function checkDirectories({ logs }: Stack, engine: Engine): void {
  const { containers } = logs;
  // Docker can run on another machine or in a virtual machine, which has its own directories.
  if (engine.podman === undefined) return;
  if (containers === undefined || !isAbsolute(containers) || existsSync(containers)) return;
  const message = `the directory ${containers} does not exist`;
  const hint = "Podman stores container logs elsewhere and in a different format: set logs.containers to false.";
  throw invalidStack([{ code: "stack-directory-missing", path: "logs.containers", message, hint }]);
}

/** A warning about a feature that this engine lacks, if the stack needs it. */
export function engineWarning({ hostGateway, backend }: Stack, { podman }: Engine): string | undefined {
  const [major = 0, minor = 0] = (podman ?? "").split(".").map(Number);
  // https://github.com/containers/podman/pull/19152
  const knowsGateway = podman === undefined || major > 4 || (major === 4 && minor >= 7);
  if (knowsGateway || hostGateway !== "host-gateway" || !backend?.target.startsWith("host.docker.internal:"))
    return undefined;
  const target = backend.target.replace("host.docker.internal", "host.containers.internal");
  return `Podman ${podman} does not support host-gateway (4.7 and later do), so containers cannot reach ${backend.target}. Set backend.target to "${target}".`;
}

/** Throws exit 1 if a stack with the same name was started from a different directory: its data belong to that one. */
export async function checkOtherDirectory(engine: Engine, project: string, directory: string): Promise<void> {
  const names = await containersOf(engine, project);
  if (names.length === 0) return;
  const directories = [...(await containersNamed(engine, names)).values()].map((container) => container.directory);
  const other = directories.find((one) => one !== undefined && resolve(one) !== resolve(directory));
  if (other === undefined) return;
  throw new ProvisionError(`A stack with this name was started from ${other}. Nothing was changed`, {
    exitCode: EXIT.failure,
    code: "stack-name-in-use",
    hint: "Stop that stack first, or change `name` in this stack's definition.",
  });
}

/** Throws exit 1 if the stack's container or network names are in use elsewhere: Compose would fail after a partial start. */
export async function checkNames(
  stack: Stack,
  project: string,
  existing: ReadonlyMap<string, Container>,
  engine: Engine,
): Promise<void> {
  const foreign = [...existing.values()].filter((container) => container.project !== project).map(({ name }) => name);
  if (foreign.length > 0) {
    throw new ProvisionError(
      `${foreign.length === 1 ? "The container" : "The containers"} ${list(foreign)} already ${foreign.length === 1 ? "exists and does" : "exist and do"} not belong to this stack. Nothing was started`,
      {
        exitCode: EXIT.failure,
        code: "stack-container-exists",
        hint: `Change \`name\` in the stack definition, or remove ${foreign.length === 1 ? "the container" : "the containers"}: ${engine.cli} rm -f ${foreign.join(" ")}`,
      },
    );
  }
  const { name, external } = stack.network;
  const network = await networkNamed(engine, name);
  if (external && network === undefined) {
    throw new ProvisionError(`The external network ${name} does not exist. Nothing was started`, {
      exitCode: EXIT.failure,
      code: "stack-network-missing",
      hint: `Create it with "${engine.cli} network create ${name}", or remove \`external\` from the stack definition.`,
    });
  }
  if (!external && network !== undefined && network.project !== project) {
    throw new ProvisionError(
      `The network ${name} already exists and does not belong to this stack. Nothing was started`,
      {
        exitCode: EXIT.failure,
        code: "stack-network-exists",
        hint: `Use it with network: { name: "${name}", external: true }, or remove it with "${engine.cli} network rm ${name}".`,
      },
    );
  }
}

/** Throws exit 1 if ports of the stack are in use, with the containers that use them. */
export async function checkPorts(
  stack: Stack,
  existing: ReadonlyMap<string, Container>,
  engine: Engine,
): Promise<void> {
  const own = new Set([...existing.values()].filter(({ holdsPorts }) => holdsPorts).flatMap(({ ports }) => [...ports]));
  const taken = await takenPorts(
    stack.bind,
    wantedPorts(stack).filter(({ port }) => !own.has(port)),
  );
  if (taken.length === 0) return;
  const holders = await publishedPorts(engine);
  const ports = taken.map(({ port, title, path }) => {
    const holder = holders.get(port);
    return `${port} (${title}, ${path})${holder === undefined ? "" : ` by the container ${holder}`}`;
  });
  const what = taken.length === 1 ? "A port of the stack is" : "Ports of the stack are";
  throw new ProvisionError(`${what} already in use on ${stack.bind}: ${ports.join("; ")}. Nothing was started`, {
    exitCode: EXIT.failure,
    code: "stack-port-taken",
    hint: "Stop the process that uses the port, or set a different port in the stack definition.",
  });
}

function list(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

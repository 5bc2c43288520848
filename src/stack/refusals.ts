import { existsSync } from "node:fs";
import { isAbsolute, resolve } from "node:path";
import { EXIT, ProvisionError } from "../util/errors.ts";
import { containersNamed, containersOf, networkNamed, publishedPorts, type Container } from "./containers.ts";
import type { Stack } from "./definition.ts";
import type { Engine } from "./engine.ts";
import { invalidStack } from "./invalid.ts";
import { takenPorts, wantedPorts } from "./ports.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** Throws exit 65 with every variable that the definition names and the environment doesn't have. */
export function refuseMissingVariables({ services }: Stack, variables: Variables): void {
  const faults = [...services.values()].flatMap(({ name, environment }) =>
    Object.entries(environment).flatMap(([key, value]) => {
      if (typeof value === "string" || variables[value.variable]) return [];
      const message = `the variable ${value.variable} is not set`;
      return [{ path: `services.${name}.environment.${key}`, message }];
    }),
  );
  if (faults.length > 0) throw invalidStack(faults);
}

/** Throws exit 65 where a folder of the host isn't there: Docker would make it, as root's, and Podman would fail. */
export function refuseMissingFolders({ logs }: Stack, engine: Engine): void {
  const { containers } = logs;
  // Docker may run on another machine, or in a virtual one, with folders of its own.
  if (engine.podman === undefined) return;
  if (containers === undefined || !isAbsolute(containers) || existsSync(containers)) return;
  const message = `there is no folder ${containers}`;
  const hint = "Podman keeps containers' logs elsewhere, and in a form of its own: set logs.containers to false.";
  throw invalidStack([{ path: "logs.containers", message, hint }]);
}

/** What will not work on this engine, though all of it starts; undefined where nothing is known. */
export function shortcomingOf({ hostGateway, backend }: Stack, { podman }: Engine): string | undefined {
  const [major = 0, minor = 0] = (podman ?? "").split(".").map(Number);
  // https://github.com/containers/podman/pull/19152
  const knowsGateway = podman === undefined || major > 4 || (major === 4 && minor >= 7);
  if (knowsGateway || hostGateway !== "host-gateway" || !backend?.target.startsWith("host.docker.internal:"))
    return undefined;
  const target = backend.target.replace("host.docker.internal", "host.containers.internal");
  return `Podman ${podman} knows no host-gateway, as 4.7 does: containers don't reach ${backend.target}. Set backend.target to "${target}".`;
}

/** Throws exit 1 where a stack of the same name was started from another folder: it and its data are that one's. */
export async function refuseOtherFolder(engine: Engine, project: string, folder: string): Promise<void> {
  const names = await containersOf(engine, project);
  if (names.length === 0) return;
  const folders = [...(await containersNamed(engine, names)).values()].map((container) => container.folder);
  const other = folders.find((one) => one !== undefined && resolve(one) !== resolve(folder));
  if (other === undefined) return;
  throw new ProvisionError(`A stack of this name was started from ${other}; nothing was changed`, {
    exitCode: EXIT.failure,
    hint: "Stop it there first, or give this one another `name`.",
  });
}

/** Throws exit 1 where names of the stack belong to somebody else's containers or network: compose would fail half-way. */
export async function refuseForeign(
  stack: Stack,
  project: string,
  existing: ReadonlyMap<string, Container>,
  engine: Engine,
): Promise<void> {
  const foreign = [...existing.values()].filter((container) => container.project !== project).map(({ name }) => name);
  if (foreign.length > 0) {
    throw new ProvisionError(
      `${list(foreign)} ${foreign.length === 1 ? "is a container" : "are containers"} of somebody else; nothing was started`,
      {
        exitCode: EXIT.failure,
        hint: `Remove what is no longer needed (${engine.cli} rm -f ${foreign.join(" ")}), or give the stack another \`name\`.`,
      },
    );
  }
  const { name, external } = stack.network;
  const network = await networkNamed(engine, name);
  if (external && network === undefined) {
    throw new ProvisionError(
      `There is no network ${name}, which the definition says is external; nothing was started`,
      {
        exitCode: EXIT.failure,
        hint: `Make it (${engine.cli} network create ${name}), or take \`external\` away.`,
      },
    );
  }
  if (!external && network !== undefined && network.project !== project) {
    throw new ProvisionError(`The network ${name} exists, and is not this stack's; nothing was started`, {
      exitCode: EXIT.failure,
      hint: `Use it with network: { name: "${name}", external: true }, or remove it (${engine.cli} network rm ${name}).`,
    });
  }
}

/** Throws exit 1 with every port that is taken, and by whom, before anything is started. */
export async function refuseTakenPorts(
  stack: Stack,
  existing: ReadonlyMap<string, Container>,
  engine: Engine,
): Promise<void> {
  const own = new Set(
    [...existing.values()].filter(({ status }) => status === "running").flatMap(({ ports }) => [...ports]),
  );
  const taken = await takenPorts(
    stack.bind,
    wantedPorts(stack).filter(({ port }) => !own.has(port)),
  );
  if (taken.length === 0) return;
  const holders = await publishedPorts(engine);
  const told = taken.map(({ port, title, path }) => {
    const holder = holders.get(port);
    return `${port} (${title}, ${path})${holder === undefined ? "" : ` by the container ${holder}`}`;
  });
  throw new ProvisionError(
    `${taken.length === 1 ? "A port is" : "Ports are"} taken on ${stack.bind}: ${told.join("; ")}; nothing was started`,
    {
      exitCode: EXIT.failure,
      hint: "Stop what has it, or give the stack another port at that place of its definition.",
    },
  );
}

function list(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

import { isIP } from "node:net";
import type { BuiltService } from "./compose.ts";
import type { Stack } from "./definition.ts";
import { invalidStack } from "./invalid.ts";
import type { Target } from "./target.ts";

const TITLES = { compose: "Docker Compose", swarm: "Docker Swarm", kubernetes: "Kubernetes" } as const;

/** So that the longest name of a StatefulSet has 52 characters, and its pods a valid label. */
const NAME_LENGTH = 30;

/** Names of the host in containers. Only the first can be mapped to an address. */
const [DOCKER, PODMAN] = ["host.docker.internal", "host.containers.internal"];

/** The IP address of `host.docker.internal` in a cluster; undefined if the definition has none. */
export function hostAddressIn({ hostGateway }: Stack): string | undefined {
  return isIP(hostGateway) === 0 ? undefined : hostGateway;
}

/** Throws exit 65 if the definition has settings that can't work in a cluster. `texts` has all rendered texts by their place. */
export function checkTarget(
  stack: Stack,
  target: Target,
  built: readonly BuiltService[],
  files: ReadonlyMap<string, string>,
): void {
  if (target === "compose") return;
  const title = TITLES[target];
  const faults = [];
  if (built.some(({ parts }) => parts.build !== undefined))
    faults.push({
      code: "stack-target-conflict" as const,
      path: "backend",
      message: `${title} can't build the image of the example backend`,
      hint: "Build the image, push it to a registry, and set backend to { target } with the address of the application.",
    });
  if (target === "kubernetes" && stack.name.length > NAME_LENGTH)
    faults.push({
      code: "stack-target-conflict" as const,
      path: "name",
      message: `must have at most ${NAME_LENGTH} characters, because Kubernetes limits the names of pods`,
      hint: "Use a shorter name.",
    });
  const unknown = hostAddressIn(stack) === undefined ? [DOCKER, PODMAN] : [PODMAN];
  const places = [
    ...(stack.backend === undefined ? [] : [["backend.target", stack.backend.target] as const]),
    ...files,
    ...built.map(({ service, parts }) => {
      const given = Object.values(service.environment).filter((value) => typeof value === "string");
      const texts = [...given, ...Object.values(parts.environment ?? {}), ...(parts.command ?? [])];
      return [`services.${service.name}`, texts.join("\n")] as const;
    }),
  ];
  for (const [path, text] of places) {
    const host = unknown.find((name) => text?.includes(name ?? ""));
    // The file of Prometheus repeats the target of the backend.
    const isRepeated = path === "prometheus/prometheus.yml" && faults.some((fault) => fault.path === "backend.target");
    if (host === undefined || isRepeated) continue;
    faults.push({
      code: "stack-target-conflict" as const,
      path,
      message: `${host} is not the name of a machine in ${title}`,
      hint: `Use a name or an address that all machines of the cluster can reach${host === DOCKER ? ", or set hostGateway to the IP address of that machine" : ""}.`,
    });
  }
  if (faults.length > 0) throw invalidStack(faults);
}

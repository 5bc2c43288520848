import { posix } from "node:path";
import type { Stack } from "./definition.ts";
import type { ServiceName } from "./names.ts";
import type { Mount, Service, ServiceParts } from "./service.ts";

/** The label by which a change of a service's files makes its container anew: an engine looks at the compose file alone. */
const CONFIG_LABEL = "grafana-provision.config";

/** The folder of secrets, below the stack's own. */
export const SECRETS = "secrets";

/** A service with what it adds. */
export interface BuiltService {
  readonly service: Service;
  readonly parts: ServiceParts;
  /** A hash of its files; undefined where it has none. */
  readonly configHash: string | undefined;
}

/** The compose file as plain data. `hostPath` says how a folder of the host is written in it. */
export function composeFile(
  stack: Stack,
  built: readonly BuiltService[],
  hostPath: (path: string) => string,
): Record<string, unknown> {
  const secrets = [...new Set(built.flatMap(({ parts }) => parts.secrets ?? []))];
  const volumes = built.flatMap(({ parts }) =>
    (parts.mounts ?? []).flatMap((mount) => (mount.type === "volume" ? [mount.name] : [])),
  );
  const probed = new Set(built.flatMap(({ service, parts }) => (parts.probe ? [service.name] : [])));
  return {
    services: Object.fromEntries(built.map((one) => [one.service.name, composeService(stack, one, probed, hostPath)])),
    networks: { monitoring: { name: stack.network.name, ...(stack.network.external ? { external: true } : {}) } },
    ...(volumes.length > 0 ? { volumes: Object.fromEntries(volumes.map((name) => [name, {}])) } : {}),
    ...(secrets.length > 0
      ? { secrets: Object.fromEntries(secrets.map((name) => [name, { file: `./${SECRETS}/${name}` }])) }
      : {}),
  };
}

function composeService(
  stack: Stack,
  { service, parts, configHash }: BuiltService,
  probed: ReadonlySet<ServiceName>,
  hostPath: (path: string) => string,
): Record<string, unknown> {
  const { type, ports, memory } = service;
  const published = Object.entries(ports).map(
    ([port, host]) => `${bound(stack.bind)}:${host}:${type.ports[port]?.container}`,
  );
  const environment = environmentOf(service, parts);
  const mounts = (parts.mounts ?? []).map((mount) => volumeText(mount, hostPath));
  const after = type.after.flatMap((name) => {
    if (!stack.services.has(name)) return [];
    return [[name, { condition: probed.has(name) ? "service_healthy" : "service_started" }] as const];
  });
  return {
    image: service.image,
    container_name: service.container,
    restart: "unless-stopped",
    ...(after.length > 0 ? { depends_on: Object.fromEntries(after) } : {}),
    ...(parts.command ? { command: parts.command.map(literal) } : {}),
    ...(Object.keys(environment).length > 0 ? { environment } : {}),
    networks: ["monitoring"],
    ...(published.length > 0 ? { ports: published } : {}),
    ...(parts.asksHost ? { extra_hosts: [`host.docker.internal:${stack.hostGateway}`] } : {}),
    ...(parts.hostProcesses ? { pid: "host" } : {}),
    ...(mounts.length > 0 ? { volumes: mounts } : {}),
    ...(parts.secrets ? { secrets: parts.secrets } : {}),
    ...(parts.probe
      ? {
          healthcheck: {
            test: ["CMD", ...parts.probe.map(literal)],
            interval: "10s",
            timeout: "5s",
            retries: 6,
            start_period: "20s",
          },
        }
      : {}),
    mem_limit: memory,
    security_opt: ["no-new-privileges:true"],
    ...(parts.keepsCapabilities ? {} : { cap_drop: ["ALL"] }),
    logging: {
      driver: "json-file",
      options: { "max-size": stack.logRotation.maxSize, "max-file": String(stack.logRotation.maxFiles) },
    },
    ...(configHash === undefined ? {} : { labels: { [CONFIG_LABEL]: configHash } }),
  };
}

function environmentOf({ environment }: Service, parts: ServiceParts): Record<string, string> {
  const own = Object.entries(parts.environment ?? {}).map(([name, value]) => [name, literal(value)] as const);
  const given = Object.entries(environment).map(([name, value]) => [
    name,
    typeof value === "string" ? literal(value) : `\${${value.variable}:?set it: the stack's definition names it}`,
  ]);
  return Object.fromEntries([...own, ...given]) as Record<string, string>;
}

function volumeText(mount: Mount, hostPath: (path: string) => string): string {
  if (mount.type === "volume") return `${mount.name}:${mount.target}`;
  // With SELinux a container may read a folder of the host only with a label of its own. Folders of others keep theirs.
  if (mount.type === "config") return `./${mount.folder}:${mount.target}:ro,z`;
  return `${literal(hostPath(mount.path))}:${mount.target}:ro`;
}

/** A `$` would begin a variable. */
function literal(text: string): string {
  return text.replaceAll("$", "$$$$");
}

function bound(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}

/** How a folder is written in a compose file: absolute, or beginning with a dot, else it is a volume's name. */
export function composePath(from: string, to: string): string {
  const path = posix.relative(from, to);
  return path.startsWith(".") ? path : `./${path}`;
}

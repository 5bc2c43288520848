import { createHash } from "node:crypto";
import {
  environmentOf,
  hasTemporary,
  healthcheckOf,
  isReadOnly,
  literal,
  loggingOf,
  portsOf,
  secretEntry,
  secretName,
  type BuiltService,
  type Paths,
} from "./compose.ts";
import type { Stack } from "./definition.ts";
import type { Mount, ServiceParts } from "./service.ts";
import { kibibytes } from "./settings.ts";
import { hostAddressIn } from "./target-faults.ts";

/** Docker 20.10 and later know it, and `docker stack deploy` needs a version. */
const VERSION = "3.9";

/** Swarm's limit for names of configs and secrets. */
const NAME_LENGTH = 64;

/** Digits of a hash in the name of a config or secret. */
export const HASH_LENGTH = 12;

/** The file for `docker stack deploy` as plain data. */
export function swarmFile(
  stack: Stack,
  built: readonly BuiltService[],
  { paths, files }: { readonly paths: Paths; readonly files: ReadonlyMap<string, string> },
): Record<string, unknown> {
  const secrets = new Map(
    built.flatMap(({ parts }) =>
      (parts.secrets ?? []).map((secret) => {
        const [name, entry] = secretEntry(secret, paths);
        return [name, { ...entry, name: secretObject(stack, name) }] as const;
      }),
    ),
  );
  const configs = [...files].map(([path, text]) => [
    configKey(path),
    { file: `./${path}`, name: objectName(stack, path.replace(/^.*\//, ""), hash([stack.name, path, text])) },
  ]);
  const volumes = new Set(built.flatMap(({ parts }) => volumesOf(parts).map(({ name }) => name)));
  const { name, external } = stack.network;
  return {
    version: VERSION,
    services: Object.fromEntries(built.map((one) => [one.service.name, swarmService(stack, one, { paths, files })])),
    networks: {
      monitoring: external
        ? { external: true, name }
        : {
            name,
            driver: "overlay",
            // Containers of applications can connect to it too.
            attachable: true,
            ...(stack.profile === "production" ? { driver_opts: { encrypted: "true" } } : {}),
          },
    },
    ...(volumes.size > 0 ? { volumes: Object.fromEntries([...volumes].map((volume) => [volume, {}])) } : {}),
    ...(configs.length > 0 ? { configs: Object.fromEntries(configs) } : {}),
    ...(secrets.size > 0 ? { secrets: Object.fromEntries(secrets) } : {}),
  };
}

/** The node label of a service with data: only the node that has it runs the service. */
export function nodeLabel(stack: Pick<Stack, "name">, service: string): string {
  return `${stack.name}.${service}`;
}

/** Whether a service loses its data on another node. */
export function isPinned({ service, parts }: Pick<BuiltService, "service" | "parts">): boolean {
  return service.type.perNode !== true && volumesOf(parts).some(({ temporary = false }) => !temporary);
}

/** Swarm publishes a port on all addresses of all nodes. */
export function publishesPorts({ bind }: Pick<Stack, "bind">): boolean {
  return bind === "0.0.0.0" || bind === "::";
}

/** The variable with the hash of a secret, which is part of its name in Swarm. */
export function hashVariable(secret: string): string {
  return `HASH_${secret.toUpperCase().replaceAll(/[^A-Z0-9]/g, "_")}`;
}

function swarmService(
  stack: Stack,
  built: BuiltService,
  { paths, files }: { readonly paths: Paths; readonly files: ReadonlyMap<string, string> },
): Record<string, unknown> {
  const { service, parts } = built;
  const { openFiles = false } = stack.limits;
  const environment = environmentOf(service, parts);
  const mode = service.type.perNode === true ? "host" : "ingress";
  const ports = publishesPorts(stack)
    ? portsOf(built).map(({ host, container }) => ({ target: container, published: host, protocol: "tcp", mode }))
    : [];
  const volumes = [
    ...(parts.mounts ?? []).flatMap((mount) => volumeOf(mount, paths)),
    ...(isReadOnly(stack, parts) && !hasTemporary(parts) ? [{ type: "tmpfs", target: "/tmp" }] : []),
  ];
  const configs = configsOf(parts, files);
  const host = parts.connectsToHost === true ? hostAddressIn(stack) : undefined;
  return {
    image: service.image,
    // So that `node_uname_info` has the name of the node.
    ...(service.type.perNode === true ? { hostname: "{{.Node.Hostname}}" } : {}),
    ...(parts.command ? { command: parts.command.map(literal) } : {}),
    ...(Object.keys(environment).length > 0 ? { environment } : {}),
    networks: { monitoring: { aliases: [service.container] } },
    ...(ports.length > 0 ? { ports } : {}),
    ...(host === undefined ? {} : { extra_hosts: [`host.docker.internal:${host}`] }),
    ...(volumes.length > 0 ? { volumes } : {}),
    ...(configs.length > 0 ? { configs } : {}),
    ...(parts.secrets ? { secrets: parts.secrets.map(secretName) } : {}),
    ...healthcheckOf(parts),
    ...(openFiles === false ? {} : { ulimits: { nofile: { soft: openFiles, hard: openFiles } } }),
    ...(isReadOnly(stack, parts) ? { read_only: true } : {}),
    ...(parts.keepsCapabilities ? {} : { cap_drop: ["ALL"] }),
    ...(parts.capabilities ? { cap_add: parts.capabilities } : {}),
    logging: loggingOf(stack),
    deploy: deployOf(stack, built),
  };
}

function deployOf(stack: Stack, built: BuiltService): object {
  const { type, memory, cpus, name } = built.service;
  const { processes = false } = stack.limits;
  const pinned = isPinned(built);
  // Two containers can't write the same data, and two on one node can't publish the same port.
  const order = pinned || type.perNode === true ? "stop-first" : "start-first";
  const step = { parallelism: 1, order, monitor: "60s" };
  return {
    ...(type.perNode === true ? { mode: "global" } : { mode: "replicated", replicas: 1 }),
    ...(pinned ? { placement: { constraints: [`node.labels.${nodeLabel(stack, name)} == true`] } } : {}),
    resources: {
      limits: {
        memory,
        ...(cpus === undefined ? {} : { cpus: String(cpus) }),
        ...(processes === false ? {} : { pids: processes }),
      },
      reservations: { memory: `${Math.ceil(kibibytes(memory) / 2)}k` },
    },
    restart_policy: { condition: "any", delay: "5s" },
    update_config: { ...step, failure_action: "rollback" },
    rollback_config: { ...step, failure_action: "pause" },
  };
}

function volumesOf({ mounts = [] }: ServiceParts): Extract<Mount, { type: "volume" }>[] {
  return mounts.filter((mount) => mount.type === "volume");
}

function volumeOf(mount: Mount, paths: Paths): object[] {
  if (mount.type === "volume")
    return [
      {
        type: "volume",
        source: mount.name,
        target: mount.target,
        ...(mount.readOnly === true ? { read_only: true } : {}),
      },
    ];
  if (mount.type === "config") return [];
  return [{ type: "bind", source: literal(paths.host(mount.path)), target: mount.target, read_only: true }];
}

/** Configuration files are objects of Swarm, so that nodes need no files. */
function configsOf({ mounts = [] }: ServiceParts, files: ReadonlyMap<string, string>): object[] {
  return mounts.flatMap((mount) => {
    if (mount.type !== "config") return [];
    const own = [...files.keys()].filter((path) => path.startsWith(`${mount.directory}/`));
    return own.map((path) => ({
      source: configKey(path),
      target: `${mount.target}/${path.slice(mount.directory.length + 1)}`,
    }));
  });
}

function configKey(path: string): string {
  return path.replaceAll("/", "-");
}

/** Swarm's objects can't change, so a changed content needs another name. The hash of a secret is known only when it is deployed. */
function secretObject(stack: Stack, secret: string): string {
  const digits = `\${${hashVariable(secret)}:?run deploy.sh}`;
  const limit = NAME_LENGTH - HASH_LENGTH - 1;
  const full = `${stack.name}-${secret}`;
  return `${full.length <= limit ? full : `${full.slice(0, limit - 9)}-${hash(full).slice(0, 8)}`}-${digits}`;
}

function objectName({ name }: Stack, file: string, digits: string): string {
  return `${name.slice(0, NAME_LENGTH - HASH_LENGTH - file.length - 2)}-${file}-${digits}`;
}

function hash(content: unknown): string {
  return createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, HASH_LENGTH);
}

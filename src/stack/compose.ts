import { posix } from "node:path";
import type { Stack } from "./definition.ts";
import type { ServiceName } from "./names.ts";
import { proxiedPorts } from "./access.ts";
import type { Mount, SecretFile, Service, ServiceParts, StackContext } from "./service.ts";

/** A hash of a service's configuration files. Compose recreates containers only when the compose file changes. */
const CONFIG_LABEL = "grafana-provision.config";

/** The directory of secrets, relative to the stack's directory. */
export const SECRETS = "secrets";

export interface BuiltService {
  readonly service: Service;
  readonly parts: ServiceParts;
  /** Undefined if it has no configuration files. */
  readonly configHash: string | undefined;
  /** What the parts were rendered from. */
  readonly context: StackContext;
}

/** Convert paths for use in the compose file: relative ones are below the definition, or below the package. */
export interface Paths {
  readonly host: (path: string) => string;
  readonly ofPackage: (path: string) => string;
}

/** The compose file as plain data. */
export function composeFile(stack: Stack, built: readonly BuiltService[], paths: Paths): Record<string, unknown> {
  const secrets = new Map(
    built.flatMap(({ parts }) => (parts.secrets ?? []).map((secret) => secretEntry(secret, paths))),
  );
  const volumes = built.flatMap(({ parts }) =>
    (parts.mounts ?? []).flatMap((mount) => (mount.type === "volume" ? [mount.name] : [])),
  );
  const probed = new Set(built.flatMap(({ service, parts }) => (parts.probe ? [service.name] : [])));
  return {
    services: Object.fromEntries(
      built.map((one) => [
        one.service.name,
        composeService(stack, one, { ports: portTexts(stack, one), probed, paths }),
      ]),
    ),
    networks: { monitoring: { name: stack.network.name, ...(stack.network.external ? { external: true } : {}) } },
    ...(volumes.length > 0 ? { volumes: Object.fromEntries(volumes.map((name) => [name, {}])) } : {}),
    ...(secrets.size > 0 ? { secrets: Object.fromEntries(secrets) } : {}),
  };
}

function composeService(
  stack: Stack,
  { service, parts, configHash }: BuiltService,
  {
    ports,
    probed,
    paths,
  }: { readonly ports: readonly string[]; readonly probed: ReadonlySet<ServiceName>; readonly paths: Paths },
): Record<string, unknown> {
  const { type, memory, cpus } = service;
  const { openFiles = false, processes = false } = stack.limits;
  const environment = environmentOf(service, parts);
  const mounts = (parts.mounts ?? []).map((mount) => volumeText(mount, paths));
  const after = type.after.flatMap((name) => {
    if (!stack.services.has(name)) return [];
    return [[name, { condition: probed.has(name) ? "service_healthy" : "service_started" }] as const];
  });
  return {
    ...imageOf(service, parts, paths),
    container_name: service.container,
    restart: "unless-stopped",
    ...(after.length > 0 ? { depends_on: Object.fromEntries(after) } : {}),
    ...(parts.command ? { command: parts.command.map(literal) } : {}),
    ...(Object.keys(environment).length > 0 ? { environment } : {}),
    networks: ["monitoring"],
    ...(ports.length > 0 ? { ports } : {}),
    ...(parts.connectsToHost ? { extra_hosts: [`host.docker.internal:${stack.hostGateway}`] } : {}),
    ...(parts.hostProcesses ? { pid: "host" } : {}),
    ...(mounts.length > 0 ? { volumes: mounts } : {}),
    ...(parts.secrets ? { secrets: parts.secrets.map(secretName) } : {}),
    ...healthcheckOf(parts),
    mem_limit: memory,
    ...(cpus === undefined ? {} : { cpus }),
    ...(processes === false ? {} : { pids_limit: processes }),
    ...(openFiles === false ? {} : { ulimits: { nofile: { soft: openFiles, hard: openFiles } } }),
    ...(isReadOnly(stack, parts) ? { read_only: true, ...temporary(parts) } : {}),
    security_opt: ["no-new-privileges:true"],
    ...(parts.keepsCapabilities ? {} : { cap_drop: ["ALL"] }),
    ...(parts.capabilities ? { cap_add: parts.capabilities } : {}),
    logging: loggingOf(stack),
    ...(configHash === undefined ? {} : { labels: { [CONFIG_LABEL]: configHash } }),
  };
}

export function loggingOf({ logRotation }: Stack): object {
  const { maxSize, maxFiles } = logRotation;
  return { driver: "json-file", options: { "max-size": maxSize, "max-file": String(maxFiles) } };
}

/** The ports that a container publishes. The proxy publishes those that it serves. */
export function portsOf({ service, parts, context }: BuiltService): { host: number; container: number }[] {
  const ofProxy = new Set(proxiedPorts(context).map(({ host }) => host));
  const own = Object.entries(service.ports).flatMap(([port, host]) =>
    ofProxy.has(host) ? [] : [{ host, container: service.type.ports[port]?.container ?? host }],
  );
  return [...own, ...(parts.publishes ?? []).map((port) => ({ host: port, container: port }))];
}

/** Ports in the form `ADDRESS:PORT:PORT`. */
function portTexts({ bind }: Stack, built: BuiltService): string[] {
  return portsOf(built).map(({ host, container }) => `${bound(bind)}:${host}:${container}`);
}

export function healthcheckOf({ probe }: ServiceParts): { healthcheck?: object } {
  if (probe === undefined) return {};
  return {
    healthcheck: { test: probeOf(probe), interval: "10s", timeout: "5s", retries: 6, start_period: "20s" },
  };
}

/** Podman 4.3 splits arguments of other commands at spaces. */
function probeOf(probe: readonly string[] | string): string[] {
  return typeof probe === "string" ? ["CMD-SHELL", literal(probe)] : ["CMD", ...probe.map(literal)];
}

export function isReadOnly({ profile }: Stack, { readOnlyRoot = false }: ServiceParts): boolean {
  return readOnlyRoot === "production" ? profile === "production" : readOnlyRoot;
}

function temporary(parts: ServiceParts): { tmpfs?: string[] } {
  return hasTemporary(parts) ? {} : { tmpfs: ["/tmp"] };
}

/** Whether one of its volumes is `/tmp`. */
export function hasTemporary({ mounts = [] }: ServiceParts): boolean {
  return mounts.some(({ target }) => target === "/tmp");
}

export function secretName(secret: string | SecretFile): string {
  return typeof secret === "string" ? secret : secret.name;
}

export function secretEntry(secret: string | SecretFile, paths: Paths): readonly [string, { readonly file: string }] {
  if (typeof secret === "string") return [secret, { file: `./${SECRETS}/${secret}` }];
  return [secret.name, { file: literal(paths.host(secret.path)) }];
}

function imageOf({ image }: Service, { build }: ServiceParts, paths: Paths): Record<string, unknown> {
  if (build === undefined) return { image };
  const args = Object.entries(build.args).map(([name, value]) => [name, literal(value)]);
  return { build: { context: literal(paths.ofPackage(build.directory)), args: Object.fromEntries(args) } };
}

export function environmentOf({ environment }: Service, parts: ServiceParts): Record<string, string> {
  const own = Object.entries(parts.environment ?? {}).map(([name, value]) => [name, literal(value)] as const);
  const given = Object.entries(environment).map(([name, value]) => [
    name,
    typeof value === "string" ? literal(value) : `\${${value.variable}:?required by the stack definition}`,
  ]);
  return Object.fromEntries([...own, ...given]) as Record<string, string>;
}

function volumeText(mount: Mount, paths: Paths): string {
  if (mount.type === "volume") return `${mount.name}:${mount.target}${mount.readOnly ? ":ro" : ""}`;
  // SELinux: `z` relabels the directory for containers. Directories that the stack does not own keep their labels.
  if (mount.type === "config") return `./${mount.directory}:${mount.target}:ro,z`;
  return `${literal(paths.host(mount.path))}:${mount.target}:ro`;
}

/** Escapes `$`, which starts a variable in a compose file. */
export function literal(text: string): string {
  return text.replaceAll("$", "$$$$");
}

function bound(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}

/** A relative path that starts with a dot: otherwise Compose takes it for the name of a volume. */
export function composePath(from: string, to: string): string {
  const path = posix.relative(from, to);
  return path.startsWith(".") ? path : `./${path}`;
}

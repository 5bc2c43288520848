import type { InvalidCodeError } from "../util/errors.ts";
import { completeAccess } from "./access.ts";
import { alertingFaults } from "./alerting-faults.ts";
import { accessFaults } from "./access-faults.ts";
import {
  backendFaults,
  collectorFaults,
  dependencyFaults,
  elasticsearchFaults,
  emptyFaults,
  environmentFaults,
  jobFaults,
  memoryFaults,
  portFaults,
  type StackFault,
} from "./checks.ts";
import type { Stack, StackDefinition } from "./definition.ts";
import { invalidStack } from "./invalid.ts";
import { EXAMPLE_LOGS } from "./logs.ts";
import { SERVICE_NAMES, type ServiceName } from "./names.ts";
import { parseDefinition } from "./parse.ts";
import type { CheckedDefinition, ServiceInput } from "./schema.ts";
import type { Service, ServiceType } from "./service.ts";
import { isMultiTenant } from "./services/loki.ts";
import { serviceTypes } from "./services/index.ts";

/**
 * Settings that `false` disables, and `backend: "example"`, which replaces the backend with a service. They are removed before the schema runs: with a union, every invalid object would be
 * reported as "expected a boolean".
 */
const CAN_BE_DISABLED: ReadonlySet<string> = new Set([
  "backend",
  "logs.containers",
  "logs.application",
  ...SERVICE_NAMES.map((name) => `services.${name}`),
]);

const PRODUCTION_LIMITS = { openFiles: 65_536, processes: 2048 } as const;

/**
 * Checks a definition and fills in defaults. Throws `InvalidCodeError` (exit 65) with all faults and their paths.
 *
 * @example export default defineStack({ services: { prometheus: { retention: "30d" }, redis: false } });
 */
export function defineStack(definition: StackDefinition = {}): Stack {
  const { input, disabled } = removeDisabled(definition);
  const { faults, data, isWrong } = parseDefinition(input);
  if (data === undefined) throw invalid(faults);
  const { collector } = data.logs;
  const other: ServiceName = collector === "alloy" ? "promtail" : "alloy";
  const isExample = definition.backend === "example";
  const unselected = new Set<ServiceName>([
    other,
    ...(isExample ? [] : ["fastapi-backend" as const]),
    ...(completeAccess(data) ? [] : ["proxy" as const]),
  ]);
  const chosen = serviceTypes
    .filter((type) => !disabled.has(`services.${type.name}`) && !unselected.has(type.name))
    .map((type) => serviceOf(type, data.services[type.name], data));
  const unmet = unmetDependencies(chosen);
  const stack = stackOf(
    data,
    disabled,
    chosen.filter(({ name }) => !unmet.has(name)),
  );

  const given = new Set(SERVICE_NAMES.filter((name) => definition.services?.[name]));
  const found = [
    ...emptyFaults(stack),
    ...portFaults(stack),
    ...jobFaults(stack),
    ...environmentFaults(stack),
    ...memoryFaults(stack),
    ...elasticsearchFaults(stack),
    ...collectorFaults(given, other, collector),
    ...backendFaults(definition),
    ...accessFaults(stack, definition),
    ...alertingFaults(stack),
    ...dependencyFaults(given, unmet),
  ].filter(({ path, by = [] }) => ![path, ...by].some(isWrong));
  if (faults.length + found.length > 0) throw invalid([...faults, ...found]);
  return stack;
}

function stackOf(data: CheckedDefinition, disabled: ReadonlySet<string>, services: readonly Service[]): Stack {
  const { name, logs } = data;
  const hasExample = services.some((service) => service.name === "fastapi-backend");
  const network = data.network ?? `${name}-monitoring`;
  const unlessDisabled = <Value>(value: Value, path: string) => (disabled.has(path) ? undefined : value);
  return {
    profile: data.profile,
    access: data.access,
    limits: data.profile === "production" ? { ...PRODUCTION_LIMITS, ...data.limits } : data.limits,
    runbooks: data.runbooks?.replace(/\/+$/, ""),
    checklist: data.checklist,
    name,
    network: typeof network === "string" ? { name: network, external: false } : network,
    bind: data.bind,
    environment: data.environment,
    scrapeInterval: data.scrapeInterval,
    evaluationInterval: data.evaluationInterval,
    backend: disabled.has("backend") ? undefined : data.backend,
    scrape: data.scrape,
    logs: {
      collector: logs.collector,
      containers: unlessDisabled(logs.containers, "logs.containers"),
      application: unlessDisabled(
        hasExample ? { volume: EXAMPLE_LOGS } : { directory: logs.application },
        "logs.application",
      ),
      tenant: logs.tenant ?? name,
      isMultiTenant: services.some(isMultiTenant),
    },
    logRotation: data.logRotation,
    hostGateway: data.hostGateway,
    registry: data.registry,
    kubernetes: {
      namespace: data.kubernetes.namespace ?? `${name}-monitoring`,
      storageClass: data.kubernetes.storageClass,
      ingressClass: data.kubernetes.ingressClass,
      volumes: data.kubernetes.volumes,
    },
    services: new Map(services.map((service) => [service.name, service])),
  };
}

/** The services that need a service which doesn't run, each with that service. */
function unmetDependencies(services: readonly Service[]): ReadonlyMap<ServiceName, ServiceName> {
  const running = new Set(services.map(({ name }) => name));
  const unmet = services.flatMap((service) => {
    const needed = service.type.needs?.(service);
    return needed === undefined || running.has(needed) ? [] : [[service.name, needed] as const];
  });
  return new Map(unmet);
}

/** A copy of the definition without disabled settings, and their paths. */
function removeDisabled(definition: unknown): { input: unknown; disabled: ReadonlySet<string> } {
  const disabled = new Set<string>();
  const strip = (value: unknown, path: string): unknown => {
    // Other values stay as they are, so that the schema reports them.
    if (!isObject(value) || Object.keys(value).length === 0) return value;
    const kept = Object.entries(value).flatMap(([key, item]) => {
      const place = path === "" ? key : `${path}.${key}`;
      if ((item === false && CAN_BE_DISABLED.has(place)) || (place === "backend" && item === "example")) {
        disabled.add(place);
        return [];
      }
      return [[key, ["logs", "services"].includes(place) ? strip(item, place) : item] as const];
    });
    return Object.fromEntries(kept);
  };
  return { input: strip(definition, ""), disabled };
}

function serviceOf(
  type: ServiceType,
  { version, image, ports = {}, memory, cpus, metrics, scrapeInterval, environment, ...settings }: ServiceInput,
  { name, registry }: { readonly name: string; readonly registry?: string | undefined },
): Service {
  const { repository, version: pinned } = type.image;
  const published = Object.entries(type.ports).flatMap(([port, { host }]) => {
    const chosen = ports[port] ?? host;
    return chosen === undefined || chosen === false ? [] : [[port, chosen] as const];
  });
  return {
    name: type.name,
    type,
    container: `${type.container}-${name}`,
    image: image ?? `${registry === undefined ? "" : `${registry}/`}${repository}:${version ?? pinned}`,
    ports: Object.fromEntries(published),
    memory: memory ?? type.memory,
    cpus,
    scrapeInterval,
    metrics,
    environment: environment ?? {},
    settings,
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(faults: readonly StackFault[]): InvalidCodeError {
  return invalidStack(faults.map(({ by: _by, ...fault }) => fault));
}

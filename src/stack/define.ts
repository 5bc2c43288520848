import type { InvalidCodeError } from "../util/errors.ts";
import {
  elasticsearchFaults,
  emptyFaults,
  environmentFaults,
  jobFaults,
  memoryFaults,
  portFaults,
  unusedFaults,
  uselessFaults,
  type StackFault,
} from "./checks.ts";
import type { Stack, StackDefinition } from "./definition.ts";
import { invalidStack } from "./invalid.ts";
import { SERVICE_NAMES, type ServiceName } from "./names.ts";
import { parseDefinition } from "./parse.ts";
import type { CheckedDefinition, ServiceInput } from "./schema.ts";
import type { Service, ServiceType } from "./service.ts";
import { serviceTypes } from "./services/index.ts";

/** Where `false` may stand for "not at all". It is taken out first: a union would call every mistake in an object no boolean. */
const MAY_BE_OFF: ReadonlySet<string> = new Set([
  "backend",
  "logs.containers",
  "logs.application",
  ...SERVICE_NAMES.map((name) => `services.${name}`),
]);

/**
 * Checks a definition and fills in what it leaves out. Throws `InvalidCodeError` (exit 65) with everything that is wrong
 * with it, each with its path.
 *
 * @example export default defineStack({ services: { prometheus: { retention: "30d" }, redis: false } });
 */
export function defineStack(definition: StackDefinition = {}): Stack {
  const { input, off } = withoutOff(definition);
  const { faults, data, isWrong } = parseDefinition(input);
  if (data === undefined) throw invalid(faults);
  const { collector } = data.logs;
  const other: ServiceName = collector === "alloy" ? "promtail" : "alloy";
  const chosen = serviceTypes
    .filter((type) => !off.has(`services.${type.name}`) && type.name !== other)
    .map((type) => serviceOf(type, data.services[type.name], data));
  const useless = uselessAmong(chosen);
  const stack = stackOf(
    data,
    off,
    chosen.filter(({ name }) => !useless.has(name)),
  );

  const given = new Set(SERVICE_NAMES.filter((name) => definition.services?.[name]));
  const found = [
    ...emptyFaults(stack),
    ...portFaults(stack),
    ...jobFaults(stack),
    ...environmentFaults(stack),
    ...memoryFaults(stack),
    ...elasticsearchFaults(stack),
    ...unusedFaults(given, other, collector),
    ...uselessFaults(given, useless),
  ].filter(({ path, by = [] }) => ![path, ...by].some(isWrong));
  if (faults.length + found.length > 0) throw invalid([...faults, ...found]);
  return stack;
}

function stackOf(data: CheckedDefinition, off: ReadonlySet<string>, services: readonly Service[]): Stack {
  const { name, logs } = data;
  const network = data.network ?? `${name}-monitoring`;
  const collects = (folder: string, path: string) => (off.has(path) ? undefined : folder);
  return {
    name,
    network: typeof network === "string" ? { name: network, external: false } : network,
    bind: data.bind,
    environment: data.environment,
    scrapeInterval: data.scrapeInterval,
    evaluationInterval: data.evaluationInterval,
    backend: off.has("backend") ? undefined : data.backend,
    scrape: data.scrape,
    logs: {
      collector: logs.collector,
      containers: collects(logs.containers, "logs.containers"),
      application: collects(logs.application, "logs.application"),
      tenant: logs.tenant ?? name,
    },
    logRotation: data.logRotation,
    hostGateway: data.hostGateway,
    services: new Map(services.map((service) => [service.name, service])),
  };
}

/** Those that need one which doesn't run, and which that is. */
function uselessAmong(services: readonly Service[]): ReadonlyMap<ServiceName, ServiceName> {
  const running = new Set(services.map(({ name }) => name));
  const useless = services.flatMap((service) => {
    const needed = service.type.needs?.(service);
    return needed === undefined || running.has(needed) ? [] : [[service.name, needed] as const];
  });
  return new Map(useless);
}

/** A copy without what is `false`, and where that was. */
function withoutOff(definition: unknown): { input: unknown; off: ReadonlySet<string> } {
  const off = new Set<string>();
  const strip = (value: unknown, path: string): unknown => {
    // What is no plain object stays as it is: it is told as what it is.
    if (!isObject(value) || Object.keys(value).length === 0) return value;
    const kept = Object.entries(value).flatMap(([key, item]) => {
      const place = path === "" ? key : `${path}.${key}`;
      if (item === false && MAY_BE_OFF.has(place)) {
        off.add(place);
        return [];
      }
      return [[key, ["logs", "services"].includes(place) ? strip(item, place) : item] as const];
    });
    return Object.fromEntries(kept);
  };
  return { input: strip(definition, ""), off };
}

function serviceOf(
  type: ServiceType,
  { version, image, ports = {}, memory, scrapeInterval, environment, ...settings }: ServiceInput,
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
    scrapeInterval,
    environment: environment ?? {},
    settings,
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Without `by`, which is of use here alone. */
function invalid(faults: readonly StackFault[]): InvalidCodeError {
  return invalidStack(faults.map(({ by: _by, ...fault }) => fault));
}

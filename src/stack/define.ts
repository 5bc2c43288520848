import { InvalidCodeError } from "../errors.ts";
import { issuesOf, PARSING, pathText } from "../schema-issues.ts";
import {
  emptyFaults,
  environmentFaults,
  jobFaults,
  memoryFaults,
  portFaults,
  unusedFaults,
  type StackFault,
} from "./checks.ts";
import type { Stack, StackDefinition } from "./definition.ts";
import { SERVICE_NAMES, type ServiceName } from "./names.ts";
import { DefinitionSchema, type ServiceInput } from "./schema.ts";
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
  const parsed = DefinitionSchema.safeParse(input, PARSING);
  if (!parsed.success)
    throw invalid(
      issuesOf(parsed.error.issues).map(({ path, message }) => ({ path: pathText(path), message, ...hintFor(path) })),
    );
  const { data } = parsed;
  const { name } = data;
  const network = data.network ?? `${name}-monitoring`;
  const collects = (folder: string, path: string) => (off.has(path) ? undefined : folder);
  const { collector } = data.logs;
  const other: ServiceName = collector === "alloy" ? "promtail" : "alloy";
  const running = serviceTypes.filter((type) => !off.has(`services.${type.name}`) && type.name !== other);
  const stack: Stack = {
    name,
    network: typeof network === "string" ? { name: network, external: false } : network,
    bind: data.bind,
    environment: data.environment,
    scrapeInterval: data.scrapeInterval,
    evaluationInterval: data.evaluationInterval,
    backend: off.has("backend") ? undefined : data.backend,
    scrape: data.scrape,
    logs: {
      collector,
      containers: collects(data.logs.containers, "logs.containers"),
      application: collects(data.logs.application, "logs.application"),
      tenant: data.logs.tenant ?? name,
    },
    logRotation: data.logRotation,
    hostGateway: data.hostGateway,
    services: new Map(
      running.map((type) => [type.name, serviceOf(type, data.services[type.name], { name, registry: data.registry })]),
    ),
  };
  const faults = [
    ...emptyFaults(stack),
    ...portFaults(stack),
    ...jobFaults(stack),
    ...environmentFaults(stack),
    ...memoryFaults(stack),
    ...unusedFaults(given(definition, other), other, collector),
  ];
  if (faults.length > 0) throw invalid(faults);
  return stack;
}

/** Names of services are told; for the rest, the type tells what there is. */
function hintFor(path: readonly PropertyKey[]): { hint?: string } {
  const [first, name, ...rest] = path;
  const isUnknown =
    first === "services" && rest.length === 0 && !(SERVICE_NAMES as readonly PropertyKey[]).includes(name ?? "");
  return isUnknown && name !== undefined ? { hint: `The services are ${SERVICE_NAMES.join(", ")}.` } : {};
}

function given({ services }: StackDefinition, name: ServiceName): object | undefined {
  return services?.[name] || undefined;
}

/** A copy without what is `false`, and where that was. */
function withoutOff(definition: unknown): { input: unknown; off: ReadonlySet<string> } {
  const off = new Set<string>();
  const strip = (value: unknown, path: string): unknown => {
    if (!isObject(value)) return value;
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
  { name, registry }: { readonly name: string; readonly registry: string | undefined },
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

function invalid(faults: readonly StackFault[]): InvalidCodeError {
  return new InvalidCodeError(
    faults.map((fault) => ({ level: "error", ...fault })),
    { what: "the stack's definition", nothing: "nothing was started" },
  );
}

import type { ErrorCode } from "../util/error-codes.ts";
import { scrapeJobs } from "./context.ts";
import type { Stack, StackDefinition } from "./definition.ts";
import type { ServiceName } from "./names.ts";
import { ES_PASSWORD } from "./services/jaeger-storage.ts";
import { kibibytes } from "./settings.ts";

/** A fault in a stack definition. */
export interface StackFault {
  readonly code: ErrorCode;
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
  /** Other settings that this fault follows from. If one of them is invalid, the fault is not reported. */
  readonly by?: readonly string[];
}

export function emptyFaults({ services }: Stack): StackFault[] {
  if (services.size > 0) return [];
  const hint = "Enable at least one service.";
  return [{ code: "stack-no-services", path: "services", message: "all services are disabled", hint }];
}

/** Two services that publish the same host port. */
export function portFaults({ services }: Stack): StackFault[] {
  const taken = new Map<number, string>();
  const faults: StackFault[] = [];
  for (const { name, ports } of services.values()) {
    for (const [port, host] of Object.entries(ports)) {
      const path = `services.${name}.ports.${port}`;
      const other = taken.get(host);
      if (other === undefined) taken.set(host, path);
      else
        faults.push({
          code: "stack-port-conflict",
          path,
          message: `port ${host} is already published by ${other}`,
          hint: "Change one of the two ports.",
          by: [other],
        });
    }
  }
  return faults;
}

/** Prometheus rejects two jobs with the same name. */
export function jobFaults(stack: Stack): StackFault[] {
  const jobs = scrapeJobs({ ...stack, scrape: [] }).map(({ job_name }) => job_name);
  return stack.scrape.flatMap(({ job }, index) => {
    const isTaken = jobs.includes(job);
    jobs.push(job);
    if (!isTaken) return [];
    const [path, message, hint] = [`scrape[${index}].job`, `duplicate job name ${job}`, "Rename one of the two jobs."];
    return [{ code: "stack-job-duplicate", path, message, hint, by: ["backend.job"] }];
  });
}

/** Variable names that suggest a secret. `…__FILE` is not one: Grafana reads the value from that file. */
const SECRET =
  /(PASSWORD|PASSWD|PASSPHRASE|(^|_)PASS|_PWD|SECRET|TOKEN|(API|ACCESS|PRIVATE|SECRET|SIGNING|ENCRYPTION)_?KEY|CREDENTIALS?)$/i;

/** `redis://:password@host`, `postgres://user:password@host`. */
const WITH_PASSWORD = /:\/\/[^/?#\s]*:[^/?#\s]+@/;

/** Secrets that would be written to compose.yaml, and variables that the stack sets itself. */
export function environmentFaults({ services }: Stack): StackFault[] {
  return [...services.values()].flatMap(({ name, type, environment }) =>
    Object.entries(environment).flatMap(([variable, value]): StackFault[] => {
      const path = `services.${name}.environment.${variable}`;
      const instead = type.reserved?.[variable];
      if (instead !== undefined)
        return [
          { code: "stack-variable-reserved", path, message: "the stack sets this variable itself", hint: instead },
        ];
      const problem = typeof value === "string" ? secretIn(variable, value) : undefined;
      if (problem === undefined) return [];
      const hint = `Use env(${JSON.stringify(variable)}): the value is read when the stack starts.`;
      const message = `${problem} and would be written to compose.yaml`;
      return [{ code: "stack-secret-in-definition", path, message, hint }];
    }),
  );
}

function secretIn(variable: string, value: string): string | undefined {
  if (value !== "" && SECRET.test(variable)) return "is a secret";
  return WITH_PASSWORD.test(value) ? "contains a password" : undefined;
}

/** Without this check the container's memory limit would kill Redis before Redis reaches its own limit. */
export function memoryFaults({ services }: Stack): StackFault[] {
  const redis = services.get("redis");
  const maxMemory = (redis?.settings as { maxMemory?: string } | undefined)?.maxMemory;
  if (redis === undefined || maxMemory === undefined || kibibytes(maxMemory) < kibibytes(redis.memory)) return [];
  const path = "services.redis.maxMemory";
  const message = `${maxMemory} must be less than the container's memory limit of ${redis.memory}`;
  const hint = "Raise services.redis.memory, or lower services.redis.maxMemory.";
  return [{ code: "stack-redis-memory-exceeded", path, message, hint, by: ["services.redis.memory"] }];
}

/** Jaeger exits if Elasticsearch rejects a user without a password. */
export function elasticsearchFaults({ services }: Stack): StackFault[] {
  const jaeger = services.get("jaeger");
  const { storage } = (jaeger?.settings ?? {}) as {
    storage?: string | { username?: string; passwordFile?: string; elasticsearch?: string };
  };
  if (typeof storage !== "object" || storage.username === undefined || storage.passwordFile !== undefined) return [];
  if (storage.elasticsearch === undefined) return [];
  if (jaeger === undefined || Object.hasOwn(jaeger.environment, ES_PASSWORD)) return [];
  return [
    {
      code: "stack-elasticsearch-password-missing",
      path: `services.jaeger.environment.${ES_PASSWORD}`,
      message: `is missing: it is the password of the Elasticsearch user ${storage.username}`,
      hint: `Set services.jaeger.storage.passwordFile, or add environment: { ${ES_PASSWORD}: env("${ES_PASSWORD}") }.`,
      by: ["services.jaeger.storage"],
    },
  ];
}

/** Settings of the log collector that is not selected. */
export function collectorFaults(given: ReadonlySet<ServiceName>, other: ServiceName, collector: string): StackFault[] {
  if (!given.has(other)) return [];
  const message = `has settings, but logs.collector is "${collector}"; only one collector can run`;
  const hint = `Set logs.collector to "${other}", or remove these settings.`;
  return [{ code: "stack-collector-conflict", path: `services.${other}`, message, hint, by: ["logs.collector"] }];
}

/** Settings that contradict `backend`. */
export function backendFaults({ backend, logs, services }: StackDefinition): StackFault[] {
  const code = "stack-backend-conflict";
  const path = "services.fastapi-backend";
  const settings: unknown = services?.["fastapi-backend"];
  if (backend !== "example") {
    if (!settings) return [];
    const hint = 'Set backend: "example", or remove these settings.';
    return [{ code, path, message: 'has settings, but backend is not "example"', hint, by: ["backend"] }];
  }
  const faults: StackFault[] = [];
  if (settings === false)
    faults.push({ code, path, message: 'is disabled, but backend is "example"', hint: "Set backend: false instead." });
  if (typeof logs?.application === "string")
    faults.push({
      code,
      path: "logs.application",
      message: "is a directory on this machine, but the example backend writes its log files to a volume",
      hint: "Remove logs.application.",
    });
  return faults;
}

/** Settings of services whose dependency is disabled. */
export function dependencyFaults(
  given: ReadonlySet<ServiceName>,
  unmet: ReadonlyMap<ServiceName, ServiceName>,
): StackFault[] {
  return [...unmet].flatMap(([name, needed]) => {
    if (!given.has(name)) return [];
    const message = `requires ${needed}, which is disabled`;
    const hint = `Enable ${needed}, or disable ${name} too.`;
    return [{ code: "stack-dependency-off", path: `services.${name}`, message, hint }];
  });
}

import { scrapeJobs } from "./context.ts";
import type { Stack } from "./definition.ts";
import type { ServiceName } from "./names.ts";
import { ES_PASSWORD } from "./services/jaeger.ts";
import { kibibytes } from "./settings.ts";

/** One thing wrong with a definition, and where. */
export interface StackFault {
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
  /** Other places that it was found by. Where one of them is wrong itself, nothing is known. */
  readonly by?: readonly string[];
}

/** A compose file without a service is none. */
export function emptyFaults({ services }: Stack): StackFault[] {
  return services.size > 0 ? [] : [{ path: "services", message: "every service is turned off: nothing would run" }];
}

/** No two services on one port of the host. */
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
          path,
          message: `${host} is published by ${other} already`,
          hint: "Give one of them another port.",
          by: [other],
        });
    }
  }
  return faults;
}

/** Prometheus refuses two jobs of one name. */
export function jobFaults(stack: Stack): StackFault[] {
  const jobs = scrapeJobs({ ...stack, scrape: [] }).map(({ job_name }) => job_name);
  return stack.scrape.flatMap(({ job }, index) => {
    const isTaken = jobs.includes(job);
    jobs.push(job);
    return isTaken
      ? [{ path: `scrape[${index}].job`, message: `there is a job ${job} already`, by: ["backend.job"] }]
      : [];
  });
}

/** A name that somebody would look for a secret under. Grafana reads `…__FILE` from a file. */
const SECRET =
  /(PASSWORD|PASSWD|PASSPHRASE|(^|_)PASS|_PWD|SECRET|TOKEN|(API|ACCESS|PRIVATE|SECRET|SIGNING|ENCRYPTION)_?KEY|CREDENTIALS?)$/i;

/** `redis://:password@host`, `postgres://user:password@host`. */
const WITH_PASSWORD = /:\/\/[^/?#\s]*:[^/?#\s]+@/;

/** No secret stands in a file that is rendered, and nothing is given twice. */
export function environmentFaults({ services }: Stack): StackFault[] {
  return [...services.values()].flatMap(({ name, type, environment }) =>
    Object.entries(environment).flatMap(([variable, value]): StackFault[] => {
      const path = `services.${name}.environment.${variable}`;
      const instead = type.reserved?.[variable];
      if (instead !== undefined) return [{ path, message: "is set by the stack itself", hint: instead }];
      const problem = typeof value === "string" ? secretIn(variable, value) : undefined;
      if (problem === undefined) return [];
      const hint = `Write env(${JSON.stringify(variable)}), which is read when the stack is started.`;
      return [{ path, message: `${problem}, and would stand in compose.yaml`, hint }];
    }),
  );
}

function secretIn(variable: string, value: string): string | undefined {
  if (value !== "" && SECRET.test(variable)) return "is a secret";
  return WITH_PASSWORD.test(value) ? "holds a password" : undefined;
}

/** Redis would be ended by its container's limit before it comes to its own. */
export function memoryFaults({ services }: Stack): StackFault[] {
  const redis = services.get("redis");
  const most = (redis?.settings as { maxMemory?: string } | undefined)?.maxMemory;
  if (redis === undefined || most === undefined || kibibytes(most) < kibibytes(redis.memory)) return [];
  const message = `${most} is no less than the ${redis.memory} that its container has`;
  const hint = "Raise services.redis.memory, or lower it.";
  return [{ path: "services.redis.maxMemory", message, hint, by: ["services.redis.memory"] }];
}

/** A user of Elasticsearch without a password is refused there, and Jaeger ends. */
export function elasticsearchFaults({ services }: Stack): StackFault[] {
  const jaeger = services.get("jaeger");
  const { storage } = (jaeger?.settings ?? {}) as { storage?: string | { username?: string } };
  if (typeof storage !== "object" || storage.username === undefined) return [];
  if (jaeger === undefined || Object.hasOwn(jaeger.environment, ES_PASSWORD)) return [];
  return [
    {
      path: `services.jaeger.environment.${ES_PASSWORD}`,
      message: `is missing: the password of ${storage.username}`,
      hint: `Write environment: { ${ES_PASSWORD}: env("${ES_PASSWORD}") }.`,
      by: ["services.jaeger.storage"],
    },
  ];
}

/** Settings of the log collector that doesn't run. */
export function unusedFaults(given: ReadonlySet<ServiceName>, other: ServiceName, collector: string): StackFault[] {
  if (!given.has(other)) return [];
  const message = `has settings, but ${collector} collects the logs: two would send every line twice`;
  const hint = `Set logs.collector to "${other}", or take its settings away.`;
  return [{ path: `services.${other}`, message, hint, by: ["logs.collector"] }];
}

/** Settings of services that are of no use without another. */
export function uselessFaults(
  given: ReadonlySet<ServiceName>,
  useless: ReadonlyMap<ServiceName, ServiceName>,
): StackFault[] {
  return [...useless].flatMap(([name, needed]) => {
    if (!given.has(name)) return [];
    const message = `has settings, but is of no use without ${needed}, which is turned off`;
    return [{ path: `services.${name}`, message, hint: `Turn it off as well, or let ${needed} run.` }];
  });
}

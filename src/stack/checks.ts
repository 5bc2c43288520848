import { scrapeJobs } from "./context.ts";
import type { Stack } from "./definition.ts";
import type { ServiceName } from "./names.ts";
import { kibibytes } from "./settings.ts";

/** One thing wrong with a definition, and where. */
export interface StackFault {
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
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
    return isTaken ? [{ path: `scrape[${index}].job`, message: `there is a job ${job} already` }] : [];
  });
}

/** A name that somebody would look for a secret under. Grafana reads `…__FILE` from a file. */
const SECRET = /(PASSWORD|PASSWD|SECRET|TOKEN|API_?KEY|PRIVATE_?KEY|CREDENTIALS?)$/i;

/** No secret stands in a file that is rendered. */
export function environmentFaults({ services }: Stack): StackFault[] {
  return [...services.values()].flatMap(({ name, environment }) =>
    Object.entries(environment).flatMap(([variable, value]) =>
      typeof value === "string" && value !== "" && SECRET.test(variable)
        ? [
            {
              path: `services.${name}.environment.${variable}`,
              message: "is a secret, and would stand in compose.yaml",
              hint: `Write env(${JSON.stringify(variable)}), which is read when the stack is started.`,
            },
          ]
        : [],
    ),
  );
}

/** Redis would be ended by its container's limit before it comes to its own. */
export function memoryFaults({ services }: Stack): StackFault[] {
  const redis = services.get("redis");
  const most = (redis?.settings as { maxMemory?: string } | undefined)?.maxMemory;
  if (redis === undefined || most === undefined || kibibytes(most) < kibibytes(redis.memory)) return [];
  const message = `${most} is no less than the ${redis.memory} that its container has`;
  return [{ path: "services.redis.maxMemory", message, hint: "Raise services.redis.memory, or lower it." }];
}

/** Settings of the log collector that doesn't run. */
export function unusedFaults(given: object | undefined, other: ServiceName, collector: string): StackFault[] {
  if (given === undefined) return [];
  const message = `has settings, but ${collector} collects the logs: two would send every line twice`;
  return [{ path: `services.${other}`, message, hint: `Set logs.collector to "${other}", or take its settings away.` }];
}

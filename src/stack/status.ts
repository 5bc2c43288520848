import type { Stack } from "./definition.ts";
import { checkBackend, checkService, type ServiceHealth } from "./health.ts";
import { withHint } from "./target-hints.ts";
import { targetsOf, type Targets } from "./targets.ts";

/** How all of a stack is, asked from this machine. */
export interface StackStatus {
  /** The services in the order of the definition, and the application at the end. */
  readonly services: readonly ServiceHealth[];
  readonly targets: Targets;
  /** Nothing is down, and Prometheus sees all of its targets. What publishes no port counts by Prometheus' word alone. */
  readonly healthy: boolean;
}

/** Asks every service, the application, and Prometheus for its targets. Never throws. `timeout` in milliseconds. */
export async function stackStatus(stack: Stack, timeout: number): Promise<StackStatus> {
  const [services, backend, targets] = await Promise.all([
    Promise.all([...stack.services.values()].map((service) => checkService(service, stack, timeout))),
    checkBackend(stack, timeout),
    targetsOf(stack, timeout),
  ]);
  const all = backend === undefined ? services : [...services, backend];
  const seen =
    "problem" in targets ? targets : { targets: targets.targets.map((target) => withHint(target, stack, backend)) };
  // Without a Prometheus, or with one that publishes no port, there is nothing to be said of targets.
  const told = !("problem" in seen) || stack.services.get("prometheus")?.ports["http"] === undefined;
  const well = "problem" in seen ? told : seen.targets.every(({ state }) => state === "up");
  return { services: all, targets: seen, healthy: well && all.every(({ state }) => state !== "down") };
}

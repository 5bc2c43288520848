import type { Stack } from "./definition.ts";
import { checkBackend, checkService, type ServiceHealth } from "./health.ts";
import { hostClient, type StackPlace } from "./host-client.ts";
import { withHint } from "./target-hints.ts";
import { targetsOf, type Targets } from "./targets.ts";

/** Health of a stack, as seen from this machine. */
export interface StackStatus {
  /** All services in display order, then the application. */
  readonly services: readonly ServiceHealth[];
  readonly targets: Targets;
  /** Whether nothing is down and Prometheus can scrape all of its targets. A service with the state `unknown` is not down. */
  readonly healthy: boolean;
}

/**
 * Checks all services, the application and Prometheus' targets, each for at most `timeout` milliseconds. Does not throw, even if
 * nothing answers. For a stack with `access`, pass `place`: the password of the user `stack` is read from the stack's directories.
 */
export async function stackStatus(stack: Stack, timeout: number, place?: StackPlace): Promise<StackStatus> {
  const client = await hostClient(stack, place);
  const [services, backend, targets] = await Promise.all([
    Promise.all([...stack.services.values()].map((service) => checkService(service, stack, timeout, client))),
    checkBackend(stack, timeout),
    targetsOf(stack, timeout, client),
  ]);
  const all = backend === undefined ? services : [...services, backend];
  const hinted =
    "problem" in targets ? targets : { targets: targets.targets.map((target) => withHint(target, stack, backend)) };
  const targetsHealthy =
    "problem" in hinted
      ? // Targets don't count if Prometheus is disabled or not published.
        stack.services.get("prometheus")?.ports["http"] === undefined
      : hinted.targets.every(({ state }) => state === "up");
  return { services: all, targets: hinted, healthy: targetsHealthy && all.every(({ state }) => state !== "down") };
}

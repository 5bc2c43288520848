import { contextOf } from "./context.ts";
import type { Container } from "./containers.ts";
import type { Stack } from "./definition.ts";
import type { ServiceName } from "./names.ts";
import { secretChangedAt } from "./secret-files.ts";

/**
 * The running services that were started before a secret changed that they read only when they start. Compares times, so that
 * a run that is interrupted before the restart leaves it to the next one. `containers` has the containers by name.
 */
export async function outdatedServices(
  stack: Stack,
  out: string,
  containers: ReadonlyMap<string, Pick<Container, "status" | "startedAt">>,
): Promise<ServiceName[]> {
  const context = contextOf(stack);
  const outdated: ServiceName[] = [];
  for (const service of stack.services.values()) {
    const { secretsAtStart = [] } = service.type.parts(service, context);
    const container = containers.get(service.container);
    if (container?.status !== "running") continue;
    const changes = await Promise.all(secretsAtStart.map((name) => secretChangedAt(out, name)));
    if (changes.some((change) => change !== undefined && change > Date.parse(container.startedAt)))
      outdated.push(service.name);
  }
  return outdated;
}

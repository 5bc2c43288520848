import type { Stack } from "./definition.ts";
import type { ServiceHealth } from "./health.ts";
import type { TargetHealth } from "./targets.ts";

/** Go's messages for a failed connection. */
const UNREACHABLE = /connection refused|no route to host|network is unreachable|i\/o timeout|deadline exceeded/;
const UNRESOLVED = /lookup host\.docker\.internal\b/;

/** Adds a hint to the application's target from Prometheus' error and from the check on this machine, `local`. */
export function withHint(target: TargetHealth, { backend }: Stack, local: ServiceHealth | undefined): TargetHealth {
  if (target.state !== "down" || target.job !== backend?.job) return target;
  if (!backend.target.startsWith("host.docker.internal:")) return target;
  const { error = "" } = target;
  if (UNRESOLVED.test(error)) {
    const hint =
      "Containers cannot resolve host.docker.internal: set `hostGateway` in the stack definition to this machine's address on the container network.";
    return { ...target, hint };
  }
  if (!UNREACHABLE.test(error) || local?.state !== "up") return target;
  const hint =
    "The application is reachable from this machine but not from containers: make it listen on 0.0.0.0 instead of 127.0.0.1, and check the firewall.";
  return { ...target, hint };
}

import type { Stack } from "./definition.ts";
import type { ServiceHealth } from "./health.ts";
import type { TargetHealth } from "./targets.ts";

/** Go's words for a connection that isn't made. */
const UNREACHED = /connection refused|no route to host|network is unreachable|i\/o timeout|deadline exceeded/;
const UNKNOWN_NAME = /lookup host\.docker\.internal\b/;

/** Adds to the application's target what only both views together tell: Prometheus' own, and that of this machine. */
export function withHint(target: TargetHealth, { backend }: Stack, here: ServiceHealth | undefined): TargetHealth {
  if (target.state !== "down" || target.job !== backend?.job) return target;
  if (!backend.target.startsWith("host.docker.internal:")) return target;
  const { error = "" } = target;
  if (UNKNOWN_NAME.test(error)) {
    const hint =
      "The container engine gave host.docker.internal no address: set `hostGateway` in the definition to this machine's address on the containers' network.";
    return { ...target, hint };
  }
  if (!UNREACHED.test(error) || here?.state !== "up") return target;
  const hint =
    "It answers this machine, and no container: let it listen on 0.0.0.0 instead of 127.0.0.1, and look at the firewall.";
  return { ...target, hint };
}

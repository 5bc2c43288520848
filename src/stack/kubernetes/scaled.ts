import type { BuiltService } from "../compose.ts";
import type { Stack } from "../definition.ts";
import { collectorAgents } from "./collector-agents.ts";
import type { Component } from "./component.ts";
import { grafanaReplicas } from "./grafana-replicas.ts";
import { lokiScalable } from "./loki-scalable.ts";

/** A component, or why the definition does not allow it. */
type Possible = Component | { readonly missing: string };

/** The scaled-out variants of the services, as their authors describe them. */
export function scaledComponents(
  stack: Stack,
  built: readonly BuiltService[],
): { readonly components: readonly Component[]; readonly missing: readonly string[] } {
  const find = (name: string) => built.find(({ service }) => service.name === name);
  const all = [
    [find("grafana"), grafanaReplicas],
    [find("loki"), lokiScalable],
    [find("otel-collector"), collectorAgents],
  ] as const;
  const possible = all.flatMap(([service, make]): Possible[] => (service === undefined ? [] : [make(stack, service)]));
  return {
    components: possible.filter((one) => "name" in one),
    missing: possible.flatMap((one) => ("missing" in one ? [one.missing] : [])),
  };
}

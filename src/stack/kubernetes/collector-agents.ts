import type { BuiltService } from "../compose.ts";
import type { Stack } from "../definition.ts";
import { AGENT_FILE, agentConfiguration } from "../services/otel-collector-agent.ts";
import { configName, SERVER, workloadSelector } from "./names.ts";
import { peersPolicy } from "./network.ts";
import type { Component } from "./component.ts";
import { podsService, spreadOf, workloadOf } from "./workload.ts";

const AGENT = "agent";

/** A collector on each node, and several gateways: https://opentelemetry.io/docs/collector/deploy/gateway/ */
export function collectorAgents(stack: Stack, built: BuiltService): Component {
  const { service } = built;
  const agent = agentOf(built);
  const gateway = `${service.container}-gateway`;
  const port = service.type.ports["otlp-grpc"]?.container ?? 0;
  return {
    name: "collector-agents",
    does: "OpenTelemetry collector: an agent on each node sends to 2 gateways. All spans of a trace and all metrics of a service go to the same gateway",
    resources: [
      workloadOf(stack, agent, { name: agent.service.container, component: AGENT, replicas: 1 }),
      podsService(stack, built, {
        name: gateway,
        // Others are not ready for data.
        headless: "ready",
        component: SERVER,
        ports: [{ name: "otlp-grpc", port, targetPort: "otlp-grpc" }],
      }),
      peersPolicy(stack, built, [port]),
    ],
    configs: { [configName(agent.service)]: { [AGENT_FILE]: agentConfiguration(gateway, port, service.memory) } },
    patches: [
      // Applications connect to the agent of their node.
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: service.container },
        spec: { selector: workloadSelector(stack, service, AGENT), internalTrafficPolicy: "Local" },
      },
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: service.container },
        spec: { replicas: 2, template: { spec: { topologySpreadConstraints: spreadOf(stack, built, SERVER) } } },
      },
    ],
  };
}

/** The same collector with another configuration, which exports no metrics of applications. */
function agentOf({ service, context }: BuiltService): BuiltService {
  const { exporter: _gatewayOnly, ...ports } = service.type.ports;
  return {
    service: {
      ...service,
      container: `${service.container}-${AGENT}`,
      // The configuration of an agent uses none, and their Secret is that of the gateway.
      environment: {},
      type: { ...service.type, perNode: true, ports },
    },
    parts: {
      command: [`--config=/etc/otelcol/${AGENT_FILE}`],
      mounts: [{ type: "config", directory: AGENT, target: "/etc/otelcol" }],
    },
    configHash: undefined,
    context,
  };
}

import type { BuiltService } from "../compose.ts";
import type { Stack } from "../definition.ts";
import { SERVER } from "./names.ts";
import { peersPolicy } from "./network.ts";
import type { Component } from "./component.ts";
import { podsService, spreadOf } from "./workload.ts";

/** The port on which the alerting of several Grafanas agrees on who sends a notification. */
const PEERS = 9094;

/** https://grafana.com/docs/grafana/latest/alerting/set-up/configure-high-availability/ */
export function grafanaReplicas(stack: Stack, built: BuiltService): Component | { readonly missing: string } {
  const { service } = built;
  if (service.type.scales?.(service) !== true)
    return { missing: "Grafana has one replica, because SQLite is a file: set `services.grafana.database`." };
  const name = `${service.container}-peers`;
  const env = [
    { name: "POD_IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
    { name: "GF_UNIFIED_ALERTING_HA_LISTEN_ADDRESS", value: `$(POD_IP):${PEERS}` },
    { name: "GF_UNIFIED_ALERTING_HA_ADVERTISE_ADDRESS", value: `$(POD_IP):${PEERS}` },
    { name: "GF_UNIFIED_ALERTING_HA_PEERS", value: `${name}:${PEERS}` },
    { name: "GF_UNIFIED_ALERTING_HA_RECONNECT_TIMEOUT", value: "2m" },
  ];
  const ports = [
    { name: "peers-tcp", containerPort: PEERS, protocol: "TCP" },
    { name: "peers-udp", containerPort: PEERS, protocol: "UDP" },
  ];
  return {
    name: "grafana-replicas",
    does: "Grafana: 2 replicas, whose alerting agrees on who sends a notification",
    resources: [
      podsService(stack, built, {
        name,
        headless: "all",
        ports: ports.map(({ name: port, protocol }) => ({ name: port, port: PEERS, targetPort: port, protocol })),
      }),
      peersPolicy(stack, built, [PEERS], ["TCP", "UDP"]),
    ],
    patches: [
      {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: service.container },
        spec: {
          replicas: 2,
          template: {
            spec: {
              topologySpreadConstraints: spreadOf(stack, built, SERVER),
              containers: [{ name: service.name, env, ports }],
            },
          },
        },
      },
    ],
  };
}

import type { BuiltService } from "../compose.ts";
import type { Stack } from "../definition.ts";
import { GATEWAY } from "../discovery.ts";
import { gatewayFile, LOKI_GRPC, LOKI_MEMBERS, LOKI_PARTS, scalableConfiguration } from "../services/loki-scalable.ts";
import { proxy } from "../services/proxy.ts";
import { configName, workloadSelector } from "./names.ts";
import { peersPolicy } from "./network.ts";
import type { Component } from "./component.ts";
import { budgetOf, podsService, servicePorts, workloadOf } from "./workload.ts";

/** As many as store each line, so that one can be down. */
const REPLICAS = { read: 2, write: 3, backend: 2 } as const;

/** Loki in its mode "simple scalable": https://grafana.com/docs/loki/latest/get-started/deployment-modes/ */
export function lokiScalable(stack: Stack, built: BuiltService): Component | { readonly missing: string } {
  const { service, parts } = built;
  if (service.type.scales?.(service) !== true)
    return {
      missing:
        "Loki is one process, because its lines are on a volume: set `services.loki.storage: { s3: { bucket } }`, without `from`.",
    };
  const { container } = service;
  const port = service.type.ports["http"]?.container ?? 0;
  const nameOf = (part: string) => `${container}-${part}`;
  const members = nameOf("members");
  const scaled: BuiltService = {
    ...built,
    service: { ...service, type: { ...service.type, ports: { ...service.type.ports, ...INTERNAL } } },
  };
  const single = parts.files?.["loki/loki.yaml"] as Readonly<Record<string, unknown>>;
  return {
    name: "loki-scalable",
    does: "Loki: 2 readers, 3 writers and 2 backends that share the S3 store, and a gateway with Loki's address",
    resources: [
      ...LOKI_PARTS.flatMap((part) => [
        podsService(stack, scaled, { name: nameOf(part), component: part, ports: servicePorts(scaled) }),
        workloadOf(stack, part === "read" ? withoutData(scaled) : scaled, {
          name: nameOf(part),
          component: part,
          replicas: REPLICAS[part],
          args: [...(parts.command ?? []), `-target=${part}`],
        }),
        budgetOf(stack, scaled, nameOf(part), part),
      ]),
      podsService(stack, scaled, {
        name: members,
        headless: "all",
        ports: [{ name: "members", port: LOKI_MEMBERS, targetPort: "members" }],
      }),
      gatewayOf(stack, built),
      budgetOf(stack, built, nameOf(GATEWAY), GATEWAY),
      peersPolicy(stack, built, [port, LOKI_GRPC, LOKI_MEMBERS], ["TCP", "UDP"]),
    ],
    configs: {
      [configName({ container: nameOf(GATEWAY) })]: {
        Caddyfile: gatewayFile(port, (part) => `${nameOf(part)}:${port}`),
      },
    },
    replaces: {
      [configName(service)]: {
        "loki.yaml": scalableConfiguration(single, { members, backend: `${nameOf("backend")}:${port}` }),
      },
    },
    patches: [
      { apiVersion: "apps/v1", kind: "StatefulSet", metadata: { name: container }, $patch: "delete" },
      { apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: { name: container }, $patch: "delete" },
      {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: container },
        spec: { selector: workloadSelector(stack, service, GATEWAY) },
      },
    ],
  };
}

/** Readers keep nothing. */
function withoutData(built: BuiltService): BuiltService {
  const mounts = (built.parts.mounts ?? []).map((mount) =>
    mount.type === "volume" ? { ...mount, temporary: true } : mount,
  );
  return { ...built, parts: { ...built.parts, mounts } };
}

const INTERNAL = {
  grpc: { container: LOKI_GRPC, what: "requests of other parts" },
  members: { container: LOKI_MEMBERS, what: "membership" },
} as const;

function gatewayOf(stack: Stack, built: BuiltService) {
  const { service, context } = built;
  const container = `${service.container}-${GATEWAY}`;
  const { repository, version } = proxy.image;
  const image =
    stack.services.get("proxy")?.image ??
    `${stack.registry === undefined ? "" : `${stack.registry}/`}${repository}:${version}`;
  const gateway: BuiltService = {
    service: {
      ...service,
      container,
      image,
      memory: proxy.memory,
      // Those of Loki.
      environment: {},
      type: { ...service.type, user: proxy.user },
    },
    parts: {
      command: ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"],
      environment: { XDG_DATA_HOME: "/tmp", XDG_CONFIG_HOME: "/tmp" },
      mounts: [{ type: "config", directory: GATEWAY, target: "/etc/caddy" }],
      capabilities: ["NET_BIND_SERVICE"],
    },
    configHash: undefined,
    context,
  };
  return workloadOf(stack, gateway, { name: container, component: GATEWAY, replicas: 2 });
}

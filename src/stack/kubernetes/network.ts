import { datasourcesOf, contextOf } from "../context.ts";
import type { BuiltService } from "../compose.ts";
import { ingressPorts, proxiedPorts } from "../access.ts";
import type { Stack } from "../definition.ts";
import { SERVICE_NAMES, type ServiceName } from "../names.ts";
import type { PublishedPort } from "../service.ts";
import { labelsOf, selectorOf, CLIENT_LABEL, type Manifest } from "./names.ts";

/** A connection between two services, which a rendered configuration contains. */
export interface Edge {
  readonly from: ServiceName;
  readonly to: ServiceName;
  readonly port: number;
}

/** Ports for applications, which send telemetry and use Redis. */
const FOR_APPLICATIONS: Readonly<Partial<Record<ServiceName, readonly string[]>>> = {
  "otel-collector": ["otlp-grpc", "otlp-http"],
  redis: ["redis"],
};

/** Nothing is allowed except what the policies of the services add, and DNS. */
export function defaultPolicies(): Manifest[] {
  return [
    policy("default-deny", { podSelector: {}, policyTypes: ["Ingress", "Egress"] }),
    policy("allow-dns", {
      podSelector: {},
      policyTypes: ["Egress"],
      egress: [{ ports: [port(53, "UDP"), port(53, "TCP")] }],
    }),
  ];
}

/** Who connects to whom: the addresses that were used to render each service, and the datasources of Grafana. */
export function edgesOf(stack: Stack): Edge[] {
  const edges: Edge[] = [];
  for (const service of stack.services.values()) {
    const onAddress = (to: ServiceName, name: string) => {
      const found = stack.services.get(to)?.type.ports[name]?.container;
      if (found !== undefined && to !== service.name) edges.push({ from: service.name, to, port: found });
    };
    const context = contextOf(stack, { target: "kubernetes", onAddress });
    service.type.parts(service, context);
    if (service.name === "grafana") datasourcesOf(stack, context);
    if (service.name === "proxy") for (const { service: to, name } of proxiedPorts(context)) onAddress(to.name, name);
  }
  const order = (name: ServiceName) => SERVICE_NAMES.indexOf(name);
  const unique = new Map(edges.map((edge) => [`${edge.from} ${edge.to} ${edge.port}`, edge]));
  return [...unique.values()].toSorted(
    (a, b) => order(a.from) - order(b.from) || order(a.to) - order(b.to) || a.port - b.port,
  );
}

/** What a service may receive and send. */
export function policyOf(stack: Stack, built: BuiltService, edges: readonly Edge[]): Manifest {
  const { service, parts } = built;
  const other = (name: ServiceName) => ({ podSelector: { matchLabels: selectorOf(stack, { name }) } });
  const incoming = Map.groupBy(
    edges.filter(({ to }) => to === service.name),
    ({ from }) => from,
  );
  const outgoing = Map.groupBy(
    edges.filter(({ from }) => from === service.name),
    ({ to }) => to,
  );
  const receives = (FOR_APPLICATIONS[service.name] ?? []).flatMap((name) => service.type.ports[name]?.container ?? []);
  const published = publishedPorts(built);
  const outside = parts.connectsOutside ?? parts.connectsToHost ?? false;
  return policy(
    service.container,
    {
      podSelector: { matchLabels: selectorOf(stack, service) },
      policyTypes: ["Ingress", "Egress"],
      ingress: [
        ...[...incoming].map(([from, list]) => ({ from: [other(from)], ports: list.map((edge) => port(edge.port)) })),
        ...(receives.length > 0
          ? [
              {
                from: [{ namespaceSelector: { matchLabels: { [CLIENT_LABEL]: stack.name } } }],
                ports: receives.map((number) => port(number)),
              },
            ]
          : []),
        // An ingress controller can run anywhere. These ports have credentials.
        ...(published.length > 0 ? [{ ports: published.map((number) => port(number)) }] : []),
      ],
      egress: [
        ...[...outgoing].map(([to, list]) => ({ to: [other(to)], ports: list.map((edge) => port(edge.port)) })),
        // Addresses of the definition are host names, which policies can't contain.
        ...(outside ? [{}] : []),
      ],
    },
    labelsOf(stack, service),
  );
}

/** The ports of the pods of a service that the Ingress leads to. */
function publishedPorts({ service, context }: BuiltService): number[] {
  return ingressPorts(context)
    .map(backendOf)
    .flatMap((backend) => (backend.service === service.name ? [backend.port] : []));
}

/** Where an Ingress leads to for a published port: services without a login of their own are behind the proxy. */
export function backendOf({ service, name, host }: PublishedPort): {
  readonly service: ServiceName;
  readonly port: number;
} {
  if (service.type.guard === undefined) return { service: "proxy", port: host };
  return { service: service.name, port: service.type.ports[name]?.container ?? host };
}

/** A policy that lets the pods of a service connect to each other. */
export function peersPolicy(
  stack: Stack,
  { service }: BuiltService,
  ports: readonly number[],
  protocols = ["TCP"],
): Manifest {
  const selector = { podSelector: { matchLabels: selectorOf(stack, service) } };
  const open = ports.flatMap((number) => protocols.map((protocol) => port(number, protocol)));
  return policy(
    `${service.container}-peers`,
    {
      podSelector: { matchLabels: selectorOf(stack, service) },
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ from: [selector], ports: open }],
      egress: [{ to: [selector], ports: open }],
    },
    labelsOf(stack, service),
  );
}

function port(number: number, protocol = "TCP"): object {
  return { protocol, port: number };
}

export function policy(name: string, spec: object, labels?: object): Manifest {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name, ...(labels === undefined ? {} : { labels }) },
    spec,
  };
}

import type { BuiltService } from "../compose.ts";
import type { Stack } from "../definition.ts";
import { labelsOf, loginName, SCRAPE_LABEL, selectorOf, type Manifest } from "./names.ts";
import { policy } from "./network.ts";
import type { Component } from "./component.ts";

/** ServiceMonitors for a Prometheus of the Prometheus Operator in another namespace. */
export function serviceMonitors(stack: Stack, built: readonly BuiltService[]): Component {
  const scraped = built.flatMap((one) => {
    const ports = scrapedPorts(one);
    return ports.length === 0 ? [] : [{ one, ports }];
  });
  return {
    name: "service-monitors",
    does: `ServiceMonitors for the Prometheus Operator, in namespaces with the label \`${SCRAPE_LABEL}: ${stack.name}\``,
    resources: scraped.flatMap(({ one, ports }): Manifest[] => [
      monitorOf(stack, one, ports),
      policy(`${one.service.container}-scrape`, {
        podSelector: { matchLabels: selectorOf(stack, one.service) },
        policyTypes: ["Ingress"],
        ingress: [
          {
            from: [{ namespaceSelector: { matchLabels: { [SCRAPE_LABEL]: stack.name } } }],
            ports: ports.map(({ number }) => ({ protocol: "TCP", port: number })),
          },
        ],
      }),
    ]),
  };
}

interface Scraped {
  readonly name: string;
  readonly number: number;
  readonly path: string;
}

/** The ports with metrics of the service itself. */
function scrapedPorts({ service, context }: BuiltService): Scraped[] {
  const jobs = service.type.scrape?.(service, context) ?? [];
  return jobs.flatMap(({ relabel_configs: indirect, static_configs: [first], metrics_path: path = "/metrics" }) => {
    const number = Number(first?.targets[0]?.replace(/^.*:/, ""));
    const name = Object.entries(service.type.ports).find(([, { container }]) => container === number)?.[0];
    return indirect !== undefined || name === undefined ? [] : [{ name, number, path }];
  });
}

function monitorOf(stack: Stack, { service, context }: BuiltService, ports: readonly Scraped[]): Manifest {
  const { guard } = service.type;
  const needsLogin = context.access !== undefined && (guard === "web" || guard === "login");
  const login = (key: string) => ({ name: loginName(stack), key });
  return {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "ServiceMonitor",
    metadata: { name: service.container, labels: labelsOf(stack, service) },
    spec: {
      selector: { matchLabels: selectorOf(stack, service) },
      endpoints: ports.map(({ name, path }) => ({
        port: name,
        path,
        ...(needsLogin ? { basicAuth: { username: login("username"), password: login("password") } } : {}),
      })),
    },
  };
}

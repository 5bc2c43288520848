import { isAbsolute } from "node:path";
import { ingressPorts } from "../access.ts";
import type { BuiltService } from "../compose.ts";
import type { Stack } from "../definition.ts";
import { bullets, markdownTable } from "../readme.ts";
import { ingressHost } from "../target.ts";
import { givenSecrets } from "./secrets.ts";
import { CLIENT_LABEL } from "./names.ts";
import type { Component } from "./component.ts";
import { claimedVolumes } from "./pod.ts";

export interface Described {
  readonly components: readonly Component[];
  /** Why others are not rendered. */
  readonly missing: readonly string[];
  /** Those that no overlay uses by itself. */
  readonly optional: readonly Component[];
}

/** The description of the directory. */
export function kubernetesReadme(
  stack: Stack,
  built: readonly BuiltService[],
  { components, missing, optional }: Described,
): string {
  const secrets = givenSecrets(stack, built).map(({ file, from }) => [`\`base/secrets/${file}\``, from]);
  const { namespace } = stack.kubernetes;
  const replaced = components.flatMap(({ patches = [] }) =>
    patches.flatMap((patch) => {
      const { $patch, kind, metadata } = patch as { $patch?: string; kind: string; metadata: { name: string } };
      return $patch === "delete" ? [`\`${kind}/${metadata.name}\``] : [];
    }),
  );
  const [first] = built;
  const access = first?.context.access;
  const published = first === undefined || access === undefined ? [] : ingressPorts(first.context);
  const grafana = stack.services.get("grafana");
  return `# ${stack.name}-monitoring on Kubernetes

Requires Kubernetes 1.25 or later, a network plugin that supports NetworkPolicies, and a storage class.

## Deploy

\`\`\`sh
kubectl apply --server-side -k overlays/single
\`\`\`

${secrets.length === 0 ? "" : `Kustomize reads these secrets from files, which must end without a line break. \`stack:render --target kubernetes --secrets\` writes those that are missing.\n\n${markdownTable(["file", "content"], secrets)}\n\n`}| overlay | what it runs |
| --- | --- |
| \`overlays/single\` | one replica of each service |
| \`overlays/scaled\` | ${components.length === 0 ? "the same" : components.map(({ does }) => does).join("; ")} |

${missing.length === 0 ? "" : `${bullets(missing)}\n\n`}\`kubectl apply\` deletes nothing. ${replaced.length === 0 ? "Delete former ConfigMaps and Secrets yourself" : `After a change from \`single\` to \`scaled\`, delete ${replaced.join(" and ")}. Also delete former ConfigMaps and Secrets`}, or let a tool such as Argo CD or Flux apply the overlay.

For your own settings, write an overlay with \`resources: [../scaled]\` and patches in a directory of your own: changes in these files are lost. Components that an overlay can add:

${markdownTable(
  ["component", "what it adds"],
  optional.map(({ name, does }) => [`\`components/${name}\``, does]),
)}

## Access

${
  published.length > 0 && access !== undefined
    ? `The Ingress publishes these hosts, so its certificate must be valid for \`*.${access.host}\`. It leads to the proxy, or to services with a login.\n\n${bullets(published.map(({ service, name }) => `\`https://${ingressHost(service.type, name, access)}/\`: ${service.type.title}`))}`
    : `Without \`access\`, nothing is published.${grafana === undefined ? "" : ` To open Grafana:\n\n\`\`\`sh\nkubectl -n ${namespace} port-forward service/${grafana.container} 3000\n\`\`\``}`
}

Namespaces whose applications send telemetry to the collector or use Redis need a label:

\`\`\`sh
kubectl label namespace NAMESPACE ${CLIENT_LABEL}=${stack.name}
\`\`\`

## Differences from Docker Compose

${bullets(differences(stack, built))}
`;
}

function differences(stack: Stack, built: readonly BuiltService[]): string[] {
  const { application, containers } = stack.logs;
  const collects = built.some(({ service }) => service.name === stack.logs.collector);
  const root = built.filter(({ service }) => service.type.user === 0).map(({ service }) => `\`${service.name}\``);
  const claims = built.flatMap((one) => claimedVolumes(one));
  return [
    "Connections between services have no TLS: only the Ingress has a certificate. Use the encryption of the network plugin, or a service mesh.",
    "OTLP over gRPC and Redis can be reached only inside of the cluster, because an Ingress is for HTTP.",
    ...(collects && containers !== undefined
      ? [
          'The log collector reads `/var/log/pods`. Lines have the labels `job="kubernetes"`, `namespace`, `pod` and `container`.',
        ]
      : []),
    ...(collects && application !== undefined && "directory" in application && !isAbsolute(application.directory)
      ? [
          `\`logs.application\`: \`${application.directory}\` is a directory of this machine. Set an absolute path that exists on each node.`,
        ]
      : []),
    ...(root.length > 0
      ? [
          `${root.join(", ")} runs as root, without capabilities, because only root can read the log files of containers.`,
        ]
      : []),
    ...(claims.length > 0
      ? [
          `Volumes (${claims.map((name) => `\`${name}\``).join(", ")}) are kept when the stack is deleted: delete the PersistentVolumeClaims to delete the data.`,
        ]
      : []),
    ...(stack.services.has("prometheus")
      ? [
          "Prometheus and Alertmanager have one replica. For more data than one Prometheus can store, `services.prometheus.remoteWrite` sends it to Mimir or Thanos, which their own charts install.",
        ]
      : []),
    "`limits`, `logRotation`, `bind`, `ports` and `network` are settings of containers on one machine: the kubelet and the Ingress decide here.",
  ];
}

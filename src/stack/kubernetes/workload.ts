import type { BuiltService } from "../compose.ts";
import type { Stack } from "../definition.ts";
import type { ServiceName } from "../names.ts";
import { labelsOf, selectorOf, workloadSelector, SERVER, type Manifest } from "./names.ts";
import { claimedVolumes, podOf, portsOf, type Variant } from "./pod.ts";
import { quantity } from "./quantities.ts";

/** Default sizes of claimed volumes. */
const SIZES: Readonly<Partial<Record<ServiceName, string>>> = {
  prometheus: "50Gi",
  loki: "50Gi",
  jaeger: "50Gi",
  grafana: "5Gi",
};

/** The size of other volumes. */
const SMALL = "2Gi";

/** A workload of a scaled-out service. */
export interface Scaled extends Variant {
  readonly name: string;
  readonly replicas: number;
}

/** The Service, the workload and the disruption budget of a service. */
export function manifestsOf(stack: Stack, built: BuiltService): Manifest[] {
  const { service } = built;
  const { container: name } = service;
  return [
    serviceOf(stack, built),
    workloadOf(stack, built, { name, replicas: 1, component: SERVER }),
    ...(service.type.perNode === true ? [] : [budgetOf(stack, built, name, SERVER)]),
  ];
}

/** Its name is the address of the service for others, in every target. */
function serviceOf(stack: Stack, built: BuiltService): Manifest {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: built.service.container, labels: labelsOf(stack, built.service) },
    spec: { selector: selectorOf(stack, built.service), ports: servicePorts(built) },
  };
}

export function servicePorts(built: BuiltService): object[] {
  return portsOf(built).map(({ name, containerPort }) => ({ name, port: containerPort, targetPort: name }));
}

/** A Service for some pods of a service. */
interface PodsService {
  readonly name: string;
  /** Default: all pods. */
  readonly component?: string;
  readonly ports: readonly object[];
  /** Its name has an address for each pod. `ready`: only for those that are ready. */
  readonly headless?: "all" | "ready";
}

export function podsService(
  stack: Stack,
  { service }: BuiltService,
  { name, component, ports, headless }: PodsService,
): Manifest {
  const selector = component === undefined ? selectorOf(stack, service) : workloadSelector(stack, service, component);
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, labels: labelsOf(stack, service) },
    spec: {
      ...(headless === undefined ? {} : { clusterIP: "None" }),
      ...(headless === "all" ? { publishNotReadyAddresses: true } : {}),
      selector,
      ports,
    },
  };
}

/** A DaemonSet for a service on each node, a StatefulSet for one with data, otherwise a Deployment. */
export function workloadOf(stack: Stack, built: BuiltService, { name, replicas, ...variant }: Scaled): Manifest {
  const { service } = built;
  const claims = claimedVolumes(built);
  const kind = service.type.perNode === true ? "DaemonSet" : claims.length > 0 ? "StatefulSet" : "Deployment";
  const template = podOf(stack, built, variant);
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { name, labels: { ...labelsOf(stack, service), ...workloadSelector(stack, service, variant.component) } },
    spec: {
      ...(kind === "DaemonSet" ? {} : { replicas }),
      revisionHistoryLimit: 3,
      selector: { matchLabels: workloadSelector(stack, service, variant.component) },
      ...(kind === "Deployment"
        ? { strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } }
        : { updateStrategy: { type: "RollingUpdate" } }),
      ...(kind === "StatefulSet" ? { serviceName: name, podManagementPolicy: "Parallel" } : {}),
      template: replicas > 1 ? { ...template, spec: spread(stack, built, template.spec, variant.component) } : template,
      ...(kind === "StatefulSet" ? { volumeClaimTemplates: claims.map((claim) => claimOf(stack, built, claim)) } : {}),
    },
  };
}

/** Prefers different nodes for the pods of a workload. */
export function spreadOf(stack: Stack, { service }: BuiltService, component: string): object[] {
  return [
    {
      maxSkew: 1,
      topologyKey: "kubernetes.io/hostname",
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels: workloadSelector(stack, service, component) },
    },
  ];
}

function spread(stack: Stack, built: BuiltService, spec: Record<string, unknown>, component: string): object {
  return { ...spec, topologySpreadConstraints: spreadOf(stack, built, component) };
}

/** A drain of a node takes at most one pod at a time. */
export function budgetOf(stack: Stack, { service }: BuiltService, name: string, component: string): Manifest {
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name, labels: labelsOf(stack, service) },
    spec: { maxUnavailable: 1, selector: { matchLabels: workloadSelector(stack, service, component) } },
  };
}

function claimOf({ kubernetes }: Stack, { service }: BuiltService, name: string): object {
  const given = kubernetes.volumes[service.name];
  const size = given === undefined ? (SIZES[service.name] ?? SMALL) : quantity(given);
  return {
    metadata: { name },
    spec: {
      accessModes: ["ReadWriteOnce"],
      ...(kubernetes.storageClass === undefined ? {} : { storageClassName: kubernetes.storageClass }),
      resources: { requests: { storage: size } },
    },
  };
}

import type { BuiltService } from "../compose.ts";
import type { Stack } from "../definition.ts";
import type { Check, Mount, ServiceParts } from "../service.ts";
import { hostAddressIn } from "../target-faults.ts";
import { configName, labelsOf, secretsName, SERVER, variableFile, workloadSelector } from "./names.ts";
import { halfOf, millicpus, quantity } from "./quantities.ts";

/** CPU that the scheduler reserves for each container. */
const CPU_REQUEST = "100m";

/** How a workload differs from the base. */
export interface Variant {
  readonly component: string;
  readonly args?: readonly string[];
}

/** The template of a service's pods. `claims` are its volumes that a StatefulSet claims. */
export function podOf(
  stack: Stack,
  built: BuiltService,
  { component, args }: Variant = { component: SERVER },
): { readonly metadata: object; readonly spec: Record<string, unknown> } {
  const { service, parts } = built;
  const { type } = service;
  const host = parts.connectsToHost === true ? hostAddressIn(stack) : undefined;
  const mounts = mountsOf(stack, built);
  const isRoot = type.user === 0;
  const discovers = service.name === "prometheus";
  return {
    metadata: { labels: { ...labelsOf(stack, service), ...workloadSelector(stack, service, component) } },
    spec: {
      // Prometheus finds pods through the API server.
      ...(discovers ? { serviceAccountName: service.container } : {}),
      automountServiceAccountToken: discovers,
      enableServiceLinks: false,
      ...(parts.hostProcesses === true
        ? { hostNetwork: true, hostPID: true, dnsPolicy: "ClusterFirstWithHostNet" }
        : {}),
      ...(type.perNode === true ? { tolerations: [{ operator: "Exists" }] } : {}),
      ...(host === undefined ? {} : { hostAliases: [{ ip: host, hostnames: ["host.docker.internal"] }] }),
      securityContext: {
        ...(isRoot ? {} : { runAsNonRoot: true }),
        runAsUser: type.user,
        runAsGroup: type.user,
        ...(isRoot ? {} : { fsGroup: type.user, fsGroupChangePolicy: "OnRootMismatch" }),
        seccompProfile: { type: "RuntimeDefault" },
      },
      containers: [
        {
          name: service.name,
          image: service.image,
          ...argumentsOf(args ?? parts.command),
          ...environmentOf(built),
          ports: portsOf(built),
          ...probesOf(built),
          resources: {
            requests: { cpu: CPU_REQUEST, memory: halfOf(service.memory) },
            limits: {
              memory: quantity(service.memory),
              ...(service.cpus === undefined ? {} : { cpu: millicpus(Math.max(service.cpus, 0.1)) }),
            },
          },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"], ...(parts.capabilities ? { add: parts.capabilities } : {}) },
          },
          volumeMounts: mounts.map(({ mount }) => mount),
        },
      ],
      volumes: mounts.flatMap(({ volume }) => (volume === undefined ? [] : [volume])),
    },
  };
}

/** The volumes of a service with data that must survive its pods. */
export function claimedVolumes({ service, parts }: Pick<BuiltService, "service" | "parts">): string[] {
  if (service.type.perNode === true) return [];
  return (parts.mounts ?? []).flatMap((mount) =>
    mount.type === "volume" && mount.temporary !== true ? [mount.name] : [],
  );
}

/** `$(NAME)` is a reference and `$$` is `$` in arguments and values of variables. */
function literal(text: string): string {
  return text.replaceAll("$", "$$$$");
}

function argumentsOf(args: readonly string[] | undefined): { args?: string[] } {
  return args === undefined ? {} : { args: args.map(literal) };
}

function environmentOf({ service, parts }: BuiltService): { env?: object[] } {
  const own = Object.entries(parts.environment ?? {}).map(([name, value]) => ({ name, value: literal(value) }));
  const given = Object.entries(service.environment).map(([name, value]) =>
    typeof value === "string"
      ? { name, value: literal(value) }
      : { name, valueFrom: { secretKeyRef: { name: secretsName(service), key: variableFile(value.variable) } } },
  );
  const env = [...own.filter(({ name }) => !Object.hasOwn(service.environment, name)), ...given];
  return env.length > 0 ? { env } : {};
}

/** All ports that a container listens on. */
export function portsOf({ service, parts }: BuiltService): { name: string; containerPort: number }[] {
  const own = Object.entries(service.type.ports).map(([name, { container }]) => ({ name, containerPort: container }));
  return [...own, ...(parts.publishes ?? []).map((port) => ({ name: `port-${port}`, containerPort: port }))];
}

/** The readiness probe is the same health check as elsewhere. Kubernetes restarts a container only if it no longer accepts connections. */
function probesOf({ service, parts, context }: BuiltService): object {
  const { type } = service;
  const action = actionOf(type.check, parts, context.access !== undefined && type.guard === "web");
  return {
    // Not the readiness check: Prometheus reads its log before it is ready, and must not be restarted meanwhile.
    startupProbe: { tcpSocket: { port: type.main }, periodSeconds: 5, timeoutSeconds: 5, failureThreshold: 120 },
    readinessProbe: { ...action, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 },
    livenessProbe: { tcpSocket: { port: type.main }, periodSeconds: 20, timeoutSeconds: 5, failureThreshold: 6 },
  };
}

function actionOf(check: Check, { probe }: ServiceParts, needsLogin: boolean): object {
  if (check.type === "http" && !needsLogin) return { httpGet: { path: check.path, port: check.port } };
  const command = typeof probe === "string" ? ["sh", "-c", probe] : (probe ?? []);
  return { exec: { command } };
}

interface Mounted {
  readonly mount: object;
  /** Undefined if a StatefulSet claims it. */
  readonly volume?: object;
}

function mountsOf(stack: Stack, built: BuiltService): Mounted[] {
  const { service, parts } = built;
  const { mounts = [], secrets = [] } = parts;
  const keys = secrets.map((secret) => (typeof secret === "string" ? secret : secret.name));
  const items = keys.map((key) => ({ key, path: key }));
  return [
    ...mounts.map((mount, index) => mountedOf(stack, built, mount, index)),
    ...(keys.length > 0
      ? [
          {
            mount: { name: "secrets", mountPath: "/run/secrets", readOnly: true },
            volume: { name: "secrets", secret: { secretName: secretsName(service), defaultMode: 0o440, items } },
          },
        ]
      : []),
    ...(mounts.some(({ target }) => target === "/tmp")
      ? []
      : [{ mount: { name: "tmp", mountPath: "/tmp" }, volume: { name: "tmp", emptyDir: {} } }]),
  ];
}

function mountedOf(stack: Stack, { service, parts }: BuiltService, mount: Mount, index: number): Mounted {
  if (mount.type === "config") {
    return {
      mount: { name: "config", mountPath: mount.target, readOnly: true },
      volume: { name: "config", configMap: { name: configName(service) } },
    };
  }
  if (mount.type === "host") {
    const name = `host-${index}`;
    return {
      mount: {
        name,
        mountPath: mount.target,
        readOnly: true,
        ...(parts.hostProcesses === true ? { mountPropagation: "HostToContainer" } : {}),
      },
      volume: { name, hostPath: { path: mount.path } },
    };
  }
  const place = { name: mount.name, mountPath: mount.target };
  if (claimedVolumes({ service, parts }).includes(mount.name)) return { mount: place };
  if (service.type.perNode !== true) return { mount: place, volume: { name: mount.name, emptyDir: {} } };
  const path = `/var/lib/${stack.name}-monitoring/${mount.name}`;
  return { mount: place, volume: { name: mount.name, hostPath: { path, type: "DirectoryOrCreate" } } };
}

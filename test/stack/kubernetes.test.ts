import { execFile, spawnSync } from "node:child_process";
import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join, posix } from "node:path";
import { promisify } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { env } from "../../src/index.ts";
import { defineStack, renderStack, stackDatasources, type StackDefinition } from "../../src/stack/index.ts";
import { InvalidCodeError } from "../../src/util/errors.ts";
import { testProject, type TestProject } from "../helpers/cli.ts";
import { GENERATED, runs } from "../helpers/seed.ts";
import { definitions, VARIABLE } from "./arbitraries.ts";
import { COMPLETE } from "./production.ts";

const run = promisify(execFile);
const PLACE = { directory: "/project", out: "/project/.grafana-provision/kubernetes", target: "kubernetes" } as const;

type Labels = Readonly<Record<string, string>>;

interface Container {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: object }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly resources: { readonly requests: Labels; readonly limits: Labels };
  readonly securityContext: object;
  readonly readinessProbe: object;
}

interface PodSpec {
  readonly automountServiceAccountToken: boolean;
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly securityContext: Readonly<Record<string, unknown>>;
  readonly containers: readonly Container[];
  readonly volumes: readonly {
    readonly name: string;
    readonly configMap?: { readonly name: string };
    readonly secret?: { readonly secretName: string; readonly items: readonly { readonly key: string }[] };
    readonly hostPath?: { readonly path: string };
  }[];
}

interface Workload {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Labels };
  readonly spec: {
    readonly replicas?: number;
    readonly selector: { readonly matchLabels: Labels };
    readonly template: { readonly metadata: { readonly labels: Labels }; readonly spec: PodSpec };
    readonly volumeClaimTemplates?: readonly {
      readonly metadata: { readonly name: string };
      readonly spec: { readonly storageClassName?: string; readonly resources: { readonly requests: Labels } };
    }[];
  };
}

interface Rule {
  readonly from?: readonly {
    readonly podSelector?: { readonly matchLabels: Labels };
    readonly namespaceSelector?: object;
  }[];
  readonly to?: Rule["from"];
  readonly ports?: readonly { readonly port: number }[];
}

interface Policy {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly podSelector: { readonly matchLabels?: Labels };
    readonly policyTypes: readonly string[];
    readonly ingress?: readonly Rule[];
    readonly egress?: readonly Rule[];
  };
}

interface Service {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly selector: Labels;
    readonly ports: readonly { readonly port: number; readonly targetPort: string }[];
  };
}

interface Generator {
  readonly name: string;
  readonly type?: string;
  readonly files: readonly string[];
}

interface Kustomization {
  readonly namespace: string;
  readonly resources?: readonly string[];
  readonly components?: readonly string[];
  readonly patches?: readonly { readonly path: string }[];
  readonly configMapGenerator?: readonly Generator[];
  readonly secretGenerator?: readonly Generator[];
}

type Manifest = { readonly kind: string; readonly metadata: { readonly name: string } };

/** An application outside of the stack that pods can reach. */
const BASE: StackDefinition = { backend: { target: "api.apps:8009" } };

const { from: _later, ...S3 } = COMPLETE.services.loki.storage.s3;

/** All settings for production, without addresses that only exist with Docker Compose. */
const PRODUCTION: StackDefinition = {
  ...COMPLETE,
  backend: { ...COMPLETE.backend, target: "api.apps:8009" },
  kubernetes: { storageClass: "fast", ingressClass: "nginx", volumes: { prometheus: "100g" } },
  services: {
    ...COMPLETE.services,
    grafana: { ...COMPLETE.services.grafana, environment: { GF_SMTP_PASSWORD: env(VARIABLE) } },
    loki: { ...COMPLETE.services.loki, storage: { s3: S3 }, environment: { GOMEMLIMIT: env(VARIABLE) } },
    "otel-collector": { ...COMPLETE.services["otel-collector"], environment: { GOMEMLIMIT: env(VARIABLE) } },
    alertmanager: {
      ...COMPLETE.services.alertmanager,
      receivers: { ...COMPLETE.services.alertmanager.receivers, backend: { webhook: "http://api.apps:8009/alerts" } },
    },
  },
};

/** The same with a certificate that the cluster obtains. */
const ACME: StackDefinition = {
  ...PRODUCTION,
  access: { ...COMPLETE.access, tls: { acme: { email: "ops@example.org" } } },
  services: { ...PRODUCTION.services, redis: { ports: { redis: false } } },
};

function rendered(definition: StackDefinition): ReadonlyMap<string, string> {
  return renderStack(defineStack(definition), PLACE);
}

function documents(text: string): Manifest[] {
  return parseAllDocuments(text).map((one) => one.toJS() as Manifest);
}

/** The manifests of the base. */
function manifestsOf(files: ReadonlyMap<string, string>): Manifest[] {
  const { resources = [] } = parse(files.get("base/kustomization.yaml") ?? "") as Kustomization;
  return resources.flatMap((path) => documents(files.get(`base/${path}`) ?? ""));
}

const WORKLOADS = new Set(["Deployment", "StatefulSet", "DaemonSet"]);

function ofKind<Type>(manifests: readonly Manifest[], ...kinds: string[]): Type[] {
  return manifests.filter(({ kind }) => kinds.includes(kind)) as unknown as Type[];
}

const workloadsOf = (manifests: readonly Manifest[]) => ofKind<Workload>(manifests, ...WORKLOADS);

function matches(labels: Labels, selector: Labels): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

const serviceOf = ({ metadata }: Workload) => metadata.labels["app.kubernetes.io/name"] ?? "";

function faultsOf(definition: StackDefinition): Record<string, string | undefined> {
  try {
    rendered(definition);
  } catch (error) {
    if (!(error instanceof InvalidCodeError)) throw error;
    return Object.fromEntries(error.faults.map(({ path = "", code }) => [path, code]));
  }
  return {};
}

describe("the manifests", () => {
  const manifests = manifestsOf(rendered(BASE));

  test("have a StatefulSet for a service with data, a DaemonSet for one on each node, otherwise a Deployment", () => {
    const kinds = (list: readonly Manifest[]) =>
      Object.fromEntries(workloadsOf(list).map((one) => [serviceOf(one), one.kind]));
    expect(kinds(manifests)).toEqual({
      prometheus: "StatefulSet",
      grafana: "StatefulSet",
      loki: "StatefulSet",
      alloy: "DaemonSet",
      "otel-collector": "Deployment",
      jaeger: "Deployment",
      redis: "StatefulSet",
      "redis-exporter": "Deployment",
      alertmanager: "StatefulSet",
      "node-exporter": "DaemonSet",
      "blackbox-exporter": "Deployment",
    });
    expect(kinds(manifestsOf(rendered(PRODUCTION)))).toMatchObject({
      grafana: "Deployment",
      jaeger: "StatefulSet",
      loki: "StatefulSet",
      proxy: "Deployment",
    });
  });

  test("claim volumes with the class and the sizes of the definition", () => {
    const claims = (list: readonly Manifest[]) =>
      workloadsOf(list).flatMap(({ spec }) =>
        (spec.volumeClaimTemplates ?? []).map(({ metadata, spec: { resources, storageClassName } }) => [
          metadata.name,
          `${resources.requests["storage"]} ${storageClassName ?? "default"}`,
        ]),
      );
    expect(Object.fromEntries(claims(manifests))).toEqual({
      "prometheus-data": "50Gi default",
      "grafana-data": "5Gi default",
      "loki-data": "50Gi default",
      "redis-data": "2Gi default",
      "alertmanager-data": "2Gi default",
    });
    expect(Object.fromEntries(claims(manifestsOf(rendered(PRODUCTION))))).toMatchObject({
      "prometheus-data": "100Gi fast",
      "jaeger-data": "50Gi fast",
    });
  });

  test("let only the collector of log files run as root, and only Prometheus use the API server", () => {
    const pods = workloadsOf(manifests).map((one) => [serviceOf(one), one.spec.template.spec] as const);
    const names = (is: (spec: PodSpec) => boolean) => pods.flatMap(([name, spec]) => (is(spec) ? [name] : []));
    expect(names(({ securityContext }) => securityContext["runAsNonRoot"] !== true)).toEqual(["alloy"]);
    expect(names(({ automountServiceAccountToken: mounted }) => mounted)).toEqual(["prometheus"]);
    expect(names(({ hostNetwork = false, hostPID = false }) => hostNetwork || hostPID)).toEqual(["node-exporter"]);
    expect(names(({ volumes }) => volumes.some(({ hostPath }) => hostPath !== undefined))).toEqual([
      "alloy",
      "node-exporter",
    ]);
    const [role] = ofKind<{ rules: unknown }>(manifests, "Role", "ClusterRole");
    expect(role?.rules).toEqual([{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] }]);
  });

  test("check health like the stack elsewhere, without credentials in arguments", () => {
    const probe = (list: readonly Manifest[], name: string) =>
      workloadsOf(list).find((one) => serviceOf(one) === name)?.spec.template.spec.containers[0]?.readinessProbe;
    expect(probe(manifests, "loki")).toMatchObject({ httpGet: { path: "/ready", port: "http" }, periodSeconds: 10 });
    expect(probe(manifests, "jaeger")).toMatchObject({ httpGet: { path: "/status", port: "health" } });
    expect(probe(manifests, "redis")).toMatchObject({ exec: { command: ["redis-cli", "ping"] } });
    // It requires a login, so the answer must be 401.
    expect(probe(manifestsOf(rendered(PRODUCTION)), "prometheus")).toMatchObject({
      exec: { command: ["sh", "-c", expect.stringContaining("grep -q ' 401 '") as unknown] },
    });
  });

  test("Prometheus finds all pods of services that can have several, and others by the name of their service", () => {
    const { scrape_configs: jobs } = parse(rendered(PRODUCTION).get("base/prometheus/prometheus.yml") ?? "") as {
      scrape_configs: { job_name: string; kubernetes_sd_configs?: { selectors: { label: string }[] }[] }[];
    };
    const found = jobs.filter(({ kubernetes_sd_configs: discovered }) => discovered !== undefined);
    expect(found.map(({ job_name }) => job_name)).toEqual([
      "grafana",
      "loki",
      "alloy",
      "otel-collector",
      "otel-metrics",
      "node-exporter",
    ]);
    expect(found.at(-1)).toMatchObject({
      kubernetes_sd_configs: [{ role: "pod", namespaces: { own_namespace: true } }],
      relabel_configs: [
        { source_labels: ["__meta_kubernetes_pod_phase"], regex: "Failed|Succeeded", action: "drop" },
        { source_labels: ["__meta_kubernetes_pod_container_port_number"], regex: "9100", action: "keep" },
        { source_labels: ["__meta_kubernetes_pod_node_name"], target_label: "instance", replacement: "$1:9100" },
      ],
    });
    expect(jobs.find(({ job_name }) => job_name === "jaeger")).toMatchObject({
      static_configs: [{ targets: ["jaegertracing-acme:8888"] }],
    });
  });

  test("collectors read the log files of pods", () => {
    for (const collector of ["alloy", "promtail"] as const) {
      const files = rendered({ ...BASE, logs: { collector } });
      const text = files.get(collector === "alloy" ? "base/alloy/config.alloy" : "base/promtail/promtail.yaml") ?? "";
      expect(text).toContain("/var/log/pods/*/*/*.log");
      expect(text).toMatch(/\bcri\b/);
      expect(text).not.toContain("docker");
      const mounted = workloadsOf(manifestsOf(files)).find((one) => serviceOf(one) === collector)?.spec.template.spec;
      expect(mounted?.volumes.flatMap(({ hostPath }) => (hostPath ? [hostPath.path] : []))).toEqual([
        `/var/lib/toolboxai-monitoring/${collector}-data`,
        "/var/log/pods",
      ]);
    }
  });

  test("an Ingress publishes each port under a host name, through the proxy unless the service has a login", () => {
    const files = rendered(PRODUCTION);
    const [ingress] = ofKind<{
      spec: {
        ingressClassName: string;
        tls: { hosts: string[]; secretName: string }[];
        rules: {
          host: string;
          http: { paths: { backend: { service: { name: string; port: { number: number } } } }[] };
        }[];
      };
    }>(manifestsOf(files), "Ingress");
    const backends = (ingress?.spec.rules ?? []).map(({ host, http }) => {
      const service = http.paths[0]?.backend.service;
      return [host.split(".")[0], `${service?.name}:${service?.port.number}`];
    });
    expect(Object.fromEntries(backends)).toMatchObject({
      grafana: "grafana-acme:3000",
      prometheus: "prometheus-acme:9090",
      alertmanager: "alertmanager-acme:9093",
      loki: "proxy-acme:3100",
      jaeger: "proxy-acme:16686",
      "otel-collector": "proxy-acme:4318",
    });
    expect(ingress?.spec).toMatchObject({ ingressClassName: "nginx", tls: [{ secretName: "acme-tls" }] });
    expect(ingress?.spec.tls[0]?.hosts).toEqual(ingress?.spec.rules.map(({ host }) => host));
    expect(ofKind(manifests, "Ingress")).toEqual([]);
    const variables = workloadsOf(manifestsOf(files)).find((one) => serviceOf(one) === "grafana")?.spec.template.spec;
    expect(variables?.containers[0]?.env).toContainEqual({
      name: "GF_SERVER_ROOT_URL",
      value: "https://grafana.monitoring.example.org/",
    });
  });

  test("nothing in the cluster expects TLS, also not the datasources", () => {
    const files = rendered(PRODUCTION);
    expect(files.get("base/proxy/Caddyfile")).not.toMatch(/https:\/\/|\btls\b/);
    expect(files.get("base/prometheus/prometheus.yml")).not.toContain("tls_config");
    const stack = defineStack(PRODUCTION);
    const [prometheus] = stackDatasources(stack, { target: "kubernetes" });
    expect(prometheus).toMatchObject({ url: "http://prometheus-acme:9090", basicAuth: true, basicAuthUser: "stack" });
    expect(prometheus?.jsonData).not.toHaveProperty("serverName");
    expect(stackDatasources(stack)[0]?.url).toBe("https://prometheus-acme:9090");
  });

  test("with a certificate from ACME, cert-manager obtains the one of the Ingress", () => {
    const files = rendered(ACME);
    expect(documents(files.get("components/cert-manager/resources.yaml") ?? "")).toMatchObject([
      { kind: "Issuer", metadata: { name: "acme-monitoring" }, spec: { acme: { email: "ops@example.org" } } },
    ]);
    for (const overlay of ["single", "scaled"])
      expect((parse(files.get(`overlays/${overlay}/kustomization.yaml`) ?? "") as Kustomization).components).toContain(
        "../../components/cert-manager",
      );
    const { secretGenerator = [] } = parse(files.get("base/kustomization.yaml") ?? "") as Kustomization;
    expect(secretGenerator.map(({ name }) => name)).not.toContain("acme-tls");
  });

  test("definitions that can't work in a cluster are rejected", () => {
    expect(faultsOf({})).toEqual({ "backend.target": "stack-target-conflict" });
    expect(faultsOf({ hostGateway: "10.0.0.5" })).toEqual({});
    expect(faultsOf({ backend: "example" })).toEqual({ backend: "stack-target-conflict" });
    expect(faultsOf({ ...BASE, name: "a".repeat(31) })).toEqual({ name: "stack-target-conflict" });
    expect(faultsOf({ ...BASE, name: "a".repeat(30) })).toEqual({});
    expect(() => defineStack({ kubernetes: { namespace: "Not valid", volumes: { loki: "1 GB" } } })).toThrow(
      expect.objectContaining({
        faults: [
          expect.objectContaining({ path: "kubernetes.namespace", code: "stack-setting-invalid" }),
          expect.objectContaining({ path: "kubernetes.volumes.loki", code: "stack-setting-invalid" }),
        ],
      }) as Error,
    );
  });
});

describe("overlays/scaled", () => {
  const components = (definition: StackDefinition) =>
    (parse(rendered(definition).get("overlays/scaled/kustomization.yaml") ?? "") as Kustomization).components ?? [];

  test("has only what the definition allows", () => {
    expect(components(BASE)).toEqual(["../../components/collector-agents"]);
    expect(components(PRODUCTION)).toEqual([
      "../../components/grafana-replicas",
      "../../components/loki-scalable",
      "../../components/collector-agents",
    ]);
    // Lines before this day are on a volume.
    expect(
      components({ ...PRODUCTION, services: { ...PRODUCTION.services, loki: COMPLETE.services.loki } }),
    ).not.toContain("../../components/loki-scalable");
    expect(components({ ...BASE, services: { "otel-collector": false } })).toEqual([]);
  });

  test("Loki's parts find each other and share one configuration", () => {
    const files = rendered(PRODUCTION);
    const loki = parse(files.get("components/loki-scalable/loki.yaml") ?? "") as Record<string, unknown>;
    expect(loki).toMatchObject({
      common: {
        replication_factor: 3,
        ring: { kvstore: { store: "memberlist" } },
        compactor_address: "http://grafana-loki-acme-backend:3100",
      },
      memberlist: { join_members: ["grafana-loki-acme-members:7946"] },
      schema_config: { configs: [{ object_store: "s3" }] },
    });
    expect(loki).not.toHaveProperty("ingester");
    const parts = workloadsOf(documents(files.get("components/loki-scalable/resources.yaml") ?? ""));
    expect(
      parts.map(({ kind, metadata, spec }) => [
        kind,
        metadata.name,
        spec.replicas,
        spec.template.spec.containers[0]?.args?.at(-1),
      ]),
    ).toEqual([
      ["Deployment", "grafana-loki-acme-read", 2, "-target=read"],
      ["StatefulSet", "grafana-loki-acme-write", 3, "-target=write"],
      ["StatefulSet", "grafana-loki-acme-backend", 2, "-target=backend"],
      ["Deployment", "grafana-loki-acme-gateway", 2, "caddyfile"],
    ]);
  });

  test("agents send all spans of a trace to the same gateway", () => {
    const files = rendered(BASE);
    const agent = parse(files.get("components/collector-agents/otel-agent.yaml") ?? "") as {
      exporters: Record<string, object>;
      service: { pipelines: Record<string, { exporters: string[] }> };
    };
    expect(agent.exporters["loadbalancing/traces"]).toMatchObject({
      routing_key: "traceID",
      resolver: { dns: { hostname: "otel-toolboxai-gateway", port: "4317" } },
    });
    const used = Object.values(agent.service.pipelines).flatMap(({ exporters }) => exporters);
    expect(used.toSorted()).toEqual(Object.keys(agent.exporters).toSorted());
  });
});

/** All addresses `NAME:PORT` of services of the stack in a text. */
function addressesIn(text: string, names: ReadonlyMap<string, string>): { to: string; port: number }[] {
  return [...text.matchAll(/([a-z0-9-]+):(\d+)/g)].flatMap(([, name = "", port]) => {
    const to = names.get(name);
    return to === undefined ? [] : [{ to, port: Number(port) }];
  });
}

function allows(rules: readonly Rule[] = [], labels: Labels, port: number): boolean {
  return rules.some(
    ({ from, to, ports }) =>
      (ports === undefined || ports.some((one) => one.port === port)) &&
      ((from ?? to) === undefined ||
        (from ?? to)?.some(({ podSelector }) => podSelector !== undefined && matches(labels, podSelector.matchLabels))),
  );
}

describe("a generated stack for Kubernetes", GENERATED, () => {
  /** The same definition without what a cluster can't do. */
  const possible = definitions.map(({ backend, services, name, ...others }): StackDefinition => {
    const { "fastapi-backend": _example, ...rest } = services ?? {};
    return {
      ...others,
      ...(name === undefined ? {} : { name: name.slice(0, 30).replace(/-+$/, "") }),
      hostGateway: "10.0.0.5",
      backend: backend === "example" ? false : (backend ?? {}),
      services: rest,
    };
  });
  const property = (check: (definition: StackDefinition) => void) =>
    fc.assert(fc.property(possible, check), { numRuns: runs(20) });

  test("has all files that its kustomizations name, and names all of its files", () => {
    property((definition) => {
      const files = rendered(definition);
      const named = new Set<string>();
      for (const [path, text] of files) {
        if (!path.endsWith("/kustomization.yaml")) continue;
        named.add(path);
        const one = parse(text) as Kustomization;
        const own = [
          ...(one.resources ?? []),
          ...(one.patches ?? []).map((patch) => patch.path),
          ...(one.components ?? []),
          ...(one.configMapGenerator ?? []).flatMap((generator) => generator.files),
        ].map((file) => posix.join(path, "..", file));
        for (const file of own) expect(files.has(file) || files.has(`${file}/kustomization.yaml`), file).toBe(true);
        for (const file of own) named.add(file);
        for (const { files: secrets } of one.secretGenerator ?? [])
          for (const secret of secrets) expect(secret).toMatch(/^[\w.-]+=secrets\/[\w.-]+$/);
      }
      expect([...files.keys()].filter((path) => !named.has(path)).toSorted()).toEqual([".gitignore", "README.md"]);
    });
  });

  test("gives no pod privileges, and defines all that it mounts", () => {
    property((definition) => {
      const files = rendered(definition);
      const { configMapGenerator = [], secretGenerator = [] } = parse(
        files.get("base/kustomization.yaml") ?? "",
      ) as Kustomization;
      const manifests = manifestsOf(files);
      for (const { metadata, spec } of workloadsOf(manifests)) {
        const { template, selector, volumeClaimTemplates = [] } = spec;
        const [container] = template.spec.containers;
        expect(matches(template.metadata.labels, selector.matchLabels)).toBe(true);
        expect(metadata.name.length).toBeLessThanOrEqual(52);
        expect(container).toMatchObject({
          image: expect.stringMatching(/[:@][^/]+$/) as unknown,
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
          resources: {
            requests: { cpu: expect.any(String) as unknown, memory: expect.stringMatching(/^\d+[KMG]i$/) as unknown },
            limits: { memory: expect.stringMatching(/^\d+[KMG]i$/) as unknown },
          },
          startupProbe: {},
          readinessProbe: {},
          livenessProbe: { tcpSocket: {} },
        });
        expect(template.spec.securityContext).toMatchObject({ seccompProfile: { type: "RuntimeDefault" } });
        const volumes = [...template.spec.volumes, ...volumeClaimTemplates.map((claim) => claim.metadata)];
        const names = volumes.map(({ name }) => name);
        expect(names.toSorted()).toEqual((container?.volumeMounts ?? []).map(({ name }) => name).toSorted());
        const configs = template.spec.volumes.flatMap(({ configMap }) => (configMap ? [configMap.name] : []));
        expect(configMapGenerator.map(({ name }) => name)).toEqual(expect.arrayContaining(configs));
        for (const secret of template.spec.volumes.flatMap((volume) => volume.secret ?? [])) {
          const generator = secretGenerator.find(({ name }) => name === secret.secretName);
          const keys = (generator?.files ?? []).map((file) => file.split("=")[0]);
          expect(keys).toEqual(expect.arrayContaining(secret.items.map(({ key }) => key)));
        }
        expect(new Set(container?.ports.map(({ containerPort }) => containerPort)).size).toBe(container?.ports.length);
        for (const { name } of container?.ports ?? []) expect(name).toMatch(/^[a-z0-9-]{1,15}$/);
      }
      for (const { metadata, spec } of ofKind<Service>(manifests, "Service")) {
        const pods = workloadsOf(manifests).filter((one) => matches(one.spec.template.metadata.labels, spec.selector));
        expect(pods, metadata.name).toHaveLength(1);
        const ports = pods[0]?.spec.template.spec.containers[0]?.ports ?? [];
        for (const port of spec.ports)
          expect(ports).toContainEqual(expect.objectContaining({ name: port.targetPort, containerPort: port.port }));
      }
    });
  });

  test("allows exactly the connections to other services that its configurations contain", () => {
    property((definition) => {
      const stack = defineStack(definition);
      const files = rendered(definition);
      const manifests = manifestsOf(files);
      const names = new Map([...stack.services.values()].map(({ name, container }) => [container, name as string]));
      const policies = ofKind<Policy>(manifests, "NetworkPolicy");
      expect(policies).toContainEqual(
        expect.objectContaining({ spec: { podSelector: {}, policyTypes: ["Ingress", "Egress"] } }),
      );
      const labels = (name: string) =>
        workloadsOf(manifests).find((one) => serviceOf(one) === name)?.spec.template.metadata.labels ?? {};
      const policy = (name: string) =>
        policies.find(({ spec }) => spec.podSelector.matchLabels?.["app.kubernetes.io/name"] === name)?.spec;
      const wanted = new Set<string>();
      const add = (from: string, { to, port }: { to: string; port: number }) => {
        if (from !== to) wanted.add(`${from} ${to} ${port}`);
      };
      for (const { name } of stack.services.values()) {
        for (const [path, text] of files)
          if (path.startsWith(`base/${name}/`)) for (const found of addressesIn(text, names)) add(name, found);
        const container = workloadsOf(manifests).find((one) => serviceOf(one) === name)?.spec.template.spec
          .containers[0];
        for (const { value = "" } of container?.env ?? [])
          for (const found of addressesIn(value, names)) add(name, found);
      }
      if (stack.services.has("grafana"))
        for (const { url } of stackDatasources(stack, { target: "kubernetes" }))
          for (const found of addressesIn(url, names)) add("grafana", found);
      for (const one of wanted) {
        const [from = "", to = "", port = ""] = one.split(" ");
        expect(allows(policy(from)?.egress, labels(to), Number(port)), one).toBe(true);
        expect(allows(policy(to)?.ingress, labels(from), Number(port)), one).toBe(true);
      }
      const allowed = [...stack.services.keys()].flatMap((to) =>
        (policy(to)?.ingress ?? []).flatMap(({ from = [], ports = [] }) =>
          from.flatMap(({ podSelector }) =>
            ports.map(({ port }) => `${podSelector?.matchLabels["app.kubernetes.io/name"]} ${to} ${port}`),
          ),
        ),
      );
      // Prometheus finds the pods of these by their labels.
      const discovered = /^prometheus (grafana|loki|alloy|promtail|otel-collector|node-exporter) /;
      const others = allowed.filter(
        (one) => !wanted.has(one) && !discovered.test(one) && !one.startsWith("undefined "),
      );
      expect(others).toEqual([]);
    });
  });

  test("preserves the arguments and variables of each container", () => {
    // `$(NAME)` is a reference, and `$$` is `$`.
    const literal = (text = "") =>
      text.replaceAll(/\$(\$|\()?/g, (found, next?: string) => (next === "$" ? "$" : `?${found}`));
    property((definition) => {
      const stack = defineStack(definition);
      const workloads = workloadsOf(manifestsOf(rendered(definition)));
      for (const { name, environment } of stack.services.values()) {
        const container = workloads.find((one) => serviceOf(one) === name)?.spec.template.spec.containers[0];
        for (const [variable, value] of Object.entries(environment)) {
          const found = container?.env?.find((one) => one.name === variable);
          const { secretKeyRef } = (found?.valueFrom ?? {}) as { secretKeyRef?: { key: string } };
          expect(secretKeyRef === undefined ? literal(found?.value) : secretKeyRef.key).toBe(
            typeof value === "string" ? value : `variable-${value.variable}`,
          );
        }
      }
    });
  });
});

/** A project with all files that the definition names. */
async function project(definition: StackDefinition): Promise<TestProject> {
  const made = await testProject({ "stack.config.mjs": `export default ${JSON.stringify(definition)};` });
  for (const path of JSON.stringify(definition).matchAll(/"\.\/((?:keys|tls)\/[\w.-]+)"/g))
    await made.write({ [path[1] ?? ""]: `content of ${path[1]}` });
  return made;
}

describe("stack:render --target kubernetes", () => {
  test("writes no secrets, unless --secrets copies and generates those that Kustomize reads", async () => {
    const made = await project(PRODUCTION);
    const out = join(made.directory, "deploy");
    const args = ["stack:render", "deploy", "--target", "kubernetes"];
    expect(await made.run(args)).toMatchObject({ code: 0, stderr: "" });
    expect((await readdir(out)).toSorted()).toEqual([".gitignore", "README.md", "base", "components", "overlays"]);
    expect(await readdir(join(out, "base"))).not.toContain("secrets");
    expect(await readFile(join(out, ".gitignore"), "utf8")).toMatch(/^\/base\/secrets\/$/m);

    const missing = await made.run([...args, "--secrets"]);
    expect(missing).toMatchObject({ code: 65, stderr: expect.stringContaining(VARIABLE) as unknown });
    const variables = { [VARIABLE]: "of-the-variable" };
    expect((await made.run([...args, "--secrets"], variables)).code).toBe(0);
    const folder = join(out, "base/secrets");
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    const { secretGenerator = [] } = parse(
      await readFile(join(out, "base/kustomization.yaml"), "utf8"),
    ) as Kustomization;
    const needed = secretGenerator.flatMap(({ files }) => files.map((file) => file.replace(/^.*=secrets\//, "")));
    expect(await readdir(folder)).toEqual(expect.arrayContaining(needed));
    expect(await readFile(join(folder, `variable-${VARIABLE}`), "utf8")).toBe("of-the-variable");
    expect(await readFile(join(folder, "grafana-database-password"), "utf8")).toBe("content of keys/database");
    // The Ingress terminates TLS.
    expect(await readFile(join(folder, "web-config"), "utf8")).not.toContain("tls_server_config");
    expect((await made.run([...args, "--check"])).code).toBe(0);
  });

  test("writes nothing if a file with a secret is missing", async () => {
    const made = await project(PRODUCTION);
    await made.remove("keys/database");
    const { code, stderr } = await made.run(["stack:render", "deploy", "--target", "kubernetes", "--secrets"], {
      [VARIABLE]: "any",
    });
    expect(code).toBe(65);
    expect(stderr).toContain(join(made.directory, "keys/database"));
    expect(await readdir(made.directory)).not.toContain("deploy");
  });

  test("removes files that it no longer renders, but neither secrets nor files of the user", async () => {
    const made = await project(BASE);
    const args = ["stack:render", "deploy", "--target", "kubernetes"];
    await made.run([...args, "--secrets"]);
    await made.write({
      "deploy/overlays/own/kustomization.yaml": "resources: [../scaled]\n",
      "deploy/base/notes.md": "mine",
    });
    await made.write({
      "stack.config.mjs": 'export default { backend: false, services: { jaeger: false, "otel-collector": false } };',
    });
    const { stdout, code } = await made.run(args);
    expect(code).toBe(0);
    for (const path of ["base/jaeger.yaml", "base/jaeger/jaeger.yaml", "components/collector-agents/resources.yaml"])
      expect(stdout).toContain(`  - ${path}\n`);
    expect(await readdir(join(made.directory, "deploy/components"))).toEqual(["service-monitors"]);
    expect((await readdir(join(made.directory, "deploy/overlays"))).toSorted()).toEqual(["own", "scaled", "single"]);
    expect(await readdir(join(made.directory, "deploy/base"))).toEqual(expect.arrayContaining(["notes.md", "secrets"]));
  });
});

const KUBECTL = process.env["TEST_KUBECTL"] || "kubectl";
const noKubectl = spawnSync(KUBECTL, ["kustomize", "--help"]).status === 0 ? undefined : "kubectl is not installed";

/** Workloads of the overlay `scaled` with several replicas. */
const SCALED: Readonly<Record<string, readonly string[]>> = {
  development: ["otel-toolboxai 2"],
  production: [
    "grafana-acme 2",
    "grafana-loki-acme-backend 2",
    "grafana-loki-acme-gateway 2",
    "grafana-loki-acme-read 2",
    "grafana-loki-acme-write 3",
    "otel-acme 2",
  ],
};

const BUILT: Readonly<Record<string, StackDefinition>> = { development: BASE, production: PRODUCTION };

async function writtenProject(definition: StackDefinition): Promise<string> {
  const made = await project(definition);
  await mkdir(join(made.directory, "tls"), { recursive: true });
  const key = ["-newkey", "rsa:2048", "-nodes", "-keyout", "tls/key.pem", "-out", "tls/cert.pem", "-subj", "/CN=test"];
  await run("openssl", ["req", "-x509", ...key], { cwd: made.directory });
  const { code, stderr } = await made.run(["stack:render", "out", "--target", "kubernetes", "--secrets"], {
    [VARIABLE]: "any",
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return join(made.directory, "out");
}

test("kubectl builds an overlay of the user with the optional components", async (context) => {
  context.skip(noKubectl !== undefined, noKubectl);
  const out = await writtenProject(ACME);
  const own = join(out, "overlays/own");
  await mkdir(own);
  const components = "components: [../../components/service-monitors]";
  await writeFile(
    join(own, "kustomization.yaml"),
    `namespace: acme-monitoring\nresources: [../scaled]\n${components}\n`,
  );
  const manifests = documents((await run(KUBECTL, ["kustomize", own], { maxBuffer: 1e8 })).stdout);
  const [ingress] = ofKind<{ metadata: { annotations: Labels } }>(manifests, "Ingress");
  expect(ingress?.metadata.annotations).toEqual({ "cert-manager.io/issuer": "acme-monitoring" });
  expect(ofKind(manifests, "Issuer")).toHaveLength(1);
  const monitors = ofKind<{ spec: { endpoints: { port: string; basicAuth?: { password: { name: string } } }[] } }>(
    manifests,
    "ServiceMonitor",
  ).flatMap(({ spec }) => spec.endpoints);
  expect(monitors.map(({ port }) => port)).toEqual(expect.arrayContaining(["http", "metrics", "exporter"]));
  const logins = monitors.flatMap(({ basicAuth }) => (basicAuth ? [basicAuth.password.name] : []));
  const secrets = ofKind<Manifest>(manifests, "Secret").map(({ metadata }) => metadata.name);
  // Kustomize does not know the fields of custom resources, so this name has no hash.
  expect(secrets).toEqual(expect.arrayContaining(logins));
  expect(logins).toHaveLength(3);
});

describe.each(Object.entries(BUILT))("kubectl, for %s", (name, definition) => {
  test.for(["single", "scaled"])("builds the overlay %s", async (overlay, context) => {
    context.skip(noKubectl !== undefined, noKubectl);
    const out = await writtenProject(definition);
    const { stdout } = await run(KUBECTL, ["kustomize", join(out, "overlays", overlay)], { maxBuffer: 1e8 });
    const manifests = documents(stdout);
    const namespaced = manifests.filter(({ kind }) => kind !== "Namespace") as { metadata: { namespace?: string } }[];
    const namespace = name === "production" ? "acme-monitoring" : "toolboxai-monitoring";
    expect(new Set(namespaced.map(({ metadata }) => metadata.namespace))).toEqual(new Set([namespace]));
    const all = new Set(manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`));
    // Names with hashes: a changed configuration or secret replaces the pods.
    const mounted = workloadsOf(manifests)
      .flatMap(({ spec }) => spec.template.spec.volumes)
      .flatMap(({ configMap, secret }) => [
        ...(configMap ? [`ConfigMap/${configMap.name}`] : []),
        ...(secret ? [`Secret/${secret.secretName}`] : []),
      ]);
    const variables = workloadsOf(manifests)
      .flatMap(({ spec }) => spec.template.spec.containers.flatMap((container) => container.env ?? []))
      .flatMap(({ valueFrom }) => {
        const { secretKeyRef } = (valueFrom ?? {}) as { secretKeyRef?: { name: string } };
        return secretKeyRef ? [`Secret/${secretKeyRef.name}`] : [];
      });
    expect([...all]).toEqual(expect.arrayContaining(variables));
    expect([...all]).toEqual(expect.arrayContaining(mounted));
    for (const one of mounted) expect(one).toMatch(/-[a-z0-9]{10}$/);
    for (const { metadata, spec } of ofKind<Service>(manifests, "Service"))
      expect(
        workloadsOf(manifests).some((one) => matches(one.spec.template.metadata.labels, spec.selector)),
        metadata.name,
      ).toBe(true);
    const several = workloadsOf(manifests).flatMap(({ metadata, spec: { replicas = 1 } }) =>
      replicas === 1 ? [] : [`${metadata.name} ${replicas}`],
    );
    expect(several.toSorted()).toEqual(overlay === "single" ? [] : SCALED[name]);
    expect(all.has("StatefulSet/grafana-loki-acme")).toBe(name === "production" && overlay === "single");
  });

  test.for(["single", "scaled"])("kubeconform accepts the overlay %s", async (overlay, context) => {
    const schemas = process.env["TEST_KUBERNETES_SCHEMAS"];
    context.skip(schemas === undefined || noKubectl !== undefined, "TEST_KUBERNETES_SCHEMAS is not set");
    const out = await writtenProject(definition);
    const built = await run(KUBECTL, ["kustomize", join(out, "overlays", overlay)], { maxBuffer: 1e8 });
    const args = [
      "-strict",
      "-summary",
      "-schema-location",
      `${schemas}/{{ .ResourceKind }}{{ .KindSuffix }}.json`,
      "-",
    ];
    const checked = spawnSync(process.env["TEST_KUBECONFORM"] || "kubeconform", args, {
      input: built.stdout,
      encoding: "utf8",
    });
    expect(checked.stdout).toMatch(/Invalid: 0, Errors: 0, Skipped: 0/);
    expect(checked.status).toBe(0);
  });

  test.for(["single", "scaled"])("an API server stores the overlay %s", async (overlay, context) => {
    const config = process.env["TEST_KUBECONFIG"];
    context.skip(config === undefined || noKubectl !== undefined, "TEST_KUBECONFIG is not set");
    const out = await writtenProject(definition);
    const kubectl = async (...args: string[]) => run(KUBECTL, [`--kubeconfig=${config}`, ...args], { maxBuffer: 1e8 });
    const place = join(out, "overlays", overlay);
    const namespace = (parse(await readFile(join(place, "kustomization.yaml"), "utf8")) as Kustomization).namespace;
    try {
      // The namespace must exist for a dry run of what is in it.
      await kubectl("apply", "--server-side", "--validate=strict", "-f", join(out, "base/namespace.yaml"));
      await kubectl("apply", "--server-side", "--validate=strict", "--dry-run=server", "-k", place);
      const { stdout } = await kubectl("apply", "--server-side", "--validate=strict", "-k", place);
      const count = documents((await kubectl("kustomize", place)).stdout).length;
      expect(stdout.match(/serverside-applied/g)).toHaveLength(count);
      expect((await kubectl("diff", "--server-side", "-k", place)).stdout).toBe("");
    } finally {
      await kubectl("delete", "namespace", namespace, "--wait=false");
    }
  });
});

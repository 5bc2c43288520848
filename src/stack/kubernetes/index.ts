import { SECRETS, type BuiltService } from "../compose.ts";
import type { Stack } from "../definition.ts";
import { OWN_USER, SECRET } from "../access.ts";
import { ingressOf, issuerOf } from "./ingress.ts";
import { serviceMonitors } from "./monitors.ts";
import {
  configName,
  ingressName,
  labelsOf,
  loginName,
  secretsName,
  tlsName,
  variableFile,
  type Manifest,
} from "./names.ts";
import { defaultPolicies, edgesOf, policyOf } from "./network.ts";
import { kubernetesReadme, type Described } from "./readme.ts";
import type { Component } from "./component.ts";
import { scaledComponents } from "./scaled.ts";
import { manifestsOf } from "./workload.ts";

/** The directory of what all overlays have. */
export const BASE = "base";

/** A file: a list of manifests, one object, or text. */
type Content = string | object | readonly Manifest[];

/** The files for `kubectl apply -k`, by path, without those in `configFiles`. */
export function kubernetesFiles(stack: Stack, built: readonly BuiltService[]): Map<string, Content> {
  const { components, missing } = scaledComponents(stack, built);
  const monitors = serviceMonitors(stack, built);
  const issuer = issuerOf(stack);
  const optional = [monitors, ...(issuer === undefined ? [] : [issuerComponent(stack, issuer)])];
  const scaled = components.map(({ name }) => name);
  const always = issuer === undefined ? [] : [ISSUER];
  const described: Described = { components, missing, optional };
  return new Map<string, Content>([
    ["README.md", kubernetesReadme(stack, built, described)],
    ...baseFiles(stack, built),
    ...[...components, ...optional].flatMap((component) => componentFiles(component)),
    ["overlays/single/kustomization.yaml", overlay(stack, always)],
    ["overlays/scaled/kustomization.yaml", overlay(stack, [...scaled, ...always])],
  ]);
}

function baseFiles(stack: Stack, built: readonly BuiltService[]): [string, Content][] {
  const edges = edgesOf(stack);
  const [first] = built;
  const ingress = first && ingressOf(stack, first.context);
  const services = built.map((one): [string, Manifest[]] => [
    `${one.service.name}.yaml`,
    [
      ...manifestsOf(stack, one),
      policyOf(stack, one, edges),
      ...(one.service.name === "prometheus" ? discovery(stack, one) : []),
    ],
  ]);
  const own: [string, Content][] = [
    ["namespace.yaml", [namespaceOf(stack, built)]],
    ["network-policies.yaml", defaultPolicies()],
    ...(ingress === undefined ? [] : [["ingress.yaml", [ingress]] satisfies [string, Content]]),
    ...services,
  ];
  const configs = built.flatMap(({ service, parts }) => {
    const paths = Object.keys(parts.files ?? {});
    return paths.length === 0 ? [] : [{ name: configName(service), files: paths }];
  });
  const secrets = secretsOf(stack, built);
  const kustomization = {
    ...KUSTOMIZATION,
    namespace: stack.kubernetes.namespace,
    resources: own.map(([path]) => path),
    ...(configs.length > 0 ? { configMapGenerator: configs } : {}),
    ...(secrets.length > 0 ? { secretGenerator: secrets } : {}),
    labels: commonLabels(stack),
  };
  return [["kustomization.yaml", kustomization] satisfies [string, Content], ...own].map(([path, content]) => [
    `${BASE}/${path}`,
    content,
  ]);
}

const KUSTOMIZATION = { apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization" } as const;

function commonLabels(stack: Stack): object[] {
  return [
    {
      pairs: { "app.kubernetes.io/part-of": ingressName(stack), "app.kubernetes.io/managed-by": "grafana-provision" },
      includeTemplates: true,
    },
  ];
}

function overlay(stack: Stack, components: readonly string[]): object {
  return {
    ...KUSTOMIZATION,
    namespace: stack.kubernetes.namespace,
    resources: ["../../base"],
    ...(components.length > 0 ? { components: components.map((name) => `../../components/${name}`) } : {}),
    labels: commonLabels(stack),
  };
}

function componentFiles({
  name,
  resources,
  patches = [],
  configs = {},
  replaces = {},
}: Component): [string, Content][] {
  const generators = [
    ...Object.entries(configs).map(([config, files]) => ({ name: config, files: Object.keys(files) })),
    ...Object.entries(replaces).map(([config, files]) => ({
      name: config,
      behavior: "merge",
      files: Object.keys(files),
    })),
  ];
  const contents = [configs, replaces].flatMap((group) =>
    Object.values(group).flatMap((files) => Object.entries(files)),
  );
  const kustomization = {
    apiVersion: "kustomize.config.k8s.io/v1alpha1",
    kind: "Component",
    ...(resources.length > 0 ? { resources: ["resources.yaml"] } : {}),
    ...(generators.length > 0 ? { configMapGenerator: generators } : {}),
    ...(patches.length > 0 ? { patches: patches.map((_, index) => ({ path: `patch-${index + 1}.yaml` })) } : {}),
  };
  const all: [string, Content][] = [
    ["kustomization.yaml", kustomization],
    ...(resources.length > 0 ? [["resources.yaml", resources] satisfies [string, Content]] : []),
    ...patches.map((patch, index): [string, Content] => [`patch-${index + 1}.yaml`, patch]),
    ...contents,
  ];
  return all.map(([path, content]) => [`components/${name}/${path}`, content]);
}

const ISSUER = "cert-manager";

/** cert-manager reads the annotation: https://cert-manager.io/docs/usage/ingress/ */
function issuerComponent(stack: Stack, issuer: Manifest): Component {
  return {
    name: ISSUER,
    does: "an Issuer of cert-manager, which obtains the certificate",
    resources: [issuer],
    patches: [
      {
        apiVersion: "networking.k8s.io/v1",
        kind: "Ingress",
        metadata: { name: ingressName(stack), annotations: { "cert-manager.io/issuer": ingressName(stack) } },
      },
    ],
  };
}

function namespaceOf(stack: Stack, built: readonly BuiltService[]): Manifest {
  // https://kubernetes.io/docs/concepts/security/pod-security-standards/. Others do not allow directories of the host.
  const usesHost = built.some(({ service }) => service.type.perNode);
  const level = usesHost ? "privileged" : "restricted";
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: stack.kubernetes.namespace, labels: { "pod-security.kubernetes.io/enforce": level } },
  };
}

/** Prometheus may list the pods of its namespace. */
function discovery(stack: Stack, { service }: BuiltService): Manifest[] {
  const metadata = { name: service.container, labels: labelsOf(stack, service) };
  const group = "rbac.authorization.k8s.io";
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata, automountServiceAccountToken: false },
    {
      apiVersion: `${group}/v1`,
      kind: "Role",
      metadata,
      rules: [{ apiGroups: [""], resources: ["pods"], verbs: ["get", "list", "watch"] }],
    },
    {
      apiVersion: `${group}/v1`,
      kind: "RoleBinding",
      metadata,
      roleRef: { apiGroup: group, kind: "Role", name: service.container },
      subjects: [{ kind: "ServiceAccount", name: service.container, namespace: stack.kubernetes.namespace }],
    },
  ];
}

/** Generators of Secrets, from files that are not rendered. */
function secretsOf(stack: Stack, built: readonly BuiltService[]): object[] {
  const file = (key: string, name = key) => `${key}=${SECRETS}/${name}`;
  const { tls } = stack.access ?? {};
  return [
    ...built.flatMap(({ service, parts }) => {
      const names = (parts.secrets ?? []).map((secret) => (typeof secret === "string" ? secret : secret.name));
      const variables = Object.values(service.environment).flatMap((value) =>
        typeof value === "string" ? [] : [variableFile(value.variable)],
      );
      const files = [...new Set([...names, ...variables])].map((name) => file(name));
      return files.length === 0 ? [] : [{ name: secretsName(service), files }];
    }),
    ...(tls !== undefined && "certificate" in tls
      ? [
          {
            name: tlsName(stack),
            type: "kubernetes.io/tls",
            files: [file("tls.crt", "tls-certificate"), file("tls.key", "tls-key")],
          },
        ]
      : []),
    ...(stack.access === undefined
      ? []
      : [
          {
            name: loginName(stack),
            type: "kubernetes.io/basic-auth",
            literals: [`username=${OWN_USER}`],
            files: [file("password", SECRET.own)],
            // Kustomize does not change names in ServiceMonitors.
            options: { disableNameSuffixHash: true },
          },
        ]),
  ];
}

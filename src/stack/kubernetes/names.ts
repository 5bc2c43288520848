import { COMPONENT_LABEL, NAME_LABEL } from "../discovery.ts";
import type { Stack } from "../definition.ts";
import type { Service } from "../service.ts";

/** A manifest as plain data. */
export type Manifest = Readonly<Record<string, unknown>>;

/** The value of `COMPONENT_LABEL` for the pods of a service that has only one kind. */
export const SERVER = "server";

/** The label of namespaces whose applications may use the stack, with its name. */
export const CLIENT_LABEL = "grafana-provision/client";

/** The label of namespaces whose Prometheus may scrape the stack, with the name of the stack. */
export const SCRAPE_LABEL = "grafana-provision/scrape";

/** Labels that select all pods of a service. */
export function selectorOf(stack: Pick<Stack, "name">, { name }: Pick<Service, "name">): Record<string, string> {
  return { [NAME_LABEL]: name, "app.kubernetes.io/instance": stack.name };
}

/** Labels that select the pods of one workload. */
export function workloadSelector(
  stack: Pick<Stack, "name">,
  service: Pick<Service, "name">,
  component: string = SERVER,
): Record<string, string> {
  return { ...selectorOf(stack, service), [COMPONENT_LABEL]: component };
}

/** The labels of an object, with the version if it is a valid label. */
export function labelsOf(stack: Pick<Stack, "name">, service: Service): Record<string, string> {
  const version = /:([\w.-]{1,63})$/.exec(service.image)?.[1];
  const valid = version !== undefined && /^[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?$/.test(version);
  return { ...selectorOf(stack, service), ...(valid ? { "app.kubernetes.io/version": version } : {}) };
}

/** Names of the objects with the configuration and the secrets of a service. Kustomize adds a hash of their content. */
export const configName = ({ container }: Pick<Service, "container">) => `${container}-config`;
export const secretsName = ({ container }: Pick<Service, "container">) => `${container}-secrets`;
/** The Secret with the certificate of the Ingress. */
export const tlsName = ({ name }: Pick<Stack, "name">) => `${name}-tls`;
/** The Secret with the user of the stack's own requests, for ServiceMonitors. */
export const loginName = ({ name }: Pick<Stack, "name">) => `${name}-login`;
export const ingressName = ({ name }: Pick<Stack, "name">) => `${name}-monitoring`;

/** The file with the value of an environment variable, in the directory of the secrets. */
export const variableFile = (variable: string) => `variable-${variable}`;

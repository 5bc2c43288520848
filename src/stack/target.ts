import type { Access, ServedAccess } from "./access-types.ts";
import type { ServiceName } from "./names.ts";

/** Where the files of a stack are used. */
export const TARGETS = ["compose", "swarm", "kubernetes"] as const;

export type Target = (typeof TARGETS)[number];

/** How the files of a stack are rendered. */
export interface RenderedFor {
  /** Default: `"compose"`. */
  readonly target?: Target;
  /** Called with each address of a service that a configuration file contains. */
  readonly onAddress?: (service: ServiceName, port: string) => void;
}

/** TLS and users as the services of this target see them. */
export function accessOn(target: Target, access: Access | undefined): ServedAccess | undefined {
  return access === undefined || target !== "kubernetes" ? access : { ...access, tls: { elsewhere: true } };
}

/** The name in URLs of a port that an Ingress publishes: `"grafana.monitoring.example.org"`. */
export function ingressHost(
  { name, main }: { readonly name: ServiceName; readonly main: string },
  port: string,
  { host }: Pick<Access, "host">,
): string {
  return `${port === main ? name : `${name}-${port}`}.${host}`;
}

import { invalidStack } from "./invalid.ts";
import type { Access, Certificate, HttpClient, ServedAccess } from "./access-types.ts";
import type { PublishedPort, SecretFile, Service, StackContext } from "./service.ts";

/** The user of the stack's own requests: Prometheus, Grafana's datasources, Jaeger, health checks. */
export const OWN_USER = "stack";

/** Secrets that the tool writes to the directory `secrets`. */
export const SECRET = {
  own: "stack-password",
  /** Users and bcrypt hashes for the proxy. */
  proxyUsers: "proxy-users",
  /** Web configuration file of Prometheus and Alertmanager. */
  web: "web-config",
  /** The tenant of the logs, for the datasource: Grafana keeps values of headers like secrets. */
  tenant: "loki-tenant",
  redis: "redis-password",
  redisUsers: "redis-users",
  redisExporter: "redis-exporter-passwords",
} as const;

/** The secret with the password of a user. */
export function userSecret(user: string): string {
  return `user-${user}`;
}

/** The path of a secret in a container. */
export function inContainer(name: string): string {
  return `/run/secrets/${name}`;
}

const TLS = { certificate: "tls-certificate", key: "tls-key", ca: "tls-ca" } as const;

/** Paths of the certificate's files in a container. */
export const TLS_FILES = {
  certificate: inContainer(TLS.certificate),
  key: inContainer(TLS.key),
  ca: inContainer(TLS.ca),
} as const;

/** Whether services can read the certificate. One from ACME is known only to the proxy. */
export function hasFiles<Given extends ServedAccess>(access: Given): access is Given & { readonly tls: Certificate } {
  return "certificate" in access.tls;
}

/** The secrets of a service that presents the certificate. */
export function certificateSecrets({ tls }: ServedAccess): SecretFile[] {
  if (!("certificate" in tls)) return [];
  return [
    { name: TLS.certificate, path: tls.certificate },
    { name: TLS.key, path: tls.key },
  ];
}

/** The secrets of a service that connects to another one with TLS. */
export function authoritySecrets({ tls }: ServedAccess): SecretFile[] {
  return "certificate" in tls && tls.ca !== undefined ? [{ name: TLS.ca, path: tls.ca }] : [];
}

/** Whether a service is published without the proxy, because it terminates TLS itself or only needs credentials, which it has. */
function servesTls({ type }: Pick<Service, "type">, access: ServedAccess): boolean {
  if ("elsewhere" in access.tls) return type.guard !== undefined;
  return (type.guard === "web" || type.guard === "acl") && hasFiles(access);
}

/** The published ports that the proxy serves. Empty without `access`. */
export function proxiedPorts({ access, published }: Pick<StackContext, "access" | "published">): PublishedPort[] {
  if (access === undefined) return [];
  const reachable = "elsewhere" in access.tls ? ingressPorts({ access, published }) : published();
  return reachable.filter(({ service, protocol }) => protocol !== "tcp" && !servesTls(service, access));
}

/** The ports that an Ingress can publish: those of HTTP services that do not run on each machine. Empty without `access`. */
export function ingressPorts({ access, published }: Pick<StackContext, "access" | "published">): PublishedPort[] {
  if (access === undefined) return [];
  return published().filter(({ service, protocol }) => protocol === "http" && service.type.perNode !== true);
}

/** Settings of a client of a service with a web configuration file. */
export function webClient(access: ServedAccess): HttpClient {
  return {
    ...(hasFiles(access) ? { scheme: "https" as const } : {}),
    basic_auth: { username: OWN_USER, password_file: inContainer(SECRET.own) },
    ...(hasFiles(access)
      ? {
          tls_config: {
            server_name: access.host,
            ...(access.tls.ca === undefined ? {} : { ca_file: TLS_FILES.ca }),
          },
        }
      : {}),
  };
}

/** The settings of a definition about TLS and authentication. */
interface Given {
  readonly profile: "development" | "production";
  readonly access?: (Partial<Access> & Pick<Access, "host">) | undefined;
}

/** TLS and users of a stack; undefined if one of them is missing. */
export function completeAccess({ access }: Pick<Given, "access">): Access | undefined {
  const { host, tls, users } = access ?? {};
  return host === undefined || tls === undefined || users === undefined ? undefined : { host, tls, users };
}

/** What is missing until the published ports have TLS and credentials. Empty if `access` is not needed, or complete. */
function missingAccess({ profile, access }: Given): ("tls" | "users")[] {
  if (profile !== "production" && access === undefined) return [];
  return [
    ...(access?.tls === undefined ? ["tls" as const] : []),
    ...(access?.users === undefined ? ["users" as const] : []),
  ];
}

/** Throws exit 65 if ports would be published without TLS or credentials although the definition requires them. */
export function checkAccess(stack: Given): void {
  const missing = missingAccess(stack);
  if (missing.length === 0) return;
  const examples = {
    tls: 'Add access: { host: "monitoring.example.org", tls: { certificate: "./tls/cert.pem", key: "./tls/key.pem" } }.',
    users: 'Add access: { users: ["admin"] }.',
  };
  const what = { tls: "a certificate", users: "users" };
  throw invalidStack(
    missing.map((name) => ({
      code: "stack-access-incomplete",
      path: `access.${name}`,
      message: `is missing: ports must not be published without ${what[name]}`,
      hint: examples[name],
    })),
  );
}

/** Options of a service with a web configuration file. `url` is that of its published port. */
export function webOptions(access: ServedAccess | undefined, url: string | undefined): string[] {
  if (access === undefined) return [];
  return [
    `--web.config.file=${inContainer(SECRET.web)}`,
    // Base of the links in alerts.
    ...(url === undefined ? [] : [`--web.external-url=${url}`]),
  ];
}

/**
 * The health check of a service with a web configuration file. With `access`, it expects the answer 401: other users of the
 * host can read the arguments of a command, so it has no credentials. The image needs a shell, wget and grep.
 */
export function webProbe(access: ServedAccess | undefined, port: number, path: string): string[] | string {
  if (access === undefined) return ["wget", "-q", "-O", "/dev/null", `http://127.0.0.1:${port}${path}`];
  const options = hasFiles(access) ? " --no-check-certificate" : "";
  const scheme = hasFiles(access) ? "https" : "http";
  return `wget -O /dev/null${options} ${scheme}://127.0.0.1:${port}${path} 2>&1 | grep -q ' 401 '`;
}

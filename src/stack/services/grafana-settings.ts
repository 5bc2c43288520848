import { z } from "zod";
import { inContainer } from "../access.ts";
import type { SecretFile } from "../service.ts";
import { HostFile, HttpUrl, Target } from "../settings.ts";

/** A PostgreSQL database: https://grafana.com/docs/grafana/latest/setup-grafana/configure-grafana/#database */
export interface GrafanaDatabase {
  /** `"db.example.org:5432"` */
  readonly server: string;
  readonly user: string;
  readonly passwordFile: string;
  /** Default: `"grafana"`. */
  readonly name?: string;
  /** Default: `"require"`: TLS without a check of the certificate. */
  readonly sslMode?: "disable" | "require" | "verify-full";
}

/** A provider of OpenID Connect: https://grafana.com/docs/grafana/latest/setup-grafana/configure-access/configure-authentication/generic-oauth/ */
export interface GrafanaOidc {
  /** The name on the button of the login page. Default: `"OpenID Connect"`. */
  readonly name?: string;
  readonly clientId: string;
  readonly clientSecretFile: string;
  readonly authUrl: string;
  readonly tokenUrl: string;
  readonly apiUrl: string;
  /** Default: `["openid", "email", "profile"]`. */
  readonly scopes?: readonly string[];
  /** A JMESPath expression with a user's role: `"contains(groups[*], 'ops') && 'Editor' || 'Viewer'"`. Default: Viewer. */
  readonly role?: string;
  /** Domains of mail addresses that may log in. Default: all. */
  readonly domains?: readonly string[];
}

export const Database = z.strictObject({
  server: Target,
  user: z.string().min(1),
  passwordFile: HostFile,
  name: z.string().min(1).default("grafana"),
  sslMode: z.enum(["disable", "require", "verify-full"]).default("require"),
});

export const Oidc = z.strictObject({
  name: z.string().min(1).default("OpenID Connect"),
  clientId: z.string().min(1),
  clientSecretFile: HostFile,
  authUrl: HttpUrl,
  tokenUrl: HttpUrl,
  apiUrl: HttpUrl,
  scopes: z.array(z.string().min(1)).default(["openid", "email", "profile"]),
  role: z.string().min(1).exactOptional(),
  domains: z.array(z.string().min(1)).exactOptional(),
});

const [DATABASE_PASSWORD, CLIENT_SECRET] = ["grafana-database-password", "grafana-client-secret"];

export function databaseFile({ passwordFile }: z.output<typeof Database>): SecretFile {
  return { name: DATABASE_PASSWORD, path: passwordFile };
}

export function oidcFile({ clientSecretFile }: z.output<typeof Oidc>): SecretFile {
  return { name: CLIENT_SECRET, path: clientSecretFile };
}

export function databaseVariables({ server, user, name, sslMode }: z.output<typeof Database>): Record<string, string> {
  return {
    GF_DATABASE_TYPE: "postgres",
    GF_DATABASE_HOST: server,
    GF_DATABASE_NAME: name,
    GF_DATABASE_USER: user,
    GF_DATABASE_PASSWORD__FILE: inContainer(DATABASE_PASSWORD),
    GF_DATABASE_SSL_MODE: sslMode,
  };
}

export function oidcVariables({
  name,
  clientId,
  authUrl,
  tokenUrl,
  apiUrl,
  scopes,
  role,
  domains,
}: z.output<typeof Oidc>): Record<string, string> {
  return {
    GF_AUTH_GENERIC_OAUTH_ENABLED: "true",
    GF_AUTH_GENERIC_OAUTH_NAME: name,
    GF_AUTH_GENERIC_OAUTH_CLIENT_ID: clientId,
    GF_AUTH_GENERIC_OAUTH_CLIENT_SECRET__FILE: inContainer(CLIENT_SECRET),
    GF_AUTH_GENERIC_OAUTH_AUTH_URL: authUrl,
    GF_AUTH_GENERIC_OAUTH_TOKEN_URL: tokenUrl,
    GF_AUTH_GENERIC_OAUTH_API_URL: apiUrl,
    GF_AUTH_GENERIC_OAUTH_SCOPES: scopes.join(" "),
    GF_AUTH_GENERIC_OAUTH_USE_PKCE: "true",
    ...(role === undefined ? {} : { GF_AUTH_GENERIC_OAUTH_ROLE_ATTRIBUTE_PATH: role }),
    ...(domains === undefined ? {} : { GF_AUTH_GENERIC_OAUTH_ALLOWED_DOMAINS: domains.join(" ") }),
  };
}

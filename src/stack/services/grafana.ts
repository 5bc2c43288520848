import { z } from "zod";
import { inContainer, OWN_USER, SECRET } from "../access.ts";
import {
  Database,
  databaseFile,
  databaseVariables,
  Oidc,
  oidcFile,
  oidcVariables,
  type GrafanaDatabase,
  type GrafanaOidc,
} from "./grafana-settings.ts";
import { ownJob, serviceType, type CommonSettings, type Service } from "../service.ts";

export interface GrafanaSettings extends CommonSettings {
  /** Login of the administrator. The password is generated at the first start, or read from a file. Default: `"admin"`. */
  readonly adminUser?: string;
  /** Turns on the feature toggle `dashboardNewLayouts`, with which the UI of Grafana 12.4 edits dashboards in schema v2. Default: `false`. */
  readonly dashboardNewLayouts?: boolean;
  /** A PostgreSQL database for Grafana's content. Default: SQLite on a volume. */
  readonly database?: GrafanaDatabase;
  /** Login with OpenID Connect. The administrator's login keeps working. */
  readonly oidc?: GrafanaOidc;
}

/** Generated at the first start, unless the file exists. */
export const ADMIN_PASSWORD = "grafana-admin-password";

/** The image exits if both the password and its file are set. */
const PASSWORD = `Write the password to the file secrets/${ADMIN_PASSWORD} in the stack's directory before the first start.`;

const Settings = z.strictObject({
  database: Database.exactOptional(),
  oidc: Oidc.exactOptional(),
  adminUser: z.string().min(1).default("admin"),
  dashboardNewLayouts: z.boolean().default(false),
});

/** Login of the administrator. */
export function adminUserOf({ settings }: Service): string {
  return (settings as z.output<typeof Settings>).adminUser;
}

/** Grafana serves its metrics without a login, unless they have their own credentials. */
const SECURED = {
  GF_SECURITY_COOKIE_SECURE: "true",
  GF_METRICS_BASIC_AUTH_USERNAME: OWN_USER,
  GF_METRICS_BASIC_AUTH_PASSWORD__FILE: inContainer(SECRET.own),
};

export const grafana = serviceType({
  name: "grafana",
  title: "Grafana",
  image: { repository: "grafana/grafana", version: "12.4.2" },
  container: "grafana",
  ports: { http: { container: 3000, host: 3000, what: "HTTP" } },
  memory: "512m",
  settings: Settings,
  reserved: {
    GF_SECURITY_ADMIN_USER: "Set services.grafana.adminUser.",
    GF_SECURITY_ADMIN_PASSWORD: PASSWORD,
    GF_SECURITY_ADMIN_PASSWORD__FILE: PASSWORD,
  },
  after: [],
  guard: "login",
  user: 472,
  scales: ({ settings }) => settings.database !== undefined,
  elsewhere: ({ settings: { database } }) =>
    database && { what: `Grafana's database at ${database.server}: back it up with pg_dump` },
  check: { type: "http", port: "http", path: "/api/health", contains: '"database"' },
  main: "http",
  parts(own, { access, publicUrl }) {
    const { adminUser, dashboardNewLayouts, database, oidc } = own.settings;
    const url = publicUrl(own, "http");
    return {
      environment: {
        GF_SECURITY_ADMIN_USER: adminUser,
        GF_SECURITY_ADMIN_PASSWORD__FILE: `/run/secrets/${ADMIN_PASSWORD}`,
        // Base of links in notifications and of shared URLs.
        ...(url === undefined ? {} : { GF_SERVER_ROOT_URL: url }),
        ...(dashboardNewLayouts ? { GF_FEATURE_TOGGLES_ENABLE: "dashboardNewLayouts" } : {}),
        ...(access === undefined ? {} : SECURED),
        ...(database === undefined ? {} : databaseVariables(database)),
        ...(oidc === undefined ? {} : oidcVariables(oidc)),
        GF_USERS_ALLOW_SIGN_UP: "false",
        GF_ANALYTICS_REPORTING_ENABLED: "false",
      },
      secrets: [
        ADMIN_PASSWORD,
        ...(access === undefined ? [] : [SECRET.own]),
        ...(database === undefined ? [] : [databaseFile(database)]),
        ...(oidc === undefined ? [] : [oidcFile(oidc)]),
      ],
      ...(access === undefined ? {} : { secretsAtStart: [SECRET.own] }),
      mounts: [
        {
          type: "volume",
          name: "grafana-data",
          target: "/var/lib/grafana",
          ...(database === undefined ? {} : { temporary: true }),
        },
      ],
      probe: ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:3000/api/health"],
      // For webhooks of contact points.
      connectsToHost: true,
      readOnlyRoot: "production",
    };
  },
  scrape: (_own, stack) => ownJob("grafana", stack.address("grafana", "http")),
});

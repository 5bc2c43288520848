import { z } from "zod";
import { ownJob, serviceType, type CommonSettings, type Service } from "../service.ts";

export interface GrafanaSettings extends CommonSettings {
  /** Its administrator's login. The password is made at the first start, or read from a file. Default: `"admin"`. */
  readonly adminUser?: string;
}

/** The secret that `up` makes, unless somebody put one there. */
export const ADMIN_PASSWORD = "grafana-admin-password";

/** What to do in place of naming it in `environment`. With both, the image ends: they exclude each other. */
const PASSWORD = `Put it into the file secrets/${ADMIN_PASSWORD} of the stack's folder, before the first start.`;

const Settings = z.strictObject({ adminUser: z.string().min(1).default("admin") });

/** Who its administrator is. */
export function adminUserOf({ settings }: Service): string {
  return (settings as z.output<typeof Settings>).adminUser;
}

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
  check: { type: "http", port: "http", path: "/api/health", contains: '"database"' },
  main: "http",
  parts({ settings: { adminUser }, ports }) {
    return {
      environment: {
        GF_SECURITY_ADMIN_USER: adminUser,
        GF_SECURITY_ADMIN_PASSWORD__FILE: `/run/secrets/${ADMIN_PASSWORD}`,
        // What links in notifications and shared URLs begin with.
        ...(ports["http"] === undefined ? {} : { GF_SERVER_ROOT_URL: `http://localhost:${ports["http"]}/` }),
        GF_USERS_ALLOW_SIGN_UP: "false",
        GF_ANALYTICS_REPORTING_ENABLED: "false",
      },
      secrets: [ADMIN_PASSWORD],
      mounts: [{ type: "volume", name: "grafana-data", target: "/var/lib/grafana" }],
      probe: ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:3000/api/health"],
      // Webhooks of contact points.
      asksHost: true,
    };
  },
  scrape: (_own, stack) => ownJob("grafana", stack.address("grafana", "http")),
});

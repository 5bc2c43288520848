import { z } from "zod";
import { certificateSecrets, SECRET, webOptions, webProbe } from "../access.ts";
import { ownJob, serviceType, type CommonSettings } from "../service.ts";
import { HttpUrl } from "../settings.ts";
import { ALERTING, alertingConfiguration, alertingFiles, type AlertingSettings } from "./alertmanager-config.ts";

export interface AlertmanagerSettings extends CommonSettings, AlertingSettings {
  /**
   * Webhook for alerts of Prometheus' own rules: `"http://host.docker.internal:8009/api/v1/alerts"`. Short for one receiver.
   * Default: none, the alerts are only shown. Alert rules of Grafana use Grafana's contact points instead.
   */
  readonly webhook?: string;
}

const Settings = z.strictObject({ webhook: HttpUrl.exactOptional(), ...ALERTING });

export const alertmanager = serviceType({
  name: "alertmanager",
  title: "Alertmanager",
  image: { repository: "prom/alertmanager", version: "v0.34.1" },
  container: "alertmanager",
  ports: { http: { container: 9093, host: 9093, what: "HTTP" } },
  memory: "128m",
  settings: Settings,
  after: [],
  guard: "web",
  user: 65_534,
  check: { type: "http", port: "http", path: "/-/ready" },
  main: "http",
  parts(own, { access, publicUrl }) {
    const { webhook, ...alerting } = own.settings;
    const secrets = [
      ...(access === undefined ? [] : [SECRET.web, ...certificateSecrets(access)]),
      ...alertingFiles(alerting),
    ];
    return {
      command: [
        "--config.file=/etc/alertmanager/alertmanager.yml",
        "--storage.path=/alertmanager",
        ...webOptions(access, publicUrl(own, "http")),
      ],
      mounts: [
        { type: "config", directory: "alertmanager", target: "/etc/alertmanager" },
        { type: "volume", name: "alertmanager-data", target: "/alertmanager" },
      ],
      files: {
        "alertmanager/alertmanager.yml": alertingConfiguration(alerting, webhook),
      },
      ...(secrets.length > 0 ? { secrets } : {}),
      probe: webProbe(access, 9093, "/-/ready"),
      connectsToHost:
        webhook !== undefined || Object.values(alerting.receivers).some((one) => one.webhook !== undefined),
      connectsOutside:
        webhook !== undefined || alerting.heartbeat !== undefined || Object.keys(alerting.receivers).length > 0,
      readOnlyRoot: "production",
    };
  },
  scrape: (_own, stack) => ownJob("alertmanager", stack.address("alertmanager", "http")),
});

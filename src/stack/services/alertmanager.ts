import { z } from "zod";
import { ownJob, serviceType, type CommonSettings } from "../service.ts";
import { HttpUrl } from "../settings.ts";

export interface AlertmanagerSettings extends CommonSettings {
  /**
   * Webhook for alerts of Prometheus' own rules: `"http://host.docker.internal:8009/api/v1/alerts"`. Default: none, the
   * alerts are only shown. Alert rules of Grafana use Grafana's contact points instead.
   */
  readonly webhook?: string;
}

export const alertmanager = serviceType({
  name: "alertmanager",
  title: "Alertmanager",
  image: { repository: "prom/alertmanager", version: "v0.34.1" },
  container: "alertmanager",
  ports: { http: { container: 9093, host: 9093, what: "HTTP" } },
  memory: "128m",
  settings: z.strictObject({ webhook: HttpUrl.exactOptional() }),
  after: [],
  check: { type: "http", port: "http", path: "/-/ready" },
  main: "http",
  parts({ settings: { webhook } }) {
    return {
      command: ["--config.file=/etc/alertmanager/alertmanager.yml", "--storage.path=/alertmanager"],
      mounts: [
        { type: "config", directory: "alertmanager", target: "/etc/alertmanager" },
        { type: "volume", name: "alertmanager-data", target: "/alertmanager" },
      ],
      files: {
        "alertmanager/alertmanager.yml": {
          route: {
            receiver: webhook === undefined ? "none" : "webhook",
            group_by: ["alertname", "job"],
            group_wait: "30s",
            group_interval: "5m",
            repeat_interval: "4h",
          },
          receivers: [
            webhook === undefined
              ? { name: "none" }
              : { name: "webhook", webhook_configs: [{ url: webhook, send_resolved: true }] },
          ],
        },
      },
      probe: ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:9093/-/ready"],
      connectsToHost: webhook !== undefined,
    };
  },
  scrape: (_own, stack) => ownJob("alertmanager", stack.address("alertmanager", "http")),
});

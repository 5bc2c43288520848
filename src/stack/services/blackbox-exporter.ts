import { z } from "zod";
import { serviceType, ownJob, type CommonSettings } from "../service.ts";
import { Duration, HttpUrl } from "../settings.ts";

export interface BlackboxExporterSettings extends CommonSettings {
  /** URLs to probe for availability and certificate expiry. Default: none. */
  readonly targets?: readonly string[];
  /** Probe interval. Default: the stack's `scrapeInterval`. */
  readonly interval?: string;
}

/** Alert rules about certificates select this job. */
const JOB = "blackbox-exporter";

export const blackboxExporter = serviceType({
  name: "blackbox-exporter",
  title: "Blackbox exporter",
  image: { repository: "prom/blackbox-exporter", version: "v0.28.0" },
  container: "blackbox-exporter",
  ports: { http: { container: 9115, host: 9115, what: "HTTP" } },
  memory: "64m",
  settings: z.strictObject({
    targets: z.array(HttpUrl).default([]),
    interval: Duration.exactOptional(),
  }),
  after: [],
  check: { type: "http", port: "http", path: "/-/healthy" },
  main: "http",
  user: 65_534,
  parts() {
    return {
      command: ["--config.file=/etc/blackbox_exporter/blackbox.yml"],
      mounts: [{ type: "config", directory: "blackbox-exporter", target: "/etc/blackbox_exporter" }],
      files: {
        "blackbox-exporter/blackbox.yml": {
          modules: {
            http_2xx: { prober: "http", timeout: "5s", http: { preferred_ip_protocol: "ip4" } },
            tcp_connect: { prober: "tcp", timeout: "5s" },
          },
        },
      },
      probe: ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:9115/-/healthy"],
      connectsToHost: true,
      readOnlyRoot: "production",
    };
  },
  scrape({ settings: { targets, interval } }, stack) {
    const address = stack.address("blackbox-exporter", "http");
    if (address === undefined) return [];
    const probes = {
      job_name: JOB,
      metrics_path: "/probe",
      ...(interval === undefined ? {} : { scrape_interval: interval }),
      params: { module: ["http_2xx"] },
      static_configs: [{ targets }],
      relabel_configs: [
        // Scrapes the exporter with the target as a parameter, and keeps the target as the instance.
        { source_labels: ["__address__"], target_label: "__param_target" },
        { source_labels: ["__param_target"], target_label: "instance" },
        { target_label: "__address__", replacement: address },
      ],
    };
    return [...ownJob("blackbox", address), ...(targets.length === 0 ? [] : [probes])];
  },
});

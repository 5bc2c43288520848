import { z } from "zod";
import { applicationLogs, containerLogs, httpProbe, logMounts, type ContainerLogs } from "../logs.ts";
import { ownJob, serviceType, type CommonSettings } from "../service.ts";

export type PromtailSettings = CommonSettings;

/** End of life since 2026: only for teams that still depend on it. */
export const promtail = serviceType({
  name: "promtail",
  title: "Promtail",
  image: { repository: "grafana/promtail", version: "3.6.10" },
  container: "promtail",
  ports: { http: { container: 9080, host: 9080, what: "HTTP" } },
  memory: "128m",
  settings: z.strictObject({}),
  needs: () => "loki",
  // The first container that mounts a volume determines its owner.
  after: ["loki", "fastapi-backend"],
  // /ready fails while there is no log file.
  check: { type: "http", port: "http", path: "/metrics", contains: "promtail_build_info" },
  main: "http",
  // Only root can read the log files of containers.
  user: 0,
  perNode: true,
  parts(_own, stack) {
    const loki = stack.address("loki", "http") ?? "";
    const containers = containerLogs(stack);
    const application = applicationLogs(stack);
    return {
      command: ["-config.file=/etc/promtail/promtail.yaml"],
      mounts: [
        { type: "config", directory: "promtail", target: "/etc/promtail" },
        { type: "volume", name: "promtail-data", target: "/var/lib/promtail" },
        ...logMounts(stack),
      ],
      files: {
        "promtail/promtail.yaml": {
          server: { http_listen_port: 9080, grpc_listen_port: 0 },
          positions: { filename: "/var/lib/promtail/positions.yaml" },
          clients: [{ url: `http://${loki}/loki/api/v1/push`, tenant_id: stack.logs.tenant }],
          scrape_configs: [
            ...(containers === undefined ? [] : [ofContainers(containers)]),
            ...(application === undefined ? [] : [files("application", application)]),
          ],
        },
      },
      probe: httpProbe(9080, "/metrics"),
      keepsCapabilities: true,
      readOnlyRoot: "production",
    };
  },
  scrape: (_own, stack) => ownJob("promtail", stack.address("promtail", "http")),
});

function files(job: string, path: string): object {
  return { job_name: job, static_configs: [{ targets: ["localhost"], labels: { job, __path__: path } }] };
}

function ofContainers({ job, path, pattern, labels, format }: ContainerLogs): object {
  const byPath = { regex: { expression: pattern, source: "filename" } };
  const labelsOf = (names: readonly string[]) => ({ labels: Object.fromEntries(names.map((name) => [name, null])) });
  const stages = {
    cri: [{ cri: {} }, byPath, labelsOf(labels)],
    json: [
      { json: { expressions: { output: "log", stream: "stream", time: "time" } } },
      byPath,
      labelsOf([...labels, "stream"]),
      { timestamp: { source: "time", format: "RFC3339Nano" } },
      { output: { source: "output" } },
    ],
  };
  return { ...files(job, path), pipeline_stages: stages[format] };
}

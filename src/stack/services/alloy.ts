import { z } from "zod";
import { httpProbe, LOG_PATHS, logMounts } from "../logs.ts";
import { ownJob, serviceType, type CommonSettings, type Logs } from "../service.ts";

export type AlloySettings = CommonSettings;

/** Collects logs. Successor of Promtail: https://grafana.com/docs/alloy/latest/set-up/migrate/from-promtail/ */
export const alloy = serviceType({
  name: "alloy",
  title: "Alloy",
  image: { repository: "grafana/alloy", version: "v1.18.1" },
  container: "alloy",
  ports: { http: { container: 12345, host: 12345, what: "HTTP" } },
  memory: "512m",
  settings: z.strictObject({}),
  needs: () => "loki",
  // The first container that mounts a volume determines its owner.
  after: ["loki", "fastapi-backend"],
  check: { type: "http", port: "http", path: "/-/ready" },
  main: "http",
  parts(_own, stack) {
    return {
      command: [
        "run",
        "--server.http.listen-addr=0.0.0.0:12345",
        "--storage.path=/var/lib/alloy/data",
        "--disable-reporting",
        "/etc/alloy/config.alloy",
      ],
      mounts: [
        { type: "config", directory: "alloy", target: "/etc/alloy" },
        { type: "volume", name: "alloy-data", target: "/var/lib/alloy/data" },
        ...logMounts(stack.logs),
      ],
      files: { "alloy/config.alloy": configuration(stack.logs, stack.address("loki", "http") ?? "") },
      probe: httpProbe(12345, "/-/ready"),
      keepsCapabilities: true,
      readOnlyRoot: "production",
    };
  },
  scrape: (_own, stack) => ownJob("alloy", stack.address("alloy", "http")),
});

function configuration({ containers, application, tenant }: Logs, loki: string): string {
  const blocks = [
    containers === undefined ? undefined : files("docker", LOG_PATHS.containers, "loki.process.docker.receiver"),
    containers === undefined ? undefined : CONTAINERS,
    application === undefined ? undefined : files("application", LOG_PATHS.application, "loki.write.loki.receiver"),
    `loki.write "loki" {
  endpoint {
    url       = ${JSON.stringify(`http://${loki}/loki/api/v1/push`)}
    tenant_id = ${JSON.stringify(tenant)}
  }
}`,
  ];
  // Indented with tabs, as `alloy fmt` does.
  const text = blocks.filter((block) => block !== undefined).join("\n\n");
  return `${text.replaceAll(/^(?: {2})+/gm, (indent) => "\t".repeat(indent.length / 2))}\n`;
}

function files(job: string, path: string, receiver: string): string {
  return `local.file_match "${job}" {
  path_targets = [{"__path__" = "${path}", "job" = "${job}"}]
}

loki.source.file "${job}" {
  targets    = local.file_match.${job}.targets
  forward_to = [${receiver}]
}`;
}

const CONTAINERS = `loki.process "docker" {
  forward_to = [loki.write.loki.receiver]

  stage.json {
    expressions = {output = "log", stream = "", time = ""}
  }

  stage.regex {
    expression = "^/var/lib/docker/containers/(?P<container_id>[^/]+)/.*$"
    source     = "filename"
  }

  stage.labels {
    values = {container_id = "", stream = ""}
  }

  stage.timestamp {
    source = "time"
    format = "RFC3339Nano"
  }

  stage.output {
    source = "output"
  }
}`;

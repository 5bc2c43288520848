import { z } from "zod";
import { applicationLogs, containerLogs, httpProbe, logMounts, type ContainerLogs } from "../logs.ts";
import { ownJob, serviceType, type CommonSettings, type StackContext } from "../service.ts";

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
  // Only root can read the log files of containers.
  user: 0,
  perNode: true,
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
        ...logMounts(stack),
      ],
      files: { "alloy/config.alloy": configuration(stack, stack.address("loki", "http") ?? "") },
      probe: httpProbe(12345, "/-/ready"),
      keepsCapabilities: true,
      readOnlyRoot: "production",
    };
  },
  scrape: (_own, stack) => ownJob("alloy", stack.address("alloy", "http")),
});

function configuration(stack: StackContext, loki: string): string {
  const containers = containerLogs(stack);
  const application = applicationLogs(stack);
  const blocks = [
    ...(containers === undefined
      ? []
      : [files(containers.job, containers.path, `loki.process.${containers.job}.receiver`), ofContainers(containers)]),
    ...(application === undefined ? [] : [files("application", application, "loki.write.loki.receiver")]),
    `loki.write "loki" {
  endpoint {
    url       = ${JSON.stringify(`http://${loki}/loki/api/v1/push`)}
    tenant_id = ${JSON.stringify(stack.logs.tenant)}
  }
}`,
  ];
  // Indented with tabs, as `alloy fmt` does.
  const text = blocks.join("\n\n");
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

function ofContainers({ job, pattern, labels, format }: ContainerLogs): string {
  const path = `stage.regex {
    expression = ${JSON.stringify(pattern)}
    source     = "filename"
  }`;
  const found = [...labels, "stream"].map((label) => `${label} = ""`).join(", ");
  const stages = {
    // It sets the time, the line and the label `stream`, and joins the parts of long lines.
    cri: ["stage.cri { }", path, labelStage(labels.map((label) => `${label} = ""`).join(", "))],
    json: [JSON_STAGE, path, labelStage(found), TIME_AND_LINE],
  };
  return `loki.process "${job}" {
  forward_to = [loki.write.loki.receiver]

  ${stages[format].join("\n\n  ")}
}`;
}

function labelStage(values: string): string {
  return `stage.labels {
    values = {${values}}
  }`;
}

const JSON_STAGE = `stage.json {
    expressions = {output = "log", stream = "", time = ""}
  }`;

const TIME_AND_LINE = `stage.timestamp {
    source = "time"
    format = "RFC3339Nano"
  }

  stage.output {
    source = "output"
  }`;

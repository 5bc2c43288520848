import { z } from "zod";
import { ownJob, serviceType, type CommonSettings } from "../service.ts";

export type NodeExporterSettings = CommonSettings;

/** Excludes file systems of containers and of the kernel. */
const MOUNT_POINTS = "^/(dev|proc|run|sys|var/lib/docker/.+|var/lib/containers/.+)($|/)";

export const nodeExporter = serviceType({
  name: "node-exporter",
  title: "Node exporter",
  image: { repository: "prom/node-exporter", version: "v1.12.1" },
  container: "node-exporter",
  ports: { http: { container: 9100, host: 9100, what: "HTTP" } },
  memory: "64m",
  settings: z.strictObject({}),
  after: [],
  check: { type: "http", port: "http", path: "/metrics", contains: "node_exporter_build_info" },
  main: "http",
  user: 65_534,
  perNode: true,
  parts() {
    return {
      command: ["--path.rootfs=/host", `--collector.filesystem.mount-points-exclude=${MOUNT_POINTS}`],
      mounts: [{ type: "host", path: "/", target: "/host" }],
      probe: ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:9100/"],
      hostProcesses: true,
      readOnlyRoot: "production",
    };
  },
  scrape: (_own, stack) => ownJob("node-exporter", stack.address("node-exporter", "http")),
});

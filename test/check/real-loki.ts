import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { freePorts } from "../e2e/programs.ts";
import type { Stream } from "./loki.ts";

const PROGRAM = process.env["E2E_LOKI"] || "loki";

/** Why tests with a real Loki are skipped; empty if they are not. */
export const NO_LOKI =
  spawnSync(PROGRAM, ["--version"]).status === 0 ? "" : "loki is neither on the PATH nor in E2E_LOKI";

export interface RealLoki {
  readonly url: string;
  close(): Promise<void>;
}

/** Starts a Loki with these streams. */
export async function startLoki(streams: readonly Stream[]): Promise<RealLoki> {
  const directory = await mkdtemp(join(tmpdir(), "grafana-provision-loki-"));
  const [port, grpc] = await freePorts(2);
  const at = (path: string) => join(directory, path);
  const configuration = {
    auth_enabled: false,
    server: {
      http_listen_address: "127.0.0.1",
      http_listen_port: port,
      grpc_listen_address: "127.0.0.1",
      grpc_listen_port: grpc,
      log_level: "error",
    },
    common: {
      path_prefix: directory,
      replication_factor: 1,
      instance_addr: "127.0.0.1",
      ring: { kvstore: { store: "inmemory" } },
      storage: { filesystem: { chunks_directory: at("chunks"), rules_directory: at("rules") } },
    },
    ingester: { lifecycler: { address: "127.0.0.1", final_sleep: "0s", min_ready_duration: "0s" } },
    schema_config: {
      configs: [
        {
          from: "2024-01-01",
          store: "tsdb",
          object_store: "filesystem",
          schema: "v13",
          index: { prefix: "index_", period: "24h" },
        },
      ],
    },
    limits_config: { reject_old_samples: false, discover_log_levels: false, discover_service_name: [] },
    analytics: { reporting_enabled: false },
  };
  await writeFile(at("loki.yaml"), stringify(configuration));
  const child = spawn(PROGRAM, [`-config.file=${at("loki.yaml")}`], { cwd: directory, stdio: "ignore" });
  const exited = once(child, "exit");
  const url = `http://127.0.0.1:${port}`;
  while (
    !(await fetch(`${url}/ready`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null) throw new Error(`loki ended with ${child.exitCode}`);
    await sleep(100);
  }
  const body = {
    streams: streams.map(({ labels, lines }) => ({
      stream: labels,
      values: lines.map(([time, line]) => [`${time}000000`, line]),
    })),
  };
  const response = await fetch(`${url}/loki/api/v1/push`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`loki rejects the lines: ${await response.text()}`);
  return {
    url,
    async close() {
      child.kill("SIGKILL");
      await exited;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

import { execFileSync, type ChildProcess } from "node:child_process";
import { createServer } from "node:https";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { answers, freePort, python, start, stopAll } from "./programs.ts";

export const TOKEN = "token of the end-to-end tests";

/** The parts of the chain, without Grafana. */
export interface Chain {
  readonly directory: string;
  readonly backend: { readonly url: string; readonly process: ChildProcess };
  readonly redis: ChildProcess;
  /** The receiver of alerts, which runs without the backend. */
  readonly receiver: string;
  readonly prometheus: string;
  end(): Promise<void>;
}

/** Starts everything on free ports. All data is in a temporary directory. */
export async function startChain(grafana: string): Promise<Chain> {
  const directory = mkdtempSync(join(tmpdir(), "grafana-provision-e2e-"));
  const [redisPort, redisExporter, nodeExporter, blackbox, backendPort, receiverPort, prometheusPort] =
    await Promise.all(Array.from({ length: 7 }, freePort));
  const local = (port: number | undefined) => `http://127.0.0.1:${port}`;
  const redis = start(
    "redis",
    ["redis-server", "--port", `${redisPort}`, "--save", "", "--maxmemory", "64mb"],
    directory,
  );
  const web = "127.0.0.1:";
  start(
    "redis-exporter",
    [
      "prometheus-redis-exporter",
      `--web.listen-address=${web}${redisExporter}`,
      `--redis.addr=redis://${web}${redisPort}`,
    ],
    directory,
  );
  const disk = fullDisk(directory);
  start("node-exporter", ["prometheus-node-exporter", `--web.listen-address=${web}${nodeExporter}`], directory);
  writeFileSync(
    join(directory, "blackbox.yml"),
    stringify({ modules: { http_2xx: { prober: "http", http: { tls_config: { insecure_skip_verify: true } } } } }),
  );
  start(
    "blackbox-exporter",
    ["prometheus-blackbox-exporter", "--config.file=blackbox.yml", `--web.listen-address=${web}${blackbox}`],
    directory,
  );
  const site = await expiringSite(directory);

  const backend = python("backend", ["backend"], directory, {
    PORT: `${backendPort}`,
    REDIS_URL: `redis://${web}${redisPort}`,
    SIMULATE: "true",
    WORKERS: "4",
    // Exemplars require traces, but no collector.
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9",
  });
  python("receiver", ["backend.receiver"], directory, { RECEIVER_PORT: `${receiverPort}`, ALERT_WEBHOOK_TOKEN: TOKEN });

  const job = (name: string, port: number | string | undefined) => ({
    job_name: name,
    static_configs: [{ targets: [typeof port === "string" ? port : `${web}${port}`] }],
  });
  writeFileSync(
    join(directory, "prometheus.yml"),
    stringify({
      global: { scrape_interval: "2s", scrape_timeout: "2s" },
      scrape_configs: [
        job("prometheus", prometheusPort),
        job("fastapi-backend", backendPort),
        job("redis-exporter", redisExporter),
        job("node-exporter", nodeExporter),
        job("grafana", new URL(grafana).host),
        {
          ...job("blackbox-exporter", `${web}${blackbox}`),
          metrics_path: "/probe",
          params: { module: ["http_2xx"], target: [site.url] },
        },
      ],
    }),
  );
  start(
    "prometheus",
    [
      "prometheus",
      "--config.file=prometheus.yml",
      "--storage.tsdb.path=prometheus",
      `--web.listen-address=${web}${prometheusPort}`,
      "--enable-feature=exemplar-storage",
    ],
    directory,
  );
  const chain = {
    directory,
    backend: { url: local(backendPort), process: backend },
    redis,
    receiver: local(receiverPort),
    prometheus: local(prometheusPort),
    async end() {
      await stopAll();
      site.close();
      disk.unmount();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  try {
    await Promise.all([
      answers(`${chain.backend.url}/health`),
      answers(`${chain.receiver}/health`),
      answers(`${chain.prometheus}/-/ready`),
    ]);
  } catch (error) {
    await chain.end();
    throw error;
  }
  return chain;
}

/** A full file system of its own. It requires root and a loop device; without them, nothing is mounted. */
function fullDisk(directory: string): { unmount(): void } {
  const mountpoint = join(directory, "disk");
  mkdirSync(mountpoint);
  try {
    execFileSync("truncate", ["-s", "16M", "disk.img"], { cwd: directory });
    execFileSync("mkfs.ext4", ["-q", "-F", "disk.img"], { cwd: directory });
    execFileSync("mount", ["-o", "loop", "disk.img", mountpoint], { cwd: directory, stdio: "ignore" });
  } catch {
    return { unmount: () => {} };
  }
  writeFileSync(join(mountpoint, "file"), Buffer.alloc(12_500_000));
  return { unmount: () => execFileSync("umount", ["--lazy", mountpoint]) };
}

/** An HTTPS server whose certificate expires in five days. */
async function expiringSite(directory: string): Promise<{ url: string; close(): void }> {
  const [key, cert] = [join(directory, "key.pem"), join(directory, "cert.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"];
  const options = [
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-days",
    "5",
    "-keyout",
    key,
    "-out",
    cert,
    ...subject,
  ];
  execFileSync("openssl", options, { stdio: "ignore" });
  const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_request, response) => {
    response.end("ok");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  return {
    url: `https://127.0.0.1:${typeof address === "object" && address ? address.port : 0}`,
    close: () => server.close(),
  };
}

/** Makes traffic with enough of each fault to exceed the limit of each alert. Returns the output of the load generator. */
export async function makeLoad({ directory, backend }: Chain, seconds: number): Promise<string> {
  const shares = {
    errors: 0.12,
    slow: 0.15,
    "slow-queries": 0.15,
    "failed-logins": 0.02,
    "agent-failures": 0.08,
    "pusher-failures": 0.08,
  };
  const child = python(
    "load",
    [
      "backend.load",
      "--url",
      backend.url,
      "--duration",
      `${seconds}`,
      "--rate",
      "12",
      ...Object.entries(shares).flatMap(([name, share]) => [`--${name}`, `${share}`]),
    ],
    directory,
  );
  const [code] = (await once(child, "exit")) as [number | null];
  const output = readFileSync(join(directory, "load.log"), "utf8");
  if (code !== 0) throw new Error(`the load failed: ${output}`);
  return output;
}

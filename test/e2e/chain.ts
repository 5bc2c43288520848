import { execFileSync, spawnSync, type ChildProcess } from "node:child_process";
import { createServer } from "node:https";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import {
  answers,
  containerLine,
  containerLogIn,
  freePorts,
  logAsContainer,
  missingPrograms,
  part,
  python,
  start,
  stopAll,
  TELEMETRY,
  type Part,
  type TelemetryProgram,
} from "./programs.ts";
import { LOGS, startTelemetry, type Telemetry } from "./telemetry.ts";

export const TOKEN = "token of the end-to-end tests";

/** The parts of the chain, without Grafana. */
export interface Chain {
  readonly directory: string;
  /** The URL of the backend. */
  readonly backend: string;
  readonly parts: Readonly<Record<"backend" | "redis" | "prometheus", Part>>;
  /** The backend in this directory is the one that starts next. */
  useBackend(directory: string): void;
  /** The receiver of alerts, which runs without the backend. */
  readonly receiver: string;
  readonly prometheus: string;
  /** Undefined without Loki or the collector. */
  readonly telemetry: Telemetry | undefined;
  /** The programs for logs and traces that don't run. */
  readonly absent: readonly TelemetryProgram[];
  /** The log file of the backend's container. */
  readonly containerLog: string;
  end(): Promise<void>;
}

const PREFIX = "grafana-provision-e2e-";

/** Directories of killed runs. Their processes and mounts ended with these runs. */
function removeOldDirectories(): void {
  for (const name of readdirSync(tmpdir()).filter((one) => one.startsWith(PREFIX))) {
    const [pid] = name.slice(PREFIX.length).split("-");
    if (!existsSync(`/proc/${pid}`)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

/** Starts everything on free ports. All data is in a temporary directory. */
export async function startChain(grafana: string): Promise<Chain> {
  removeOldDirectories();
  const directory = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  const [redisPort, redisExporter, nodeExporter, blackbox, backendPort, receiverPort, prometheusPort] =
    await freePorts(7);
  const local = (port: number | undefined) => `http://127.0.0.1:${port}`;
  const redis = part(() =>
    start("redis", ["redis-server", "--port", `${redisPort}`, "--save", "", "--maxmemory", "64mb"], directory),
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
  start(
    "node-exporter",
    [...withFullDisk(directory), "prometheus-node-exporter", `--web.listen-address=${web}${nodeExporter}`],
    directory,
  );
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
  const telemetry = await startTelemetry(directory, local(prometheusPort));

  const variables = {
    PORT: `${backendPort}`,
    REDIS_URL: `redis://${web}${redisPort}`,
    SIMULATE: "true",
    WORKERS: "4",
    // Logs all statements, for the panels that show them.
    SLOW_QUERY_SECONDS: "0",
    LOG_DIRECTORY: LOGS.application,
    OTEL_LOGS_EXPORTER: "otlp",
    // Exemplars require traces, but no collector.
    OTEL_EXPORTER_OTLP_ENDPOINT: telemetry?.collector ?? "http://127.0.0.1:9",
  };
  const containerLog = containerLogIn(join(directory, LOGS.containers));
  let ofBackend: Readonly<Record<string, string>> = {};
  const backend = part(() => {
    const child = python("backend", ["backend"], directory, { ...variables, ...ofBackend }, "pipe");
    logAsContainer(child, containerLog);
    return child;
  });
  python("receiver", ["backend.receiver"], directory, { RECEIVER_PORT: `${receiverPort}`, ALERT_WEBHOOK_TOKEN: TOKEN });

  const job = (name: string, port: number | string | undefined) => ({
    job_name: name,
    static_configs: [{ targets: [typeof port === "string" ? port : `${web}${port}`] }],
  });
  writeFileSync(
    join(directory, "prometheus.yml"),
    stringify({
      global: { scrape_interval: "5s", scrape_timeout: "5s" },
      scrape_configs: [
        job("prometheus", prometheusPort),
        job("fastapi-backend", backendPort),
        job("redis-exporter", redisExporter),
        job("node-exporter", nodeExporter),
        job("grafana", new URL(grafana).host),
        ...Object.entries(telemetry?.jobs ?? {}).map(([name, address]) => job(name, address)),
        {
          ...job("blackbox-exporter", `${web}${blackbox}`),
          metrics_path: "/probe",
          params: { module: ["http_2xx"], target: [site.url] },
        },
      ],
    }),
  );
  const prometheus = part(() =>
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
    ),
  );
  const chain = {
    directory,
    backend: local(backendPort),
    parts: { backend, redis, prometheus },
    useBackend(path: string) {
      ofBackend = { PYTHONPATH: path };
    },
    receiver: local(receiverPort),
    prometheus: local(prometheusPort),
    telemetry,
    absent: telemetry ? missingPrograms() : TELEMETRY,
    containerLog,
    async end() {
      await stopAll();
      site.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  try {
    await Promise.all([
      answers(`${chain.backend}/health`),
      answers(`${chain.receiver}/health`),
      answers(`${chain.prometheus}/-/ready`),
    ]);
  } catch (error) {
    await chain.end();
    throw error;
  }
  return chain;
}

/**
 * A command that starts another one with a full file system, in a mount namespace that ends with it. It requires root and a
 * loop device: without them, the other command starts without this file system.
 */
function withFullDisk(directory: string): string[] {
  mkdirSync(join(directory, "disk"));
  const mount = `truncate -s 16M disk.img && mkfs.ext4 -q -F disk.img && mount -o loop disk.img disk &&
    head -c 12500000 /dev/zero > disk/file`;
  // The node exporter reads /proc/1/mounts, so it must be the first process of its namespace.
  const prefix = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  if (spawnSync("unshare", [...prefix.slice(1), "true"]).status !== 0) return [];
  return [...prefix, "sh", "-c", `{ ${mount}; } ; exec "$@"`, "sh"];
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

/** Makes traffic with enough of each fault to exceed the limit of each alert. It continues after this time, until the chain ends. */
export async function makeLoad(chain: Chain, seconds: number): Promise<void> {
  const child = startLoad(chain);
  const ended = once(child, "exit");
  const started = await Promise.race([sleep(seconds * 1000, true), ended.then(() => false)]);
  if (!started) throw new Error(`the load ended: ${readFileSync(join(chain.directory, "load.log"), "utf8")}`);
}

function startLoad({ directory, backend }: Chain): ChildProcess {
  const shares = {
    errors: 0.12,
    slow: 0.15,
    "slow-queries": 0.15,
    "failed-logins": 0.02,
    "agent-failures": 0.08,
    "pusher-failures": 0.08,
  };
  return python(
    "load",
    [
      "backend.load",
      "--url",
      backend,
      "--duration",
      "86400",
      "--rate",
      process.env["E2E_RATE"] ?? "8",
      ...Object.entries(shares).flatMap(([name, share]) => [`--${name}`, `${share}`]),
    ],
    directory,
  );
}

/** Opens many requests at once, so that some take more than 100 ms. */
export async function makeBurst({ backend: url }: Chain): Promise<void> {
  const login = JSON.stringify({ name: "burst", password: "a password of the burst" });
  const post = async (path: string) =>
    fetch(`${url}${path}`, { method: "POST", body: login, headers: { "Content-Type": "application/json" } });
  await post("/api/v1/users");
  const { access_token: token } = (await (await post("/api/v1/auth/login")).json()) as { access_token: string };
  const headers = { Authorization: `Bearer ${token}` };
  await Promise.all(Array.from({ length: 100 }, () => fetch(`${url}/api/v1/content`, { headers })));
}

/** Log lines that Loki rejects because they are a month old: one over OTLP and one in a file. */
export async function sendOldLines({ telemetry, containerLog }: Chain): Promise<void> {
  const month = new Date(Date.now() - 30 * 86_400_000);
  appendFileSync(containerLog, containerLine("an old line", month));
  const record = { timeUnixNano: `${month.getTime()}000000`, body: { stringValue: "an old line" } };
  await fetch(`${telemetry?.collector}/v1/logs`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] }),
  });
}

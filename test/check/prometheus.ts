import { execFile, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

/** Why tests with a real Prometheus are skipped; undefined if they are not. */
export const NO_PROMETHEUS = ["prometheus", "promtool"]
  .filter((name) => spawnSync(name, ["--version"]).status !== 0)
  .map((name) => `${name} is not installed`)
  .join(", ");

/** The time of the last samples, and the range in which each series has some. */
const END = Date.UTC(2026, 9, 20, 12);
const START = END - 3_600_000;
/** The options of `check` for this range. */
export const RANGE = ["--from", new Date(START).toISOString(), "--to", new Date(END).toISOString()];

const STEP = 30;

interface Family {
  readonly name: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly series: readonly Readonly<Record<string, string>>[];
  /** Only before the range. */
  readonly gone?: true;
}

const JOBS = ["checkout", "catalog", "payments"];
const INSTANCES = ["node-1:9100", "node-2:9100"];

function combinations(parts: Readonly<Record<string, readonly string[]>>): Readonly<Record<string, string>>[] {
  return Object.entries(parts).reduce<Readonly<Record<string, string>>[]>(
    (all, [name, values]) => all.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
    [{}],
  );
}

const FAMILIES: readonly Family[] = [
  {
    name: "http_requests_total",
    type: "counter",
    series: combinations({ job: JOBS, instance: INSTANCES, method: ["GET", "POST"], status: ["200", "404", "500"] }),
  },
  {
    name: "http_request_duration_seconds_bucket",
    type: "histogram",
    series: combinations({ job: JOBS, le: ["0.1", "0.5", "1", "+Inf"] }),
  },
  { name: "up", type: "gauge", series: combinations({ job: JOBS, instance: INSTANCES }) },
  { name: "queue_length", type: "gauge", series: combinations({ queue: ["emails", "invoices"] }) },
  // The same labels as another metric.
  { name: "queue_workers", type: "gauge", series: combinations({ queue: ["emails", "invoices"] }) },
  { name: "node_memory_available_bytes", type: "gauge", series: combinations({ instance: INSTANCES }) },
  {
    name: "node_cpu_seconds_total",
    type: "counter",
    series: combinations({ instance: INSTANCES, mode: ["idle", "user"] }),
  },
  { name: "cache_entries", type: "gauge", series: combinations({ cache: ["sessions", "products"] }) },
  { name: "legacy_orders_total", type: "counter", series: combinations({ job: ["checkout"] }), gone: true },
  { name: "legacy_sessions", type: "gauge", series: combinations({ job: ["checkout"] }), gone: true },
];

/** The samples up to `end` in the format of OpenMetrics. */
function openMetrics(end: number): string {
  // The series that vanished had their last samples before the range.
  const gone = end - 5 * 3_600_000;
  const lines = FAMILIES.flatMap(({ name, type, series, gone: isGone }) => {
    const base = name.replace(type === "counter" ? /_total$/ : /_bucket$/, "");
    const [from, to] = isGone ? [gone - 1_800_000, gone] : [end - 5_400_000, end];
    const own = series.flatMap((labels, number) => {
      const pairs = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
      const points = [];
      for (let time = from / 1000, index = 0; time <= to / 1000; time += STEP, index++) {
        const grown =
          type === "gauge"
            ? 1 + ((index + number) % 5)
            : index * (type === "histogram" ? (number % 4) + 1 : number + 1);
        const value = name === "up" ? 1 : grown;
        points.push(`${name}{${pairs.join(",")}} ${value} ${time}`);
      }
      return points;
    });
    return [
      `# TYPE ${base} ${type === "histogram" ? "unknown" : type}`.replace(base, type === "histogram" ? name : base),
      ...own,
    ];
  });
  return `${lines.join("\n")}\n# EOF\n`;
}

export interface TestPrometheus {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts a Prometheus with made-up series. `rules`: its own rules, in YAML. `scrape`: ports of this machine that it scrapes, by
 * job.
 */
export async function startPrometheus({
  end = END,
  rules = "groups: []",
  scrape = {},
}: {
  readonly end?: number;
  readonly rules?: string;
  readonly scrape?: Readonly<Record<string, number>>;
} = {}): Promise<TestPrometheus> {
  const directory = await mkdtemp(join(tmpdir(), "grafana-provision-prometheus-"));
  const data = join(directory, "data");
  await writeFile(join(directory, "metrics.txt"), openMetrics(end));
  const jobs = Object.entries(scrape).map(([job_name, port]) => ({
    job_name,
    scrape_interval: "200ms",
    scrape_timeout: "200ms",
    static_configs: [{ targets: [`127.0.0.1:${port}`] }],
  }));
  const configuration = { rule_files: ["rules.yml"], scrape_configs: jobs };
  await writeFile(join(directory, "prometheus.yml"), JSON.stringify(configuration));
  await writeFile(join(directory, "rules.yml"), `${rules}\n`);
  await promisify(execFile)("promtool", [
    "tsdb",
    "create-blocks-from",
    "openmetrics",
    join(directory, "metrics.txt"),
    data,
  ]);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const child = spawn(
    "prometheus",
    [
      `--config.file=${join(directory, "prometheus.yml")}`,
      `--storage.tsdb.path=${data}`,
      "--storage.tsdb.retention.time=100y",
      `--web.listen-address=127.0.0.1:${port}`,
      "--log.level=error",
    ],
    { stdio: "ignore" },
  );
  const exited = once(child, "exit");
  while (
    !(await fetch(`${url}/-/ready`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null) throw new Error(`prometheus ended with ${child.exitCode}`);
    await sleep(50);
  }
  return {
    url,
    async close() {
      child.kill();
      await exited;
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new TypeError("a TCP port was expected");
  return address.port;
}

import { execFile, execFileSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSandbox } from "../../../src/sandbox/server.ts";
import { migrationOutputs } from "./migration-story.ts";
import { ROOT } from "./pages.ts";
import { stackOutputs } from "./stack-story.ts";
import { CLI } from "../../helpers/cli.ts";

const HOME = "/home/you";

/** Outputs that the pages show, by name. Runs the commands, one after the other. */
export async function outputs(): Promise<ReadonlyMap<string, string>> {
  const home = await realpath(await mkdtemp(join(tmpdir(), "grafana-provision-docs-")));
  try {
    const shown = await tell(home);
    const same = stableText(home, [...shown.values()]);
    return new Map([...stackOutputs(), ...[...shown].map(([name, text]) => [name, same(text)] as const)]);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

async function tell(home: string): Promise<Map<string, string>> {
  const shown = new Map<string, string>();

  // This repository, on the sandbox.
  const own = join(home, "toolboxai");
  for (const path of ["dashboards", "datasources", "alerts", "grafana.config.ts", "package.json"]) {
    await cp(join(ROOT, path), join(own, path), { recursive: true });
  }
  shown.set("provision", await terminal(own, "apply"));
  shown.set("again", await terminal(own, "apply"));
  shown.set("usage", await terminal(own, "usage", "agent_tasks_total"));

  // A repository that `init` writes, and a first change.
  shown.set("init", await terminal(home, "init", "monitoring"));
  const monitoring = join(home, "monitoring");
  await terminal(monitoring, "apply");
  commitAll(monitoring);
  const dashboard = join(monitoring, "dashboards/targets.ts");
  await replace(dashboard, "max by (job)", "max by (job, instance)");
  await replace(dashboard, '.unit("s")', '.unit("ms")');
  await replace(dashboard, "Targets that are up", "Share of targets that are up");
  await replace(join(monitoring, "alerts/targets.ts"), 'for: "5m"', 'for: "2m"');
  await replace(join(monitoring, "alerts/notification-policies.ts"), '"=", "critical"', '"=~", "critical|page"');
  shown.set("change", await terminal(monitoring, "plan"));
  shown.set("review", await terminal(monitoring, "review", "--base", "main", "--only", "rule-group"));
  const folders = join(monitoring, "dashboards/folders.ts");
  await replace(folders, "title:", "titel:");
  shown.set("mistake", await terminal(monitoring, "plan"));
  await replace(folders, "titel:", "title:");
  await terminal(monitoring, "apply");
  shown.set("runs", await terminal(monitoring, "rollback"));

  // A Grafana in which users change objects.
  const sandbox = await startSandbox({ dataDirectory: join(home, "grafana") });
  try {
    const { url, user, password } = sandbox;
    const variables = { GRAFANA_URL: url, GRAFANA_USER: user, GRAFANA_PASSWORD: password };
    const ask = asking(url, user, password);
    await terminal(monitoring, "apply", variables);
    const path = "/apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards/monitoring-targets";
    const live = (await ask("GET", path)) as Live;
    for (const { fieldConfig } of live.spec.panels)
      if (fieldConfig.defaults.unit === "ms") fieldConfig.defaults.unit = "s";
    await ask("PUT", path, live);
    shown.set("drift", await terminal(monitoring, "apply", variables));
    await replace(dashboard, '"Scrape duration"', '"Duration of a scrape"');
    shown.set("both", await terminal(monitoring, "drift", variables));

    const name = "dashboard/monitoring-targets";
    const planned = ["--overwrite-drift", name, "--out", "plan.json"] as const;
    shown.set("saved", await terminal(monitoring, "plan", variables, ...planned));
    const later = (await ask("GET", path)) as Live;
    await ask("PUT", path, { ...later, spec: { ...later.spec, title: "Targets of Prometheus" } });
    shown.set("moved", await terminal(monitoring, "apply", variables, "plan.json"));
    await terminal(monitoring, "apply", variables, "--overwrite-drift", name);

    await ask("POST", "/api/dashboards/db", { dashboard: CHECKOUT });
    await mkdir(join(monitoring, "dashboards/exported"));
    const exported = JSON.stringify({ ...CHECKOUT, title: "Checkout service" });
    await writeFile(join(monitoring, "dashboards/exported/checkout.json"), exported);
    shown.set("foreign", await terminal(monitoring, "apply", variables));
    shown.set("adopt", await terminal(monitoring, "apply", variables, "--adopt", "dashboard/checkout"));
    const migrations = await migrationOutputs(home, { ask, run: terminal, variables });
    for (const [name, text] of migrations) shown.set(name, text);
    return shown;
  } finally {
    await sandbox.close();
  }
}

interface Live {
  readonly spec: { readonly panels: readonly { readonly fieldConfig: { readonly defaults: { unit?: string } } }[] };
}

const CHECKOUT = {
  uid: "checkout",
  title: "Checkout",
  schemaVersion: 42,
  panels: [{ id: 1, type: "text", title: "Runbook", gridPos: { x: 0, y: 0, w: 12, h: 8 }, options: { content: "…" } }],
};

function asking(url: string, user: string, password: string) {
  const headers = {
    Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
    "Content-Type": "application/json",
  };
  return async (method: string, path: string, body?: object): Promise<unknown> => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await fetch(url + path, { method, headers, ...sent });
    if (!response.ok) throw new Error(`${method} ${path} was answered ${response.status}`);
    return response.json();
  };
}

function commitAll(cwd: string): void {
  const who = ["-c", "user.name=You", "-c", "user.email=you@example.invalid", "-c", "commit.gpgsign=false"];
  for (const args of [
    ["init", "--quiet", "--initial-branch=main"],
    ["add", "--all"],
    ["commit", "--quiet", "--message=Start"],
  ]) {
    execFileSync("git", [...who, ...args], { cwd });
  }
}

async function replace(file: string, from: string, to: string): Promise<void> {
  const text = await readFile(file, "utf8");
  if (!text.includes(from)) throw new Error(`${file} has no ${from}`);
  await writeFile(file, text.replace(from, to));
}

/** Standard output and standard error as on a terminal, in the order in which they were written. */
async function terminal(
  cwd: string,
  command: string,
  ...more: readonly (string | Readonly<Record<string, string>>)[]
): Promise<string> {
  const words = more.filter((one) => typeof one === "string");
  const variables = Object.assign({}, ...more.filter((one) => typeof one !== "string")) as Record<string, string>;
  const env = { PATH: process.env["PATH"], HOME: process.env["HOME"], NO_COLOR: "1", ...variables };
  const args = [process.execPath, CLI, command, ...words];
  return new Promise((resolve, reject) => {
    execFile("sh", ["-c", 'exec "$0" "$@" 2>&1', ...args], { cwd, env }, (error, stdout) => {
      if (error && typeof error.code !== "number") reject(error);
      else resolve(stdout);
    });
  });
}

/** Lines of progress, which appear only on a slow machine. */
const PROGRESS = /^[A-Z][a-z]+(?: [a-z ]+:)? \d+ of \d+\n/gm;
const TIMES = /\d{4}-\d\d-\d\dT(\d\d[:-]){2}\d\d([.-]\d+)?Z/g;

/** Replaces times, names and paths, so that the texts are the same on every machine. Runs keep their order. */
function stableText(home: string, texts: readonly string[]): (text: string) => string {
  const times = [...new Set(texts.flatMap((text) => text.match(TIMES) ?? []))].toSorted();
  // Ids of runs have milliseconds and Grafana's times don't, so they can't be ordered together.
  const runs = times.filter((time) => !time.includes(":"));
  const others = times.filter((time) => time.includes(":"));
  const stable = (time: string): string => {
    const minute = (index: number) => String(index).padStart(2, "0");
    return time.includes(":")
      ? `2026-11-23T09:${minute(30 + others.indexOf(time))}:00Z`
      : `2026-11-23T09-${minute(runs.indexOf(time))}-00-000Z`;
  };
  return (text) =>
    text
      .replaceAll(PROGRESS, "")
      .replaceAll(home, HOME)
      .replaceAll(/(?<=the code at \w+ )\([0-9a-f]{7}\)/g, "(1a2b3c4)")
      .replaceAll(TIMES, stable)
      .replaceAll(/by \S+@\S+/g, "by you@laptop")
      .replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, "http://localhost:3000");
}

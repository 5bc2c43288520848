import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { buildImages } from "./images.ts";
import { run, type RunResult } from "./run.ts";

/** Storage for images, which are kept between runs. */
const STORE = "/var/tmp/grafana-provision-test-containers";

/** The state of the name server for containers, which all engines of root share. */
const NAME_SERVER = "/run/containers/networks/aardvark-dns";

const NEEDED = ["podman", "runc", "conmon", "mmdebstrap", "docker-compose", "iptables"];

/** Why containers can't run here; undefined if they can. */
export function whyNot(): string | undefined {
  if (process.platform !== "linux") return "containers require Linux";
  if (process.getuid?.() !== 0) return "building images from Debian packages requires root";
  const missing = NEEDED.filter((command) => spawnSync("which", [command]).status !== 0);
  if (missing.length > 0) return `not installed: ${missing.join(", ")}`;
  if (!existsSync("/usr/lib/podman/netavark")) return "not installed: netavark";
  return undefined;
}

/** An isolated container engine. */
export interface TestEngine {
  /** Environment variables that point the tool, `podman` and `docker-compose` to it. */
  readonly variables: Readonly<Record<string, string>>;
  /** A temporary directory. */
  readonly folder: string;
  podman(...args: string[]): Promise<RunResult>;
  /** Stops or resumes health checks. While they are stopped, no container becomes healthy. */
  holdHealthChecks(hold: boolean): void;
  /** Removes all containers, networks and volumes, and stops the engine. */
  close(): Promise<void>;
}

/** Starts an isolated engine and builds the images. */
export async function startEngine(versions: ReadonlyMap<string, string>): Promise<TestEngine> {
  const folder = await mkdtemp(join(tmpdir(), "grafana-provision-engine-"));
  const [conf, storage, socket] = [
    join(folder, "containers.conf"),
    join(folder, "storage.conf"),
    join(folder, "api.sock"),
  ];
  await mkdir(join(folder, "networks"));
  await writeFile(
    conf,
    `[engine]
runtime = "runc"
events_logger = "file"
[containers]
default_ulimits = ["nofile=10000:10000", "nproc=4000:4000"]
[network]
network_config_dir = "${join(folder, "networks")}"
`,
  );
  await writeFile(
    storage,
    `[storage]\ndriver = "overlay"\ngraphroot = "${STORE}"\nrunroot = "${join(folder, "run")}"\n`,
  );
  const variables = {
    CONTAINERS_CONF: conf,
    CONTAINERS_STORAGE_CONF: storage,
    DOCKER_HOST: `unix://${socket}`,
    // Works without systemd: `runHealthChecks` replaces its timers.
    DISABLE_HC_SYSTEMD: "true",
  };
  const podman = (...args: string[]) => run(["podman", ...args], variables);
  const removeAll = async (): Promise<void> => {
    await podman("rm", "--all", "--force", "--time", "0");
    await podman("network", "prune", "--force");
    await podman("volume", "prune", "--force");
  };
  await buildImages(variables, folder, versions);
  await removeAll();
  await removeStaleNetwork();

  const service = spawn("podman", ["system", "service", "--time=0", `unix://${socket}`], {
    env: { ...process.env, ...variables },
    stdio: "ignore",
  });
  for (let waited = 0; !existsSync(socket); waited += 100) {
    if (waited > 20_000 || service.exitCode !== null) throw new Error("podman's API did not come up");
    await sleep(100);
  }
  const checks = runHealthChecks(podman);
  return {
    variables,
    folder,
    podman,
    holdHealthChecks: (hold) => checks.hold(hold),
    async close() {
      await checks.stop();
      await removeAll();
      await podman("image", "prune", "--force");
      service.kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * A killed run leaves a name server that resolves no container, and firewall rules that redirect its ports. Nothing is
 * removed if root has other containers.
 */
async function removeStaleNetwork(): Promise<void> {
  const others = await run(["podman", "ps", "--all", "--quiet"]);
  if (others.stdout.trim() !== "") return;
  await run(["iptables", "--table", "nat", "--flush", "NETAVARK-HOSTPORT-DNAT"]);
  const pid = Number(await readFile(join(NAME_SERVER, "aardvark.pid"), "utf8").catch(() => ""));
  const command = pid > 0 ? await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "") : "";
  if (command.trim() === "aardvark-dns") process.kill(pid);
  await rm(NAME_SERVER, { recursive: true, force: true });
}

/** Runs health checks, which podman leaves to systemd timers. */
function runHealthChecks(podman: TestEngine["podman"]): { hold(held: boolean): void; stop(): Promise<void> } {
  const ended = new AbortController();
  let isHeld = false;
  const loop = async (): Promise<void> => {
    while (!ended.signal.aborted) {
      const { stdout } = isHeld ? { stdout: "" } : await podman("ps", "--quiet");
      for (const id of stdout.split("\n").filter(Boolean)) await podman("healthcheck", "run", id);
      await sleep(1000);
    }
  };
  const running = loop();
  return {
    hold: (held) => void (isHeld = held),
    async stop() {
      ended.abort();
      await running;
    },
  };
}

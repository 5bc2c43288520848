import { existsSync } from "node:fs";
import type { Container } from "./containers.ts";
import type { Engine } from "./engine.ts";

/** A likely cause of a failure. `text` completes "Likely cause: …". */
interface Cause {
  readonly pattern: RegExp;
  readonly text: string;
}

const OF_CONTAINERS: readonly Cause[] = [
  { pattern: /no space left on device/i, text: "the disk is full" },
  {
    pattern:
      /(open|create|mkdir|stat|read|write|access|remove|rename|load|file|director|path)[^\n]{0,200}permission denied/i,
    text: "the service has no permission to read or write one of its directories: check the owner of its volume and the mode of its files",
  },
  { pattern: /exec format error/i, text: "the image is built for a different CPU architecture" },
  {
    pattern: /address already in use/i,
    text: "its port is already in use in its container or on the host network",
  },
  {
    pattern:
      /(error|failed|couldn't|unable to)[^\n]{0,60}(pars|load|read|decod|unmarshal)[^\n]{0,40}config|field \S+ not found in type|has invalid keys|unknown (field|component|type)|could not perform the initial load/i,
    text: "this version does not support the generated configuration: remove `version` or `image` to use the tested version",
  },
  {
    pattern: /flag provided but not defined|unknown (long )?flag|unexpected [\w-]+, try|unexpected argument/i,
    text: "this version does not support one of its command-line options: remove `version` or `image` to use the tested version",
  },
];

const OF_COMPOSE: readonly Cause[] = [
  {
    pattern: /port is already allocated|address already in use/i,
    text: "another process has taken a port since the check",
  },
  {
    pattern:
      /manifest unknown|manifest for .* not found|pull access denied|repository does not exist|unauthorized|denied: /i,
    text: "the registry does not have the image or requires a login: check `version`, `image` and `registry`",
  },
  {
    pattern:
      /no such host|i\/o timeout|tls handshake|connection refused|network is unreachable|dial tcp|pinging container registry/i,
    text: "the registry is unreachable: configure the engine's proxy, or set `registry` to a mirror",
  },
  {
    pattern: /toomanyrequests|rate limit/i,
    text: "the registry's rate limit is exceeded: log in, or set `registry` to a mirror",
  },
  {
    pattern: /host-gateway|invalid IP address in add-host/i,
    text: "this engine does not support host-gateway: set `hostGateway` to an address of this machine that containers can reach",
  },
  { pattern: /no space left on device/i, text: "the disk is full" },
  {
    pattern: /setting rlimit/i,
    text: "the engine may not raise limits: set `limits: { openFiles: false }` in the stack definition",
  },
  {
    pattern:
      /permission denied[^\n]{0,200}(connect|socket|daemon|docker api)|(connect|socket|dial unix|daemon)[^\n]{0,200}permission denied/i,
    text: "you have no permission to use the container engine: add your user to its group",
  },
  {
    // Of pip, in a build.
    pattern: /could not find a version that satisfies the requirement|no matching distribution found/i,
    text: "the package index is unreachable: use a base image with the index's address in /etc/pip.conf",
  },
];

/** The likely cause of a container's state. `lines` are its last log lines; `dependencies` the titles of the services it waits for. */
export function causeOf(
  container: Container | undefined,
  {
    lines,
    dependencies,
    engine,
  }: { readonly lines: readonly string[]; readonly dependencies: readonly string[]; readonly engine: Engine },
): string | undefined {
  if (container === undefined || container.status === "created") {
    if (dependencies.length === 0) return "its container was never started";
    return `it waits for ${dependencies.join(" and ")} to become healthy`;
  }
  if (container.outOfMemory) return "it exceeded its memory limit: raise its `memory`";
  // Docker and Podman don't always report that the kernel killed a process because of its memory.
  if (container.exitCode === 137)
    return "it was killed: either it exceeded its memory limit (raise its `memory`), or a user or the engine stopped it";
  const cause = first(OF_CONTAINERS, lines.join("\n"));
  if (cause !== undefined || container.health !== "starting" || !lacksTimers(engine)) return cause;
  return "Podman runs health checks with systemd timers, and this machine does not run systemd, so no container becomes healthy";
}

/** https://docs.podman.io/en/latest/markdown/podman-healthcheck.1.html */
function lacksTimers({ podman }: Engine): boolean {
  return podman !== undefined && process.platform === "linux" && !existsSync("/run/systemd/system");
}

/** The likely cause of a compose command's failure. */
export function composeCauseOf(output: string): string | undefined {
  return first(OF_COMPOSE, output);
}

function first(causes: readonly Cause[], text: string): string | undefined {
  return causes.find(({ pattern }) => pattern.test(text))?.text;
}

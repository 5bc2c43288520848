import { existsSync } from "node:fs";
import type { Container } from "./containers.ts";
import type { Engine } from "./engine.ts";

/** What a service that doesn't come up was most likely stopped by, for the person who can mend it. */
interface Cause {
  readonly pattern: RegExp;
  readonly text: string;
}

const OF_CONTAINERS: readonly Cause[] = [
  { pattern: /no space left on device/i, text: "the disk is full" },
  {
    pattern: /permission denied/i,
    text: "it may not read or write one of its folders: a volume that another user's version wrote, or files that only you may read",
  },
  { pattern: /exec format error/i, text: "the image is for another kind of processor" },
  {
    pattern: /address already in use/i,
    text: "something else in its container, or on the host's network, has its port",
  },
  {
    pattern:
      /(error|failed|couldn't|unable to)[^\n]{0,60}(pars|load|read|decod|unmarshal)[^\n]{0,40}config|field \S+ not found in type|has invalid keys|unknown (field|component|type)|could not perform the initial load/i,
    text: "this version of it doesn't take the configuration that is written for it: is `version` or `image` another than the one that is known to work?",
  },
  {
    pattern: /flag provided but not defined|unknown (long )?flag|unexpected [\w-]+, try|unexpected argument/i,
    text: "this version of it doesn't know an option that it is started with",
  },
];

const OF_COMPOSE: readonly Cause[] = [
  { pattern: /port is already allocated|address already in use/i, text: "a port was taken in the meantime" },
  {
    pattern:
      /manifest unknown|manifest for .* not found|pull access denied|repository does not exist|unauthorized|denied: /i,
    text: "the registry has no such image, or wants a login: look at `version`, `image` and `registry`",
  },
  {
    pattern:
      /no such host|i\/o timeout|tls handshake|connection refused|network is unreachable|dial tcp|pinging container registry/i,
    text: "the registry can't be reached: is there a proxy, or a mirror for `registry`?",
  },
  {
    pattern: /toomanyrequests|rate limit/i,
    text: "the registry refuses more downloads for now: log in, or use a mirror as `registry`",
  },
  {
    pattern: /host-gateway|invalid IP address in add-host/i,
    text: "this engine doesn't know host-gateway: set `hostGateway` to the address of this machine that containers reach",
  },
  { pattern: /no space left on device/i, text: "the disk is full" },
  { pattern: /permission denied/i, text: "you may not use the engine: are you in its group?" },
];

/** The likely cause of a container's state, from what it wrote last. `before` are the titles of what it waits for. */
export function causeOf(
  container: Container | undefined,
  {
    lines,
    before,
    engine,
  }: { readonly lines: readonly string[]; readonly before: readonly string[]; readonly engine: Engine },
): string | undefined {
  if (container === undefined || container.status === "created") {
    return before.length > 0 ? `it waits until ${before.join(" and ")} is healthy` : "its container was never started";
  }
  if (container.outOfMemory || container.exitCode === 137) return "it used more memory than it may: raise its `memory`";
  const told = first(OF_CONTAINERS, lines.join("\n"));
  if (told !== undefined || container.health !== "starting" || !withoutTimers(engine)) return told;
  return "Podman leaves health checks to systemd's timers, and this machine runs no systemd: nothing ever gets healthy";
}

/** https://docs.podman.io/en/latest/markdown/podman-healthcheck.1.html */
function withoutTimers({ podman }: Engine): boolean {
  return podman !== undefined && process.platform === "linux" && !existsSync("/run/systemd/system");
}

/** The likely cause of a compose command's failure. */
export function composeCauseOf(said: string): string | undefined {
  return first(OF_COMPOSE, said);
}

function first(causes: readonly Cause[], text: string): string | undefined {
  return causes.find(({ pattern }) => pattern.test(text))?.text;
}

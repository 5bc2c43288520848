import { z } from "zod";
import { certificateSecrets, hasFiles, inContainer, proxiedPorts, SECRET, TLS_FILES } from "../access.ts";
import type { ServedAccess } from "../access-types.ts";
import { ownJob, serviceType, type CommonSettings, type PublishedPort } from "../service.ts";

export type ProxySettings = Omit<CommonSettings, "ports">;

/** Where it answers health checks and serves its metrics, only for other containers. */
const METRICS = 2020;

export const proxy = serviceType({
  name: "proxy",
  title: "Proxy",
  image: { repository: "caddy", version: "2.11.9-alpine" },
  container: "proxy",
  ports: { metrics: { container: METRICS, what: "its own metrics" } },
  memory: "128m",
  settings: z.strictObject({}),
  after: [],
  check: { type: "http", port: "metrics", path: "/health" },
  main: "metrics",
  user: 1000,
  parts(_own, stack) {
    const { access } = stack;
    if (access === undefined) return {};
    return {
      command: ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"],
      mounts: [
        { type: "config", directory: "proxy", target: "/etc/caddy" },
        { type: "volume", name: "proxy-data", target: "/data", ...("acme" in access.tls ? {} : { temporary: true }) },
        { type: "volume", name: "proxy-config", target: "/config", temporary: true },
      ],
      environment: { XDG_DATA_HOME: "/data", XDG_CONFIG_HOME: "/config" },
      files: { "proxy/Caddyfile": caddyfile(access, proxiedPorts(stack)) },
      secrets: [SECRET.proxyUsers, ...certificateSecrets(access)],
      secretsAtStart: [SECRET.proxyUsers],
      probe: ["wget", "-q", "-O", "/dev/null", `http://127.0.0.1:${METRICS}/health`],
      capabilities: ["NET_BIND_SERVICE"],
      readOnlyRoot: "production",
      publishes: [...proxiedPorts(stack).map(({ host }) => host), ...("acme" in access.tls ? [80, 443] : [])],
    };
  },
  scrape: (_own, stack) => ownJob("proxy", stack.address("proxy", "metrics")),
});

/** https://caddyserver.com/docs/caddyfile. Up to 2.7, `basic_auth` is called `basicauth`; later versions know both. */
function caddyfile(access: ServedAccess, ports: readonly PublishedPort[]): string {
  const { host, tls } = access;
  const global = [
    "admin off",
    ...("elsewhere" in tls ? [] : [`default_sni ${host}`]),
    ...("acme" in tls
      ? [`email ${tls.acme.email}`, ...(tls.acme.directory === undefined ? [] : [`acme_ca ${tls.acme.directory}`])]
      : [`auto_https ${"elsewhere" in tls ? "off" : "disable_redirects"}`]),
    block("servers", ["metrics", ...("acme" in tls ? ["strict_sni_host on"] : [])]),
  ];
  const users = block("(users)", [block("basicauth", [`import ${inContainer(SECRET.proxyUsers)}`])]);
  const own = block(`http://:${METRICS}`, ["metrics /metrics", "respond /health 200"]);
  const sites = ports.map((port) => site(port, access));
  return `${[block("", global), users, own, ...sites].join("\n\n")}\n`;
}

/** A certificate in files is presented for every host name, because an unknown one would get an empty answer without credentials. */
function site({ service, host, address, protocol }: PublishedPort, access: ServedAccess): string {
  const plain = "elsewhere" in access.tls;
  return block(`${plain ? "http" : "https"}://${plain || hasFiles(access) ? "" : access.host}:${host}`, [
    ...(hasFiles(access) ? [`tls ${TLS_FILES.certificate} ${TLS_FILES.key}`] : []),
    "header -Server",
    ...(service.type.guard === "login" ? [] : ["import users"]),
    `reverse_proxy ${protocol === "h2c" ? "h2c://" : ""}${address}`,
  ]);
}

function block(head: string, lines: readonly string[]): string {
  const indented = lines.flatMap((line) => line.split("\n").map((text) => `\t${text}`));
  return [`${head === "" ? "" : `${head} `}{`, ...indented, "}"].join("\n");
}

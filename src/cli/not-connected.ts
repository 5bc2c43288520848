import { NotAuthenticated, Unreachable, type GrafanaError } from "../grafana/errors.ts";
import { commandLine } from "../util/command-line.ts";
import type { Target } from "./target.ts";

/** Explains a failed connection, depending on where the URL and the credentials come from. */
export function notConnected(error: unknown, target: Target, url: string): unknown {
  if (target.type !== "grafana") return error;
  if (error instanceof NotAuthenticated && target.stack) {
    return new NotAuthenticated(`The stack's Grafana at ${url} rejects the password that stack:up saved`, {
      ...same(error),
      hint: `Run \`${commandLine("stack:up")}\` for instructions. Grafana locks a user for five minutes after five wrong passwords.`,
    });
  }
  if (error instanceof Unreachable && target.stack) {
    const hint = `Check the stack with \`${commandLine("stack:status")}\`, or start it with \`${commandLine("stack:up")}\`.`;
    return new Unreachable(error.message, { ...same(error), hint });
  }
  const isAnonymous = target.client.credentials.type === "none" && !target.client.headers;
  if (error instanceof NotAuthenticated && isAnonymous) {
    return new NotAuthenticated(`Grafana at ${url} requires authentication, but no credentials are set`, {
      ...same(error),
      hint: "Set GRAFANA_TOKEN to a service account token (Administration > Service accounts), or GRAFANA_USER and GRAFANA_PASSWORD.",
    });
  }
  return error;
}

/** Explains a failed connection to a server that is not Grafana. `option`: the one with its URL. */
export function notConnectedDirectly(error: unknown, option: string): unknown {
  if (!(error instanceof Unreachable)) return error;
  const hint = `Check the URL of ${option}, and whether the server is running and reachable from this machine (VPN, firewall, HTTPS_PROXY).`;
  return new Unreachable(error.message, { ...same(error), hint });
}

function same({ status, request, exitCode }: GrafanaError) {
  return {
    exitCode,
    ...(status === undefined ? {} : { status }),
    ...(request === undefined ? {} : { request }),
  };
}

import { NotAuthenticated, Unreachable, type GrafanaError } from "../grafana/errors.ts";
import type { Target } from "./target.ts";

/** Why a Grafana could not be connected to, told by where its URL and its credentials come from. */
export function notConnected(error: unknown, target: Target, url: string): unknown {
  if (target.type !== "grafana") return error;
  if (error instanceof NotAuthenticated && target.stack) {
    return new NotAuthenticated(`The stack's Grafana at ${url} takes another password than stack:up keeps`, {
      ...same(error),
      hint: "npm run stack:up says how both get the same one again. Grafana locks a user for five minutes after five wrong passwords.",
    });
  }
  if (error instanceof Unreachable && target.stack) {
    const hint = "npm run stack:status shows how the stack is, and npm run stack:up starts it.";
    return new Unreachable(error.message, { ...same(error), hint });
  }
  const isAnonymous = target.client.credentials.type === "none" && !target.client.headers;
  // Nothing was refused that somebody gave.
  if (error instanceof NotAuthenticated && isAnonymous) {
    return new NotAuthenticated(`Grafana at ${url} wants to know who asks, and no credentials are set`, {
      ...same(error),
      hint: "Set GRAFANA_TOKEN to a service account's token (Administration > Service accounts), or GRAFANA_USER and GRAFANA_PASSWORD.",
    });
  }
  return error;
}

function same({ status, request, exitCode }: GrafanaError) {
  return {
    exitCode,
    ...(status === undefined ? {} : { status }),
    ...(request === undefined ? {} : { request }),
  };
}

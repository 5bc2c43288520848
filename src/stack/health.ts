import { ask, excerpt, type AskOptions } from "./ask.ts";
import { askRedis } from "./ask-redis.ts";
import type { Stack } from "./definition.ts";
import type { HostClient } from "./host-client.ts";
import type { ServiceName } from "./names.ts";
import type { Check, Service } from "./service.ts";
import { hostAddress, hostUrl } from "./urls.ts";

/** Health of a service or of the monitored application. */
export interface ServiceHealth {
  readonly name: ServiceName | "backend";
  /** `"Loki"` */
  readonly title: string;
  /** The address that was checked: `"http://127.0.0.1:3100/ready"`; undefined if it is not published. */
  readonly asked: string | undefined;
  /** `unknown`: it is unreachable from this machine. */
  readonly state: "up" | "down" | "unknown";
  /** Why it isn't up. */
  readonly detail?: string;
  /** A likely fix. */
  readonly hint?: string;
}

/** Checks a service once from the host. Never throws. `timeout` in milliseconds. */
export async function checkService(
  service: Service,
  stack: Pick<Stack, "bind" | "access">,
  timeout: number,
  client?: HostClient,
): Promise<ServiceHealth> {
  const { name, type, ports } = service;
  const { check } = type;
  const about = { name, title: type.title } as const;
  const port = ports[check.port];
  if (port === undefined) return { ...about, asked: undefined, state: "unknown", detail: "port not published" };
  const asked = `${hostUrl(stack, service, check.port)}${check.type === "http" ? check.path : ""}`;
  const problem =
    check.type === "redis"
      ? await askRedis(hostAddress(stack).replaceAll(/[[\]]/g, ""), port, timeout, client)
      : await httpProblem(asked, check, timeout, optionsFor(service, client));
  return { ...about, asked, ...stateOf(problem) };
}

/**
 * Requests the metrics of the monitored application once, with `host.docker.internal` as this machine. `unknown` if only
 * containers can resolve its host name.
 */
export async function checkBackend({ backend }: Stack, timeout: number): Promise<ServiceHealth | undefined> {
  if (backend === undefined) return undefined;
  const asked = `http://${backend.target.replace(/^host\.docker\.internal:/, "127.0.0.1:")}${backend.metricsPath}`;
  const about = { name: "backend", title: backend.job, asked } as const;
  const answer = await ask(asked, timeout);
  if ("problem" in answer) {
    const { problem, code } = answer;
    if (code === "ENOTFOUND" || code === "EAI_AGAIN") return { ...about, state: "unknown", detail: problem };
    return { ...about, ...stateOf(problem), ...(code === "ECONNREFUSED" ? { hint: NOT_STARTED } : {}) };
  }
  return { ...about, ...stateOf(answerProblem(answer)), ...(answer.status === 404 ? { hint: OTHER_PATH } : {}) };
}

const NOT_STARTED =
  "Start the application. If it runs elsewhere, set `backend.target` in the stack definition; if there is none, set `backend: false`.";
const OTHER_PATH =
  "If the application serves its metrics at a different path, set `backend.metricsPath` in the stack definition.";

type HttpCheck = Extract<Check, { type: "http" }>;

/** Grafana would take the credentials for a login of its own. */
function optionsFor({ type }: Service, client: HostClient | undefined): Partial<AskOptions> {
  if (client === undefined) return {};
  return type.guard === "login" ? { agent: client.agent } : client;
}

async function httpProblem(
  url: string,
  check: HttpCheck,
  timeout: number,
  options: Partial<AskOptions>,
): Promise<string | undefined> {
  const answer = await ask(url, timeout, options);
  return "problem" in answer ? answer.problem : answerProblem(answer, check);
}

function answerProblem(
  { status, body }: { readonly status: number; readonly body: string },
  { contains }: Pick<HttpCheck, "contains"> = {},
): string | undefined {
  if (status < 200 || status > 299) return `HTTP ${status}${excerpt(body)}`;
  return contains === undefined || body.includes(contains) ? undefined : `unexpected response${excerpt(body)}`;
}

function stateOf(problem: string | undefined): Pick<ServiceHealth, "state" | "detail"> {
  return problem === undefined ? { state: "up" } : { state: "down", detail: problem };
}

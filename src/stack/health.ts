import { ask, beginning } from "./ask.ts";
import { askRedis } from "./ask-redis.ts";
import type { Stack } from "./definition.ts";
import type { ServiceName } from "./names.ts";
import type { Check, Service } from "./service.ts";
import { hostAddress, hostUrl } from "./urls.ts";

/** How a service, or the application that is watched, answers. */
export interface ServiceHealth {
  readonly name: ServiceName | "backend";
  /** `"Loki"` */
  readonly title: string;
  /** What was asked: `"http://127.0.0.1:3100/ready"`; undefined where no port of it is published. */
  readonly asked: string | undefined;
  /** `unknown`: it can't be asked from this machine. */
  readonly state: "up" | "down" | "unknown";
  /** Why it isn't up, as a sentence. */
  readonly detail?: string;
  /** What most likely has to be done about it. */
  readonly hint?: string;
}

/** Asks one service from the host, once. Never throws. `timeout` in milliseconds. */
export async function checkService(
  service: Service,
  stack: Pick<Stack, "bind">,
  timeout: number,
): Promise<ServiceHealth> {
  const { name, type, ports } = service;
  const { check } = type;
  const about = { name, title: type.title } as const;
  const port = ports[check.port];
  if (port === undefined) return { ...about, asked: undefined, state: "unknown", detail: "its port is not published" };
  const asked = `${hostUrl(stack, service, check.port)}${check.type === "http" ? check.path : ""}`;
  const wrong =
    check.type === "redis"
      ? await askRedis(hostAddress(stack).replaceAll(/[[\]]/g, ""), port, timeout)
      : await wrongWith(asked, check, timeout);
  return { ...about, asked, ...outcome(wrong) };
}

/**
 * Asks the application that is watched for its metrics, once: `host.docker.internal` is this machine. `unknown` where its
 * name means something to containers alone.
 */
export async function checkBackend({ backend }: Stack, timeout: number): Promise<ServiceHealth | undefined> {
  if (backend === undefined) return undefined;
  const asked = `http://${backend.target.replace(/^host\.docker\.internal:/, "127.0.0.1:")}${backend.metricsPath}`;
  const about = { name: "backend", title: backend.job, asked } as const;
  const answer = await ask(asked, timeout);
  if ("problem" in answer) {
    const { problem, code } = answer;
    if (code === "ENOTFOUND" || code === "EAI_AGAIN") return { ...about, state: "unknown", detail: problem };
    return { ...about, ...outcome(problem), ...(code === "ECONNREFUSED" ? { hint: NOT_STARTED } : {}) };
  }
  return { ...about, ...outcome(faultOf(answer)), ...(answer.status === 404 ? { hint: OTHER_PATH } : {}) };
}

const NOT_STARTED =
  "Start the application, or say in the definition where it is (`backend.target`), or that there is none (`backend: false`).";
const OTHER_PATH = "If its metrics are at another path, say so in the definition (`backend.metricsPath`).";

type HttpCheck = Extract<Check, { type: "http" }>;

async function wrongWith(url: string, check: HttpCheck, timeout: number): Promise<string | undefined> {
  const answer = await ask(url, timeout);
  return "problem" in answer ? answer.problem : faultOf(answer, check);
}

/** What is wrong with an answer, or undefined. */
function faultOf(
  { status, body }: { readonly status: number; readonly body: string },
  { contains }: Pick<HttpCheck, "contains"> = {},
): string | undefined {
  if (status < 200 || status > 299) return `answers HTTP ${status}${beginning(body)}`;
  return contains === undefined || body.includes(contains)
    ? undefined
    : `answers, but not as expected${beginning(body)}`;
}

function outcome(wrong: string | undefined): Pick<ServiceHealth, "state" | "detail"> {
  return wrong === undefined ? { state: "up" } : { state: "down", detail: wrong };
}

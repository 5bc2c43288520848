import axios, { AxiosError } from "axios";
import { connect } from "node:net";
import type { Stack } from "./definition.ts";
import type { ServiceName } from "./names.ts";
import type { Check, Service } from "./service.ts";
import { hostAddress, hostUrl } from "./urls.ts";

/** How a service, or the application that is watched, answers. */
export interface ServiceHealth {
  readonly name: ServiceName | "backend";
  /** `"Loki"` */
  readonly title: string;
  /** What was asked: `"http://localhost:3100/ready"`; undefined where no port of it is published. */
  readonly asked: string | undefined;
  readonly state: "up" | "down" | "unknown";
  /** Why it isn't up, as a sentence. */
  readonly detail?: string;
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
  const detail = check.type === "redis" ? await askRedis(stack, port, timeout) : await askHttp(asked, check, timeout);
  return { ...about, asked, ...(detail === undefined ? { state: "up" } : { state: "down", detail }) };
}

/** Asks the application that is watched for its metrics, where it runs on this machine or has a name of its own. */
export async function checkBackend({ backend }: Stack, timeout: number): Promise<ServiceHealth | undefined> {
  if (backend === undefined) return undefined;
  const asked = `http://${backend.target.replace(/^host\.docker\.internal:/, "localhost:")}${backend.metricsPath}`;
  const detail = await askHttp(asked, {}, timeout);
  return {
    name: "backend",
    title: backend.job,
    asked,
    ...(detail === undefined ? { state: "up" } : { state: "down", detail }),
  };
}

/** What is wrong with an answer, or undefined. */
async function askHttp(
  url: string,
  { contains }: Pick<Extract<Check, { type: "http" }>, "contains">,
  timeout: number,
): Promise<string | undefined> {
  try {
    const { status, data } = await axios.get<string>(url, {
      timeout,
      // What doesn't even answer in time has no time-out of its own.
      signal: AbortSignal.timeout(timeout),
      // It is on this machine.
      proxy: false,
      responseType: "text",
      transformResponse: (body: string) => body,
      maxContentLength: 64 * 1024 * 1024,
      maxRedirects: 0,
      validateStatus: () => true,
    });
    if (status < 200 || status > 299) return `answers ${status}${firstLine(data)}`;
    return contains === undefined || data.includes(contains)
      ? undefined
      : `answers, but not as expected${firstLine(data)}`;
  } catch (error) {
    return reasonOf(error, timeout);
  }
}

/** A connection, and PING. One that wants a password answers as well. */
async function askRedis(stack: Pick<Stack, "bind">, port: number, timeout: number): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const socket = connect({ host: hostAddress(stack).replace(/^\[|\]$/g, ""), port });
  socket.setTimeout(timeout, () => resolve(late(timeout)));
  socket.once("error", (error) => resolve(reasonOf(error, timeout)));
  socket.once("connect", () => socket.write("PING\r\n"));
  socket.once("close", () => resolve("closed the connection without an answer"));
  socket.once("data", (data) => {
    const answer = data.toString("latin1");
    resolve(/^(\+PONG|-NOAUTH)/.test(answer) ? undefined : `answers, but not as expected${firstLine(answer)}`);
  });
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}

function reasonOf(error: unknown, timeout: number): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  switch (code) {
    case "ECONNREFUSED":
      return "nothing listens there";
    case "ECONNRESET":
    case "EPIPE":
      return "closed the connection without an answer";
    case "ETIMEDOUT":
    case "ECONNABORTED":
    case "ERR_CANCELED":
      return late(timeout);
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "its name is not known on this machine";
    default:
      return error instanceof AxiosError || error instanceof Error ? error.message : String(error);
  }
}

function late(timeout: number): string {
  return `no answer in ${timeout / 1000} s`;
}

/** Loki says why it isn't ready, others send a page. */
function firstLine(text: string): string {
  const line = text.trim().split("\n")[0]?.trim() ?? "";
  return line === "" || line.startsWith("<") ? "" : `: ${line.slice(0, 120)}`;
}

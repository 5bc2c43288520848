import { setTimeout as sleep } from "node:timers/promises";
import { causeOf } from "./causes.ts";
import { containersNamed, lastLines, type Container } from "./containers.ts";
import type { Stack } from "./definition.ts";
import type { Engine } from "./engine.ts";
import { checkService } from "./health.ts";
import type { HostClient } from "./host-client.ts";
import type { ServiceName } from "./names.ts";
import { parseDuration } from "../util/duration.ts";
import type { Service } from "./service.ts";
import { targetsOf } from "./targets.ts";

/** A service that did not become healthy. */
export interface Failing {
  readonly name: ServiceName;
  readonly title: string;
  readonly container: string;
  /** `"restarting, exit 1"` */
  readonly state: string;
  /** Result of the last health check. */
  readonly detail: string | undefined;
  /** Its last log lines, redacted. */
  readonly lines: readonly string[];
  /** The likely cause; completes "Likely cause: …". */
  readonly cause: string | undefined;
}

interface WaitOptions {
  readonly engine: Engine;
  readonly timeout: number;
  readonly emit: (text: string) => void;
  readonly secrets: readonly string[];
  readonly signal?: AbortSignal;
  readonly client: HostClient | undefined;
}

/** Milliseconds between two checks. */
const INTERVAL = 1000;
/** Timeout of one check in milliseconds. */
const CHECK_TIMEOUT = 5000;
/** Restarts of a container until it counts as failed. */
const MAX_RESTARTS = 3;
const LOG_LINES = 20;

/** Checks all services until they are healthy, have failed or the timeout is over. Returns those that are not healthy. */
export async function waitForHealth(stack: Stack, options: WaitOptions): Promise<Failing[]> {
  const { engine, timeout, emit, signal, client } = options;
  const end = performance.now() + timeout;
  const waiting = new Map([...stack.services.values()].map((service) => [service.name, service]));
  const details = new Map<ServiceName, string | undefined>();
  // By id: the engine counts restarts since the creation of the container.
  const restartsBefore = new Map<string, number>();
  const failing: Failing[] = [];
  const total = waiting.size;
  for (;;) {
    signal?.throwIfAborted();
    const services = [...waiting.values()];
    const [answers, containers] = await Promise.all([
      Promise.all(services.map((service) => checkService(service, stack, CHECK_TIMEOUT, client))),
      containersNamed(
        engine,
        services.map(({ container }) => container),
      ),
    ]);
    for (const [index, service] of services.entries()) {
      const [answer, container] = [answers[index], containers.get(service.container)];
      details.set(service.name, answer?.detail);
      const known = container ? (restartsBefore.get(container.id) ?? container.restarts) : 0;
      if (container) restartsBefore.set(container.id, known);
      // A service without a published port can't be checked and counts as healthy while it runs.
      const healthy = answer?.state === "up" || (answer?.state === "unknown" && container?.status === "running");
      if (healthy && container !== undefined && container.status === "running") waiting.delete(service.name);
      else if (hasFailed(container, known)) {
        failing.push(await failingOf(service, container, details.get(service.name), stack, options));
        waiting.delete(service.name);
      }
    }
    if (waiting.size === 0) return failing;
    if (performance.now() >= end) {
      for (const service of waiting.values()) {
        const container = containers.get(service.container);
        failing.push(await failingOf(service, container, details.get(service.name), stack, options));
      }
      return failing;
    }
    const titles = [...waiting.values()].map(({ type }) => type.title).join(", ");
    emit(`${total - waiting.size} of ${total} healthy; waiting for ${titles}`);
    await sleep(INTERVAL, undefined, signal ? { signal } : {});
  }
}

/**
 * Waits until Prometheus has scraped all services of the stack, for at most a few scrape intervals. Ignores the application,
 * additional jobs and probed URLs: they are not part of the stack.
 */
export async function waitForTargets(
  stack: Stack,
  { emit, signal, timeout, client }: Pick<WaitOptions, "emit" | "signal" | "timeout" | "client">,
): Promise<Failing[]> {
  const prometheus = stack.services.get("prometheus");
  if (prometheus?.ports["http"] === undefined) return [];
  const intervals = [...stack.services.values()].map(({ scrapeInterval }) => scrapeInterval ?? stack.scrapeInterval);
  const longest = Math.max(...intervals.map((interval) => parseDuration(interval) ?? 0));
  const end = performance.now() + Math.min(timeout, 3 * longest + 3 * CHECK_TIMEOUT);
  for (;;) {
    const targets = await targetsOf(stack, CHECK_TIMEOUT, client);
    const own = "problem" in targets ? [] : targets.targets.filter(({ job, url }) => isOwn(stack, job, url));
    const pending = own.filter(({ state }) => state !== "up");
    if (!("problem" in targets) && pending.length === 0) return [];
    if (performance.now() >= end) {
      const { name, container, type } = prometheus;
      if ("problem" in targets) {
        const about = { name, container, title: `${type.title} targets`, state: "running", lines: [] };
        return [{ ...about, detail: targets.problem, cause: undefined }];
      }
      return pending.map(({ job, state, error }) => ({
        name,
        title: `${type.title} target ${job}`,
        container,
        state: `${state} in Prometheus`,
        detail: error,
        lines: [],
        cause: undefined,
      }));
    }
    const jobs = [...new Set(pending.map(({ job }) => job))].join(", ");
    emit(`All services are healthy; waiting for Prometheus to scrape ${jobs || "its targets"}`);
    await sleep(INTERVAL, undefined, signal ? { signal } : {});
  }
}

function isOwn({ backend, scrape }: Stack, job: string, url: string | undefined): boolean {
  return job !== backend?.job && !scrape.some((other) => other.job === job) && !url?.includes("/probe?");
}

function hasFailed(container: Container | undefined, restartsBefore: number): boolean {
  if (container === undefined) return false;
  return container.status === "dead" || container.restarts - restartsBefore >= MAX_RESTARTS;
}

async function failingOf(
  { name, type, container: containerName }: Service,
  container: Container | undefined,
  detail: string | undefined,
  stack: Stack,
  { engine, secrets }: WaitOptions,
): Promise<Failing> {
  const dependencies = type.after.flatMap((other) => stack.services.get(other)?.type.title ?? []);
  const lines = container === undefined ? [] : await lastLines(engine, containerName, LOG_LINES);
  return {
    name,
    title: type.title,
    container: containerName,
    state: container === undefined ? "no container" : stateText(container),
    detail,
    lines: lines.map((line) => redact(line, secrets)),
    cause: causeOf(container, { lines, dependencies, engine }),
  };
}

function stateText({ status, exitCode, restarts }: Container): string {
  const ended = status === "running" ? "" : `, exit ${exitCode}`;
  return `${status}${ended}${restarts > 0 ? `, ${restarts} ${restarts === 1 ? "restart" : "restarts"}` : ""}`;
}

function redact(line: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length > 3)
    .reduce((text, secret) => text.replaceAll(secret, "(secret)"), line);
}

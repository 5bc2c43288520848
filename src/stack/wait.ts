import { setTimeout as sleep } from "node:timers/promises";
import { causeOf } from "./causes.ts";
import { containersNamed, lastLines, type Container } from "./containers.ts";
import type { Stack } from "./definition.ts";
import type { Engine } from "./engine.ts";
import { checkService } from "./health.ts";
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
  /** What it answers, or that it doesn't. */
  readonly detail: string | undefined;
  /** What it wrote last; secrets are taken out. */
  readonly lines: readonly string[];
  /** As the end of a sentence. */
  readonly cause: string | undefined;
}

interface WaitOptions {
  readonly engine: Engine;
  readonly timeout: number;
  readonly emit: (text: string) => void;
  readonly secrets: readonly string[];
  readonly signal?: AbortSignal;
}

/** Milliseconds between two questions, and for one answer. */
const EVERY = 1000;
const PATIENCE = 5000;
/** How many times a container may end and be started again before it is given up. */
const RESTARTS = 3;
const LINES = 20;

/** Asks every service until it answers well, or the time is over, or its container ends again and again. */
export async function waitForHealth(stack: Stack, options: WaitOptions): Promise<Failing[]> {
  const { engine, timeout, emit, signal } = options;
  const end = performance.now() + timeout;
  const waiting = new Map([...stack.services.values()].map((service) => [service.name, service]));
  const details = new Map<ServiceName, string | undefined>();
  // By id: an engine counts from the day on which the container was made.
  const restartsBefore = new Map<string, number>();
  const failing: Failing[] = [];
  const total = waiting.size;
  for (;;) {
    signal?.throwIfAborted();
    const services = [...waiting.values()];
    const [answers, containers] = await Promise.all([
      Promise.all(services.map((service) => checkService(service, stack, PATIENCE))),
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
      // What publishes no port can't be asked: that it runs has to do.
      const well = answer?.state === "up" || (answer?.state === "unknown" && container?.status === "running");
      if (well && container !== undefined && container.status === "running") waiting.delete(service.name);
      else if (isGivenUp(container, known)) {
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
    await sleep(EVERY, undefined, signal ? { signal } : {});
  }
}

/**
 * Asks Prometheus until it has seen all of the stack's own targets, or some of its intervals are over. The application, what
 * else is scraped and what the blackbox exporter probes are somebody else's: they may be down.
 */
export async function waitForTargets(
  stack: Stack,
  { emit, signal, timeout }: Pick<WaitOptions, "emit" | "signal" | "timeout">,
): Promise<Failing[]> {
  const prometheus = stack.services.get("prometheus");
  if (prometheus?.ports["http"] === undefined) return [];
  const intervals = [...stack.services.values()].map(({ scrapeInterval }) => scrapeInterval ?? stack.scrapeInterval);
  const longest = Math.max(...intervals.map((interval) => parseDuration(interval) ?? 0));
  const end = performance.now() + Math.min(timeout, 3 * longest + 3 * PATIENCE);
  for (;;) {
    const seen = await targetsOf(stack, PATIENCE);
    const own = "problem" in seen ? [] : seen.targets.filter(({ job, url }) => isOwn(stack, job, url));
    const open = own.filter(({ state }) => state !== "up");
    if (!("problem" in seen) && open.length === 0) return [];
    if (performance.now() >= end) {
      const { name, container, type } = prometheus;
      if ("problem" in seen) {
        const about = { name, container, title: `${type.title} with its targets`, state: "running", lines: [] };
        return [{ ...about, detail: seen.problem, cause: undefined }];
      }
      return open.map(({ job, state, error }) => ({
        name,
        title: `${type.title}'s target ${job}`,
        container,
        state: `${state} in Prometheus`,
        detail: error,
        lines: [],
        cause: undefined,
      }));
    }
    const jobs = [...new Set(open.map(({ job }) => job))].join(", ");
    emit(`All services are healthy; waiting for Prometheus to ask ${jobs || "its targets"}`);
    await sleep(EVERY, undefined, signal ? { signal } : {});
  }
}

function isOwn({ backend, scrape }: Stack, job: string, url: string | undefined): boolean {
  return job !== backend?.job && !scrape.some((other) => other.job === job) && !url?.includes("/probe?");
}

function isGivenUp(container: Container | undefined, restartsBefore: number): boolean {
  if (container === undefined) return false;
  return container.status === "dead" || container.restarts - restartsBefore >= RESTARTS;
}

async function failingOf(
  { name, type, container: containerName }: Service,
  container: Container | undefined,
  detail: string | undefined,
  stack: Stack,
  { engine, secrets }: WaitOptions,
): Promise<Failing> {
  const before = type.after.flatMap((other) => stack.services.get(other)?.type.title ?? []);
  const lines = container === undefined ? [] : await lastLines(engine, containerName, LINES);
  return {
    name,
    title: type.title,
    container: containerName,
    state: container === undefined ? "no container" : stateText(container),
    detail,
    lines: lines.map((line) => without(line, secrets)),
    cause: causeOf(container, { lines, before, engine }),
  };
}

function stateText({ status, exitCode, restarts }: Container): string {
  const ended = status === "running" ? "" : `, exit ${exitCode}`;
  return `${status}${ended}${restarts > 0 ? `, restarted ${restarts} times` : ""}`;
}

function without(line: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret.length > 3)
    .reduce((text, secret) => text.replaceAll(secret, "(secret)"), line);
}

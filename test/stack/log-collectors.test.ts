import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { defineStack, renderStack, type StackDefinition } from "../../src/stack/index.ts";
import { parseAlloy, Reference, type AlloyBlock } from "./alloy-file.ts";

/** Where lines come from, what is made of them, and where they go, whoever collects them. */
interface Collected {
  readonly sources: readonly {
    readonly labels: Readonly<Record<string, string>>;
    readonly path: string;
    readonly stages: readonly (readonly [name: string, settings: unknown])[];
  }[];
  readonly loki: { readonly url: string; readonly tenant: string };
}

interface PromtailFile {
  readonly clients: readonly { readonly url: string; readonly tenant_id: string }[];
  readonly scrape_configs: readonly {
    readonly job_name: string;
    readonly static_configs: readonly { readonly labels: Readonly<Record<string, string>> }[];
    readonly pipeline_stages?: readonly Readonly<Record<string, unknown>>[];
  }[];
}

function fileOf(collector: "alloy" | "promtail", logs: StackDefinition["logs"]): string {
  const files = renderStack(defineStack({ name: "acme", logs: { ...logs, collector } }), {
    directory: "/project",
    out: "/project/out",
  });
  return files.get(collector === "alloy" ? "alloy/config.alloy" : "promtail/promtail.yaml") ?? "";
}

function asPromtail(logs: StackDefinition["logs"]): Collected {
  const { clients, scrape_configs } = parse(fileOf("promtail", logs)) as PromtailFile;
  const [client = { url: "", tenant_id: "" }, ...others] = clients;
  expect(others).toEqual([]);
  return {
    sources: scrape_configs.map(({ static_configs, pipeline_stages = [] }) => {
      const { __path__: path = "", ...labels } = static_configs[0]?.labels ?? {};
      return { labels, path, stages: pipeline_stages.flatMap((stage) => Object.entries(stage)) };
    }),
    loki: { url: client.url, tenant: client.tenant_id },
  };
}

/** The same, found by following Alloy's references from the files to Loki. */
function asAlloy(logs: StackDefinition["logs"]): Collected {
  const blocks = parseAlloy(fileOf("alloy", logs));
  const used = new Set<AlloyBlock>();
  const named = (value: unknown, output: string): AlloyBlock => {
    const to = value instanceof Reference ? value.to : JSON.stringify(value);
    const found = blocks.find(({ name, label }) => `${name}.${label}.${output}` === to);
    if (!found) throw new Error(`nothing is called ${to}`);
    used.add(found);
    return found;
  };
  const next = ({ attributes }: AlloyBlock) => named((attributes["forward_to"] as unknown[])[0], "receiver");
  const endpoints: unknown[] = [];
  const sources = blocks
    .filter(({ name }) => name === "loki.source.file")
    .map((source) => {
      used.add(source);
      const targets = named(source.attributes["targets"], "targets").attributes["path_targets"];
      const [{ __path__: path = "", ...labels } = {}] = targets as Readonly<Record<string, string>>[];
      const stages: (readonly [string, unknown])[] = [];
      let block = next(source);
      for (; block.name === "loki.process"; block = next(block))
        stages.push(...block.blocks.map(({ name, attributes }) => [name.replace("stage.", ""), attributes] as const));
      expect(block.name).toBe("loki.write");
      endpoints.push(...block.blocks.map(({ attributes }) => attributes));
      return { labels, path, stages };
    });
  expect(blocks.filter((block) => !used.has(block) && block.name !== "loki.write")).toEqual([]);
  const [{ url = "", tenant_id: tenant = "" } = {}] = endpoints as Readonly<Record<string, string>>[];
  return { sources, loki: { url, tenant } };
}

/** Alloy leaves no name out: `stream = ""` is what Promtail calls `stream: stream`, or `stream:`. */
function spelt({ sources, loki }: Collected): Collected {
  const filled = (values: object) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value || name]));
  const settings = (name: string, value: unknown): unknown => {
    const given = value as Readonly<Record<string, object>>;
    if (name === "labels") return filled(given["values"] ?? given);
    if (name === "json") return { ...given, expressions: filled(given["expressions"] ?? {}) };
    return given;
  };
  return {
    sources: sources.map((source) => ({
      ...source,
      stages: source.stages.map(([name, value]) => [name, settings(name, value)] as const),
    })),
    loki,
  };
}

describe("Alloy collects what Promtail collects, with the same labels and stages", () => {
  test.each<[string, StackDefinition["logs"], string[]]>([
    ["of containers and of the application", {}, ["docker", "application"]],
    ["of containers", { application: false }, ["docker"]],
    ["of the application", { containers: false, tenant: "other" }, ["application"]],
  ])("%s", (_what, logs, jobs) => {
    const collected = spelt(asAlloy(logs));
    expect(collected).toEqual(spelt(asPromtail(logs)));
    expect(collected.sources.map(({ labels }) => labels)).toEqual(jobs.map((job) => ({ job })));
    expect(collected.loki).toEqual({
      url: "http://grafana-loki-acme:3100/loki/api/v1/push",
      tenant: logs?.tenant ?? "acme",
    });
  });

  test("and makes of a container's line what dashboards read", () => {
    const [docker] = spelt(asAlloy({})).sources;
    expect(docker?.path).toBe("/var/lib/docker/containers/*/*log");
    expect(docker?.stages).toEqual([
      ["json", { expressions: { output: "log", stream: "stream", time: "time" } }],
      ["regex", { expression: "^/var/lib/docker/containers/(?P<container_id>[^/]+)/.*$", source: "filename" }],
      ["labels", { container_id: "container_id", stream: "stream" }],
      ["timestamp", { source: "time", format: "RFC3339Nano" }],
      ["output", { source: "output" }],
    ]);
  });
});

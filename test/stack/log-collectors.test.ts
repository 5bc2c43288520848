import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { defineStack, renderStack, type StackDefinition } from "../../src/stack/index.ts";
import { parseAlloy, Reference, type AlloyBlock } from "./alloy-file.ts";

/** The configuration of a log collector in a common form. */
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

/** Follows Alloy's references from the log files to Loki. */
function asAlloy(logs: StackDefinition["logs"]): Collected {
  const blocks = parseAlloy(fileOf("alloy", logs));
  const used = new Set<AlloyBlock>();
  const named = (value: unknown, output: string): AlloyBlock => {
    const to = value instanceof Reference ? value.to : JSON.stringify(value);
    const found = blocks.find(({ name, label }) => `${name}.${label}.${output}` === to);
    if (!found) throw new Error(`no component exports ${to}`);
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

/** Normalizes names: `stream = ""` in Alloy means the same as `stream: stream` and `stream:` in Promtail. */
function normalized({ sources, loki }: Collected): Collected {
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

describe("Alloy collects the same logs as Promtail, with the same labels and stages", () => {
  test.each<[string, StackDefinition["logs"], string[]]>([
    ["containers and application", {}, ["docker", "application"]],
    ["only containers", { application: false }, ["docker"]],
    ["only the application", { containers: false, tenant: "other" }, ["application"]],
  ])("%s", (_what, logs, jobs) => {
    const collected = normalized(asAlloy(logs));
    expect(collected).toEqual(normalized(asPromtail(logs)));
    expect(collected.sources.map(({ labels }) => labels)).toEqual(jobs.map((job) => ({ job })));
    expect(collected.loki).toEqual({
      url: "http://grafana-loki-acme:3100/loki/api/v1/push",
      tenant: logs?.tenant ?? "acme",
    });
  });

  test("container logs have the labels that dashboards use", () => {
    const [docker] = normalized(asAlloy({})).sources;
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

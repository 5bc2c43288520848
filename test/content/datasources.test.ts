import type { JaegerJsonData, LokiJsonData, PrometheusJsonData } from "grafana-provision";
import { describe, expect, test } from "vitest";
import { jaeger } from "../../datasources/jaeger.ts";
import { loki } from "../../datasources/loki.ts";
import { prometheus } from "../../datasources/prometheus.ts";
import config from "../../grafana.config.ts";
import { logql, promql } from "./datasources.ts";
import { readLogql } from "./logql.ts";
import { readPromql } from "./promql.ts";

describe("datasources", () => {
  test("link from metrics to traces, from logs to traces, and from traces to both", () => {
    expect(prometheus.jsonData).toMatchObject({
      exemplarTraceIdDestinations: [{ name: "trace_id", datasourceUid: "jaeger" }],
    } satisfies PrometheusJsonData);
    expect(loki.jsonData).toMatchObject({ derivedFields: [{ datasourceUid: "jaeger" }] });
    expect(jaeger.jsonData).toMatchObject({
      nodeGraph: { enabled: true },
      tracesToLogsV2: { datasourceUid: "loki", customQuery: true },
      tracesToMetrics: { datasourceUid: "prometheus" },
    });
  });

  test("refer to each other by their uids", () => {
    const uids = [prometheus, loki, jaeger].flatMap(({ jsonData }) =>
      [...JSON.stringify(jsonData).matchAll(/"datasourceUid":"([^"]*)"/g)].map(([, uid]) => uid),
    );
    expect([prometheus.uid, loki.uid, jaeger.uid]).toEqual(expect.arrayContaining(uids));
    expect(uids).toHaveLength(4);
  });

  test("one of them is the default", () => {
    expect([prometheus, loki, jaeger].filter(({ isDefault }) => isDefault)).toEqual([prometheus]);
  });

  test.each([
    'level=info trace_id=4bf92f3577b34da6 msg="done"',
    '{"traceId": "4bf92f3577b34da6"}',
    "TraceID: 4bf92f3577b34da6",
  ])("find the trace id in %s", (line) => {
    const { derivedFields = [] } = loki.jsonData as LokiJsonData;
    expect(new RegExp(derivedFields[0]?.matcherRegex ?? "").exec(line)?.[1]).toBe("4bf92f3577b34da6");
  });

  test("query spans with valid PromQL and LogQL", () => {
    expect(promql).toHaveLength(3);
    expect(promql.flatMap((expr) => readPromql(expr).errors)).toEqual([]);
    expect(logql.flatMap((expr) => readLogql(expr).errors)).toEqual([]);
    // $__tags is replaced by these matchers.
    const { tracesToMetrics } = jaeger.jsonData as JaegerJsonData;
    expect(tracesToMetrics?.tags).toEqual([{ key: "service.name", value: "service_name" }]);
  });
});

test("the configuration loads all three directories", () => {
  expect(config).toMatchObject({ project: "toolboxai", resources: ["./datasources", "./dashboards", "./alerts"] });
});

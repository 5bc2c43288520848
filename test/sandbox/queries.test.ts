import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { testGrafana } from "../helpers/grafana.ts";

// Recorded from a Grafana 12.4.0 and a Prometheus with these series.

const [FROM, TO] = [1_796_032_680_000, 1_796_032_800_000];
const TIMES = [0, 30, 60, 90, 120].map((seconds) => FROM / 1000 + seconds);
const METRIC = { __name__: "queue_length", queue: "mail" };
const QUERY = 'queue_length{queue="mail"}';

const UPSTREAM: Readonly<Record<string, { readonly status: number; readonly body: object }>> = {
  [QUERY]: success("matrix", [{ metric: METRIC, values: TIMES.map((time, index) => [time, `${index + 1}`]) }]),
  nan: success("matrix", [{ metric: { queue: "mail" }, values: TIMES.map((time) => [time, "NaN"]) }]),
  nope: success("matrix", []),
  "sum(": {
    status: 400,
    body: { status: "error", errorType: "bad_data", error: "1:5: parse error: unclosed left parenthesis" },
  },
};

function success(resultType: string, result: readonly object[]) {
  return { status: 200, body: { status: "success", data: { resultType, result } } };
}

const custom = { calculatedMinStep: 30_000 };
const time = { name: "Time", type: "time", typeInfo: { frame: "time.Time" }, config: { interval: 30_000 } };
const empty = (expr: string) => ({
  schema: {
    refId: "A",
    meta: { typeVersion: [0, 0], custom, executedQueryString: `Expr: ${expr}\nStep: 30s` },
    fields: [],
  },
  data: { values: [] },
});
const matrix = (expr: string, field: object, data: object) => ({
  schema: {
    refId: "A",
    meta: {
      type: "timeseries-multi",
      typeVersion: [0, 1],
      custom: { ...custom, resultType: "matrix" },
      executedQueryString: `Expr: ${expr}\nStep: 30s`,
    },
    fields: [time, { type: "number", typeInfo: { frame: "float64" }, ...field }],
  },
  data,
});
const milliseconds = TIMES.map((one) => one * 1000);

const RECORDED: Readonly<Record<string, { readonly status: number; readonly result: object }>> = {
  [QUERY]: {
    status: 200,
    result: {
      status: 200,
      frames: [
        matrix(
          QUERY,
          { name: "queue_length", labels: METRIC, config: { displayNameFromDS: QUERY } },
          { values: [milliseconds, [1, 2, 3, 4, 5]] },
        ),
      ],
    },
  },
  nan: {
    status: 200,
    result: {
      status: 200,
      frames: [
        matrix(
          "nan",
          { name: "Value", labels: { queue: "mail" }, config: { displayNameFromDS: '{queue="mail"}' } },
          { values: [milliseconds, [null, null, null, null, null]], entities: [null, { NaN: [0, 1, 2, 3, 4] }] },
        ),
      ],
    },
  },
  nope: { status: 200, result: { status: 200, frames: [empty("nope")] } },
  "sum(": {
    status: 400,
    result: {
      error: "bad_data: 1:5: parse error: unclosed left parenthesis",
      errorSource: "downstream",
      status: 400,
      frames: [empty("sum(")],
    },
  },
};

test("queries of Prometheus are answered in the form of a real Grafana", async () => {
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const { status, body: answer } = UPSTREAM[new URLSearchParams(body).get("query") ?? ""] ?? {
        status: 404,
        body: {},
      };
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const grafana = await testGrafana();
  const uid = grafana.name("source");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const source = { uid, name: uid, type: "prometheus", access: "proxy", url };
  await grafana.other.send({ method: "POST", path: "/api/datasources", body: source });
  for (const [expr, { status, result }] of Object.entries(RECORDED)) {
    const datasource = { type: "prometheus", uid };
    const query = { refId: "A", datasource, expr, intervalMs: 30_000, maxDataPoints: 100 };
    const response = await fetch(`${grafana.url}/api/ds/query`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa("admin:admin")}`, "content-type": "application/json" },
      body: JSON.stringify({ from: `${FROM}`, to: `${TO}`, queries: [query] }),
    });
    expect([response.status, await response.json()], expr).toEqual([status, { results: { A: result } }]);
  }
});

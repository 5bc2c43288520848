import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** A server that answers GET requests. `answer` returns the body; a number is the status of an error. */
export async function fakeServer(answer: (path: string, parameters: URLSearchParams) => unknown): Promise<string> {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://localhost");
    const body = answer(pathname, searchParams);
    response.writeHead(typeof body === "number" ? body : 200, { "content-type": "application/json" });
    response.end(typeof body === "number" ? '{"status":"error","error":"broken"}' : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

type Labels = Readonly<Record<string, string>>;

export function vector(...samples: readonly (readonly [labels: Labels, value: number])[]): object {
  const result = samples.map(([metric, value]) => ({ metric, value: [0, String(value)] }));
  return { status: "success", data: { resultType: "vector", result } };
}

export function matrix(...series: readonly (readonly [labels: Labels, times: readonly number[]])[]): object {
  const result = series.map(([metric, times]) => ({ metric, values: times.map((time) => [time, "1"]) }));
  return { status: "success", data: { resultType: "matrix", result } };
}

/** A Prometheus that knows the results of queries with these beginnings. All others are empty. */
export function fakePrometheus(
  results: Readonly<Record<string, object>>,
  rules: readonly object[] = [],
): Promise<string> {
  return fakeServer((path, parameters) => {
    if (path === "/api/v1/rules") return { status: "success", data: { groups: [{ name: "own", rules }] } };
    const query = parameters.get("query") ?? "";
    const found = Object.entries(results).find(([start]) => query.startsWith(start))?.[1];
    return found ?? (path.endsWith("_range") ? matrix() : vector());
  });
}

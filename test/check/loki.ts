import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A stream of log lines. */
export interface Stream {
  readonly labels: Readonly<Record<string, string>>;
  /** Each at a time in milliseconds. */
  readonly lines: readonly (readonly [time: number, line: string])[];
}

export interface FakeLoki {
  readonly url: string;
  /** The paths of all requests. */
  readonly requests: string[];
  close(): Promise<void>;
}

/**
 * A server that answers like Loki 2.9: labels, values and series of streams in a range, and queries with selectors, filters of
 * lines (`|=`), and `count_over_time` or `rate` of them.
 */
export async function fakeLoki(streams: readonly Stream[]): Promise<FakeLoki> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "", "http://localhost");
    requests.push(url.pathname);
    const { status, body } = answerTo(url, streams);
    response.writeHead(status, { "content-type": typeof body === "string" ? "text/plain" : "application/json" });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function answerTo(url: URL, streams: readonly Stream[]): { status: number; body: unknown } {
  const nanoseconds = (name: string, or: number) => Number(url.searchParams.get(name) ?? or * 1e6) / 1e6;
  const [start, end] = [nanoseconds("start", 0), nanoseconds("end", Date.now())];
  const inRange = streams.filter(({ lines }) => lines.some(([time]) => time >= start && time <= end));
  const selected = (text: string) => inRange.filter((stream) => matches(stream, text));
  const success = (data: unknown) => ({ status: 200, body: { status: "success", data } });
  const [, path = "", label = ""] =
    /^\/loki\/api\/v1\/(labels|label\/([^/]+)\/values|series|query_range|query)$/.exec(url.pathname) ?? [];
  if (path === "labels") return success([...new Set(inRange.flatMap(({ labels }) => Object.keys(labels)))].toSorted());
  if (path.startsWith("label/")) {
    const some = selected(url.searchParams.get("query") ?? "{}");
    return success([...new Set(some.flatMap(({ labels }) => labels[label] ?? []))].toSorted());
  }
  if (path === "series") return success(selected(url.searchParams.get("match[]") ?? "{}").map(({ labels }) => labels));
  if (path === "") return { status: 404, body: "404 page not found\n" };
  const query = url.searchParams.get("query") ?? "";
  const expression =
    /^(?:(?:sum|count)\s*(?:by\s*\([^)]*\)\s*)?\()?\s*(count_over_time|rate)?\s*\(?\s*(\{[^}]*\})\s*(?:\|=\s*"([^"]*)")?/.exec(
      query,
    );
  if (!expression) return { status: 400, body: "parse error at line 1, col 1: syntax error: unexpected IDENTIFIER" };
  const [, metric, selector = "", filter = ""] = expression;
  const found = selected(selector).flatMap(({ labels, lines }) => {
    const values = lines.filter(([time, line]) => time >= start && time <= end && line.includes(filter));
    return values.length > 0 ? [{ labels, values }] : [];
  });
  if (metric !== undefined)
    return success({
      resultType: "matrix",
      result: found.map(({ labels, values }) => ({ metric: labels, values: [[end / 1000, `${values.length}`]] })),
      stats: {},
    });
  const result = found.map(({ labels, values }) => ({
    stream: labels,
    values: values.map(([time, line]) => [`${time * 1e6}`, line]),
  }));
  return success({ resultType: "streams", result, stats: {} });
}

function matches({ labels }: Stream, selector: string): boolean {
  return [...selector.matchAll(/([\w.]+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g)].every(
    ([, label = "", operator = "", value = ""]) => {
      const actual = labels[label] ?? "";
      const isMatch = operator.endsWith("~") ? new RegExp(`^(?:${value})$`).test(actual) : actual === value;
      return isMatch !== operator.startsWith("!");
    },
  );
}

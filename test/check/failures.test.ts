import { expect, onTestFinished, test } from "vitest";
import { testProject } from "../helpers/cli.ts";
import { faultyProxy, type Fate } from "../helpers/faulty-proxy.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { board, checked, panel } from "./support.ts";

const VECTOR = { status: "success", data: { resultType: "vector", result: [{ metric: {}, value: [1, "1"] }] } };
const MATRIX = { status: "success", data: { resultType: "matrix", result: [{ metric: {}, values: [[1, "1"]] }] } };

function json(status: number, body: unknown): Fate {
  return { status, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

test("a datasource that rejects Grafana's credentials, and a malformed response, don't end the others", async () => {
  const grafana = await testGrafana();
  const closed = await faultyProxy("http://127.0.0.1:1", ({ path }) => {
    const isResource = !path.includes("/query");
    return isResource ? json(401, { status: "error", error: "unauthorized" }) : json(200, MATRIX);
  });
  const open = await faultyProxy("http://127.0.0.1:1", ({ path }) =>
    json(200, path.includes("range") ? MATRIX : VECTOR),
  );
  const tempo = await faultyProxy("http://127.0.0.1:1", () => json(200, { traces: {} }));
  for (const proxy of [closed, open, tempo]) onTestFinished(() => proxy.close());
  const [first, second, third] = ["closed", "open", "tempo"].map((name) => grafana.name(name));
  const variable = {
    name: "job",
    type: "query",
    datasource: { type: "prometheus", uid: first },
    query: "label_values(up, job)",
  };
  const source = (uid: string | undefined, type = "prometheus") => ({ datasource: { type, uid } });
  const panels = [
    panel("Closed", 'up{job="$job"}', source(first)),
    panel("Open", "up", source(second)),
    { ...panel("Traces", "", source(third, "tempo")), targets: [{ refId: "A", queryType: "traceql", query: "{}" }] },
    {
      ...panel("Filters", "", source(third, "tempo")),
      targets: [{ refId: "A", queryType: "traceqlSearch", query: "", filters: [{ id: "a", tag: "name", value: "x" }] }],
    },
  ];
  const sourceText = (name: string, uid: string | undefined, type: string, url: string) =>
    `export const ${name} = datasource({ uid: "${uid ?? ""}", name: "${uid ?? ""}", type: "${type}", url: "${url}" });`;
  const project = await testProject({
    "resources/sources.ts": `
import { datasource } from "grafana-provision";
${sourceText("closed", first, "prometheus", closed.url)}
${sourceText("open", second, "prometheus", open.url.replace("//", "//reader:secret@"))}
${sourceText("tempo", third, "tempo", tempo.url)}
`,
    "resources/shop.json": board(panels, { uid: grafana.name("board"), templating: { list: [variable] } }),
  });
  expect((await project.run(["apply", "--yes", "--only", "datasource"], grafana.variables)).code).toBe(0);
  // One after the other, so that the rejected request is the first one.
  const { states, code, error } = await checked(project, ["--concurrency", "1"], grafana.variables);
  expect(error).toBeUndefined();
  expect(code).toBe(1);
  expect(states).toEqual([
    ["Closed", "error", "query-failed"],
    ["Open", "data"],
    ["Traces", "error", "response-invalid"],
    ["Filters", "skipped", "empty"],
    ["job", "error", "query-failed"],
  ]);
});

test("the type and the status of an error tell what failed, not the words of its message", async () => {
  const typed = (status: number, errorType: string, error: string) =>
    json(status, { status: "error", errorType, error });
  const cases: Readonly<Record<string, readonly [fate: Fate, code: string]>> = {
    duplicate: [
      typed(422, "execution", 'found duplicate series for the match group {reason="timeout"} on the right hand-side'),
      "query-failed",
    ],
    refused: [typed(400, "bad_data", 'unknown label value "connection refused"'), "query-failed"],
    slow: [typed(503, "timeout", "query timed out in expression evaluation"), "timeout"],
    gateway: [{ status: 504, headers: { "content-type": "text/plain" }, body: "no answer" }, "timeout"],
    absent: [{ status: 502, headers: { "content-type": "text/plain" }, body: "no answer" }, "datasource-unreachable"],
    broken: [{ status: 500, headers: { "content-type": "text/plain" }, body: "a timeout occurred" }, "query-failed"],
  };
  const proxy = await faultyProxy("http://127.0.0.1:1", ({ path, body }) => {
    const query = new URLSearchParams(body || path.split("?")[1]).get("query") ?? "";
    return cases[query]?.[0] ?? json(200, MATRIX);
  });
  onTestFinished(() => proxy.close());
  const grafana = await testGrafana();
  const uid = grafana.name("source");
  const panels = Object.keys(cases).map((name) => panel(name, name, { datasource: { type: "prometheus", uid } }));
  const project = await testProject({
    "resources/source.ts": `
import { datasource } from "grafana-provision";
export const source = datasource({ uid: "${uid}", name: "${uid}", type: "prometheus", url: "${proxy.url}" });
`,
    "resources/shop.json": board(panels, { uid: grafana.name("board") }),
  });
  const expected = Object.entries(cases).map(([name, [, code]]) => [name, "error", code]);
  expect((await checked(project, ["--prometheus", proxy.url])).states).toEqual(expected);
  expect((await project.run(["apply", "--yes", "--only", "datasource"], grafana.variables)).code).toBe(0);
  expect((await checked(project, [], grafana.variables)).states).toEqual(expected);
});

test("a question about a cause that takes too long doesn't stop the queries of other panels", async () => {
  const empty = json(200, { status: "success", data: { resultType: "matrix", result: [] } });
  const proxy = await faultyProxy("http://127.0.0.1:1", ({ path, body }) => {
    const query = new URLSearchParams(body || path.split("?")[1]).get("query") ?? "";
    if (/^missing_\d$/.test(query)) return empty;
    return query === "up" ? json(200, MATRIX) : "stall";
  });
  onTestFinished(() => proxy.close());
  const names = ["missing_1", "missing_2", "missing_3", "missing_4", "missing_5", "up"];
  const project = await testProject({
    "resources/source.ts": `
import { datasource } from "grafana-provision";
export const source = datasource({ uid: "prometheus", name: "Prometheus", type: "prometheus", url: "${proxy.url}" });
`,
    "resources/shop.json": board(names.map((name) => panel(name, name))),
  });
  const { states } = await checked(project, ["--prometheus", proxy.url, "--timeout", "1", "--concurrency", "1"]);
  expect(states).toEqual(names.map((name) => (name === "up" ? [name, "data"] : [name, "no-data", "empty"])));
});

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { gitRepository } from "../review/support.ts";

/** Of a series, each for one step: above 4 once, above 2 twice. */
const VALUES = [1, 5, 1, 3, 1];

/** Answers range queries with such a series. */
async function fakePrometheus() {
  const queries: string[] = [];
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? "", "http://localhost");
    const [start = 0, end = 0, step = 1] = ["start", "end", "step"].map((name) => Number(searchParams.get(name)));
    queries.push(searchParams.get("query") ?? "");
    const times = Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, index) => start + index * step);
    const values = times.map((time) => [time, `${VALUES[Math.round(time / step) % VALUES.length]}`]);
    response.setHeader("Content-Type", "application/json");
    response.end(
      JSON.stringify({ status: "success", data: { resultType: "matrix", result: [{ metric: {}, values }] } }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, queries };
}

const PROMETHEUS = `import { datasource } from "grafana-provision";
export const prometheus = datasource({
  uid: "prometheus", name: "Prometheus", type: "prometheus", url: "http://127.0.0.1:1", jsonData: { timeInterval: "30s" },
});
`;

const rules = (
  limit: number,
  more = "",
) => `import { above, alertRule, folder, promql, ruleGroup } from "grafana-provision";
import { prometheus } from "./prometheus.ts";
const query = promql(prometheus, "rate(jobs_total[$__rate_interval])");
const rule = (title, limit, more = {}) => alertRule({ title, query, when: above(limit), ...more });
export const shop = folder({ uid: "shop", title: "Shop" });
export default ruleGroup({
  folder: shop,
  title: "shop",
  interval: 3600,
  rules: [rule("Changed", ${limit}), rule("Same", 1, { annotations: { summary: "${limit}" } })${more}],
});
`;

async function changedRules() {
  const repository = await gitRepository({ "resources/prometheus.ts": PROMETHEUS, "resources/rules.ts": rules(4) });
  const odd = `, rule("Other", 1, { query: { ...query, model: { query: "x" } } })`;
  await repository.write({ "resources/rules.ts": rules(2, `, rule("New", 4)${odd}`) });
  const read = (name: string) => readFile(join(repository.directory, ".grafana-provision/review", name), "utf8");
  return { run: (...args: string[]) => repository.run(["review", "--base", "main", ...args]), read };
}

test("a review says how often changed rules would have fired", async () => {
  const { url, queries } = await fakePrometheus();
  const { run, read } = await changedRules();
  const { code, stdout, stderr } = await run("--backtest", url);
  expect(code, stderr).toBe(0);
  for (const text of [stdout, await read("review.md"), await read("review.html")]) {
    expect(text).toMatch(/Changed.*fires 3[34] → 6[678] times in 7 days/);
    expect(text).toMatch(/New.*fires 3[34] times in 7 days/);
    expect(text).toMatch(/Other.*not replayed.*the query has no PromQL expression/);
    expect(text).not.toMatch(/Same.*times in/);
  }
  // Four times the scrape interval of the datasource in the code.
  expect([...new Set(queries)]).toEqual(["rate(jobs_total[120s])"]);
});

test("a Prometheus that can't be reached is a note, and the review is written", async () => {
  const { run, read } = await changedRules();
  const { code, stdout } = await run("--backtest", "http://127.0.0.1:1");
  expect(code).toBe(0);
  expect(stdout).toContain("No rules were replayed");
  expect(await read("review.md")).toContain("No rules were replayed");
});

test("an invalid URL is an error before anything is compared", async () => {
  const { run } = await changedRules();
  expect((await run("--backtest", "localhost:9090")).code).toBe(64);
});

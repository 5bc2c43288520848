import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { testGrafana } from "../helpers/grafana.ts";
import { gitRepository } from "../review/support.ts";
import { fakeLoki } from "./loki.ts";

const board = (uid: string, ...queries: readonly string[]) => `import { dashboard } from "grafana-provision";
import { logs } from "./logs.ts";
const panels = ${JSON.stringify(queries)}.map((expr, index) => ({
  id: index + 1, type: "logs", title: expr, datasource: logs.ref, targets: [{ refId: "A", expr }],
}));
export default dashboard({ spec: { uid: "${uid}", title: "${uid}", panels } });
`;

test("a review runs only changed queries, and shows those without data", async () => {
  const loki = await fakeLoki([{ labels: { job: "shop" }, lines: [[Date.now() - 60_000, "sold"]] }]);
  onTestFinished(() => loki.close());
  const grafana = await testGrafana();
  const uid = grafana.name("logs");
  const repository = await gitRepository({
    "resources/logs.ts": `import { datasource } from "grafana-provision";
export const logs = datasource({ uid: "${uid}", name: "${uid}", type: "loki", url: "${loki.url}" });
`,
    "resources/changed.ts": board("changed", '{job="former"}', '{job="shop"}'),
    "resources/unchanged.ts": board("unchanged", '{job="other"}'),
  });
  const { variables } = grafana;
  expect((await repository.run(["apply", "--yes", "--only", "datasource"], variables)).code).toBe(0);
  await repository.write({
    "resources/changed.ts": board("changed", '{job="former"}', '{job="shop"} |= "sold"', '{jbo="shop"}'),
  });
  const { code, stdout } = await repository.run(["review", "--base", "main", "--check"], variables);
  expect(code).toBe(0);
  const read = (name: string) => readFile(join(repository.directory, ".grafana-provision/review", name), "utf8");
  for (const text of [stdout, await read("review.md"), await read("review.html")]) {
    expect(text).toContain("label-missing");
    expect(text).not.toContain("label-value-missing");
  }
  expect(await read("review.md")).toContain("**Queries**");

  const plain = await repository.run(["review", "--base", "main"], variables);
  expect(plain.stdout).not.toContain("label-missing");
});

test("without a Grafana, the review says that no queries were run", async () => {
  const repository = await gitRepository({
    "resources/logs.ts": `import { datasource } from "grafana-provision";
export const logs = datasource({ uid: "logs", name: "Logs", type: "loki", url: "http://127.0.0.1:1" });
`,
    "resources/changed.ts": board("changed", '{job="shop"}'),
  });
  await repository.write({ "resources/changed.ts": board("changed", '{job="shops"}') });
  const { code, stdout } = await repository.run(["review", "--base", "main", "--check"]);
  expect(code).toBe(0);
  expect(stdout).toContain("No queries were run");
});

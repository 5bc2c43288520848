import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { gitRepository } from "../review/support.ts";

const board = (uid: string, expr: string) => `import { dashboard } from "grafana-provision";
import { metrics } from "./metrics.ts";
export default dashboard({
  spec: {
    uid: "${uid}",
    title: "${uid}",
    panels: [{ id: 1, type: "timeseries", title: "Load", datasource: metrics.ref, targets: [{ refId: "A", expr: "${expr}" }] }],
  },
});
`;

const FILES = {
  "resources/metrics.ts": `import { datasource } from "grafana-provision";
export const metrics = datasource({ uid: "metrics", name: "Metrics", type: "prometheus", url: "http://prometheus:9090" });
`,
  "resources/changed.ts": board("changed", "node_load1"),
  "resources/unchanged.ts": board("unchanged", "rate(node_load5[5m])"),
};

test("a review shows what lint finds in changed resources", async () => {
  const repository = await gitRepository(FILES);
  await repository.write({ "resources/changed.ts": board("changed", "rate(node_load1[5m])") });
  const { code, stdout, stderr } = await repository.run(["review", "--base", "main"], {
    GITHUB_ACTIONS: "true",
    GITHUB_WORKSPACE: repository.directory,
  });
  expect(code, stderr).toBe(0);
  const read = (name: string) => readFile(join(repository.directory, ".grafana-provision/review", name), "utf8");
  const texts = [stdout, stderr, await read("review.md"), await read("review.html")];
  for (const text of texts) {
    expect(text).toContain("rate-of-gauge");
    expect(text).not.toContain("node_load5");
  }
  expect(stdout).toContain("warning resources/changed.ts:7:");
  expect(stderr).toMatch(/::warning file=resources\/changed\.ts,line=7,col=\d+,title=rate-of-gauge/);
});

test("a review without findings has no section for them", async () => {
  const repository = await gitRepository(FILES);
  await repository.write({ "resources/changed.ts": board("changed", "node_load15") });
  const { code } = await repository.run(["review", "--base", "main"]);
  expect(code).toBe(0);
  const text = await readFile(join(repository.directory, ".grafana-provision/review/review.md"), "utf8");
  expect(text).not.toContain("Lint");
});

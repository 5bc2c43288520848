import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { isDrift } from "../../src/engine/drift.ts";
import { actionsOf } from "../../src/engine/permissions.ts";
import { kinds } from "../../src/kinds/index.ts";
import { WriteBackSchema } from "../../src/report/write-back.ts";
import { driftText } from "../../src/report/drift.ts";
import { EXIT } from "../../src/util/errors.ts";
import { examples } from "./docs/examples.ts";
import { filledPages, GENERATED, OUTPUT, sources, type Sources } from "./docs/fill.ts";
import { generatedPages, pageAt, ROOT } from "./docs/pages.ts";

const all = generatedPages();
let from: Sources;
let filled: ReadonlyMap<string, string>;
beforeAll(async () => {
  from = await sources();
  filled = await filledPages(from);
});

test.each(all)("$path is as `npm run docs` writes it", ({ path, text }) => {
  expect(text).toBe(filled.get(path));
});

test("every recorded output and every table is on exactly one page, and no page has other outputs", () => {
  const text = all.map((page) => page.text).join("\n");
  const named = [...text.matchAll(OUTPUT)].map(([, name = ""]) => name);
  expect(named.toSorted()).toEqual([...from.outputs.keys()].toSorted());
  expect(text.match(/^```text$/gm)).toHaveLength(named.length);
  const markers = [...text.matchAll(GENERATED)].map(([, name = ""]) => name).filter((name) => name !== "toc");
  expect(markers.toSorted()).toEqual([...from.tables.keys()].toSorted());
  expect(all.map(({ path }) => path)).toEqual([...filled.keys()]);
});

test.each([...kinds.values()])("docs/permissions.md lists what planning a $name requires", ({ name, access }) => {
  const row = pageAt("docs/permissions.md")
    .text.split("\n")
    .find((line) => line.startsWith("|") && line.includes(`\`${name}\``));
  const [, , plan = ""] = (row ?? "").split("|");
  expect([...plan.matchAll(/`([^`]+)`/g)].map(([, action]) => action)).toEqual(actionsOf(access.read));
});

test("docs/cli.md lists every exit code", () => {
  const { text } = pageAt("docs/cli.md");
  const section = text.slice(text.indexOf("\n## Exit codes"), text.indexOf("\n## JSON output"));
  const codes = [...section.matchAll(/^\| (\d+) /gm)].map(([, code]) => Number(code));
  expect(codes).toEqual(Object.values(EXIT));
});

test("docs/drift-and-rollback.md lists the reasons why an edit is not written to the code", () => {
  const [, text = ""] = pageAt("docs/drift-and-rollback.md").text.split(
    /^## Write an edit back.*$|^## After an upgrade.*$/m,
  );
  const reasons = [...text.matchAll(/^\| `([\w-]+)`/gm)].map(([, reason]) => reason);
  expect(reasons).toEqual(WriteBackSchema.shape.left.element.shape.reason.options);
});

test("docs/drift-and-rollback.md lists the states that count as drift, in the words of the report", () => {
  const { text } = pageAt("docs/drift-and-rollback.md");
  const section = text.slice(text.indexOf("\n## Detect drift"), text.indexOf("\n## Write an edit back"));
  const states = [...section.matchAll(/^\| `([^`]+)`/gm)].map(([, state = ""]) => state);
  const all = ["changed", "conflict", "possibly-changed", "missing", "lost-mark"] as const;
  expect(all.filter((state) => !isDrift({ state }))).toEqual([]);
  const drift = all.map((state) => ({
    kind: "k",
    id: "i",
    title: "t",
    state,
    conflicts: [],
    differences: [],
    saves: [],
  }));
  const report = driftText(
    { project: "p", drift, unchanged: 0, unseen: [], notes: [] },
    { stream: process.stdout, color: false },
  );
  const reported = [...report.matchAll(/^  \S k\/i "t": (.+)$/gm)].map(([, state]) => state);
  expect(reported).toHaveLength(all.length);
  expect(states).toEqual(reported);
});

test("docs/cli.md lists every environment variable that the target depends on", () => {
  const source = readFileSync(join(ROOT, "src/cli/target.ts"), "utf8");
  const variables = new Set([...source.matchAll(/"(GRAFANA_[A-Z_]+)"/g)].map(([, name = ""]) => name));
  expect(variables.size).toBeGreaterThan(8);
  const { text } = pageAt("docs/cli.md");
  expect([...variables].filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
});

test("the examples of all pages are valid together, and type-check", async () => {
  const { paths, validate, types } = await examples(all.map(({ text }) => text).join("\n"));
  expect(paths).toEqual([...new Set(paths)]);
  expect(paths).toEqual(
    expect.arrayContaining(["dashboards/queue.ts", "alerts/queue.ts", "datasources/tempo.ts", "stack.config.ts"]),
  );
  // Short examples have no summaries, runbooks and the like, which are findings of lint.
  const findings = expect.not.stringMatching(/^(?!warning | {8}|$)/m) as unknown;
  expect(validate).toEqual({ code: 0, stdout: expect.stringContaining("Valid: ") as unknown, stderr: findings });
  expect(types).toEqual({ code: 0, stdout: "", stderr: "" });
});

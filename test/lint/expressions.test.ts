import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { dashboard, datasource, lint, type PlainPanel } from "grafana-provision";
import { variablesIn } from "../content/variables.ts";

// Well-formed expressions of both languages, about which no rule says anything.

const SOURCES = {
  promql: datasource({ uid: "metrics", name: "Metrics", type: "prometheus" }),
  logql: datasource({ uid: "logs", name: "Logs", type: "loki" }),
};
type Language = keyof typeof SOURCES;

function expressionsIn(language: Language): readonly string[] {
  const text = readFileSync(new URL(`../fixtures/lint/${language}.txt`, import.meta.url), "utf8");
  return text.split("\n").filter(Boolean);
}

/** A dashboard with the expression, in the classic schema, that defines the variables in it. */
async function findingsOf(language: Language, expr: string) {
  const { ref } = SOURCES[language];
  const panel: PlainPanel = {
    type: "timeseries",
    title: "Values",
    description: "All of them.",
    interval: "1m",
    datasource: ref,
    targets: [{ refId: "A", expr }],
    fieldConfig: {
      defaults: { unit: "none", decimals: 0 },
      overrides: [{ matcher: { id: "byName", options: "A" }, properties: [{ id: "unit", value: "s" }] }],
    },
  };
  const former = [...expr.matchAll(/\[\[(\w+)/g)].map(([, name = ""]) => name);
  const names = [...new Set([...variablesIn(expr), ...former])].filter(
    (name) => !name.startsWith("__") && name !== "x",
  );
  const list = names.map((name) => ({ type: "custom", name, query: "a,b" }));
  const board = dashboard({ uid: "values", spec: { title: "Values", panels: [panel], templating: { list } } });
  return lint([board, SOURCES[language]]);
}

test("there are 300 expressions", () => {
  expect([...expressionsIn("promql"), ...expressionsIn("logql")].length).toBeGreaterThanOrEqual(300);
});

test.each(
  (["promql", "logql"] as const).flatMap((language) =>
    expressionsIn(language).map((expr) => [language, expr] as const),
  ),
)("%s: no rule reports %s", async (language, expr) => {
  expect((await findingsOf(language, expr)).map(({ rule, message }) => [rule, message])).toEqual([]);
});

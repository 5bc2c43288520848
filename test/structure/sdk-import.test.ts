import { expect, test } from "vitest";
import { sourceFile, sourceFiles, type Node, type SourceFile } from "./syntax.ts";

/** Static imports of the Foundation SDK's code. Its types cost nothing; `import` loads its code when it needs it. */
function sdkImportsIn({ name, program }: SourceFile): string[] {
  return (program["body"] as Node[]).flatMap((node) => {
    const isType = node["importKind"] === "type" || node["exportKind"] === "type";
    if (!/^(Import|ExportNamed|ExportAll)Declaration$/.test(node.type) || isType) return [];
    const source = (node["source"] as Node | null)?.["value"];
    return String(source).startsWith("@grafana/grafana-foundation-sdk") ? [`${name}: ${String(source)}`] : [];
  });
}

test("no command loads the SDK only because it starts", () => {
  expect(sourceFiles().flatMap(sdkImportsIn)).toEqual([]);
});

/** Static imports of code that only `drift --write` needs: it contains a parser. */
function editorImportsIn({ name, program }: SourceFile): string[] {
  return (program["body"] as Node[]).flatMap((node) => {
    const isType = node["importKind"] === "type" || node["exportKind"] === "type";
    if (!/^(Import|ExportNamed|ExportAll)Declaration$/.test(node.type) || isType) return [];
    const source = String((node["source"] as Node | null)?.["value"]);
    const isEditor = /\/update\/|\/write-back\.ts$/.test(source) && !source.endsWith("/report/write-back.ts");
    return isEditor ? [`${name}: ${source}`] : [];
  });
}

test("only the command that edits code loads the parser", () => {
  const others = sourceFiles().filter(
    ({ name }) =>
      !name.includes("src/update/") &&
      !name.endsWith("src/cli/commands/write-back.ts") &&
      // Loaded only for findings, see below.
      !name.endsWith("src/lint/places.ts"),
  );
  // The report of the edits only has types of the editor.
  const found = others
    .flatMap(editorImportsIn)
    .filter((one) => !/src\/report\/[\w-]+\.ts: \.\/write-back\.ts/.test(one));
  expect(found).toEqual([]);
  const [command] = sourceFiles().filter(({ name }) => name.endsWith("src/cli/commands/write-back.ts"));
  expect(command && editorImportsIn(command)).toHaveLength(1);
});

/** Static imports of the grammars, and of the rules that use them. */
function grammarImportsIn({ name, program }: SourceFile): string[] {
  return (program["body"] as Node[]).flatMap((node) => {
    const isType = node["importKind"] === "type" || node["exportKind"] === "type";
    if (!/^(Import|ExportNamed|ExportAll)Declaration$/.test(node.type) || isType) return [];
    const source = String((node["source"] as Node | null)?.["value"]);
    const isGrammar = /lezer-(promql|logql|traceql)$/.test(source);
    const isRule =
      /(^|\/)(?:lint|usage)\/(?!api\.ts$|settings\.ts$)/.test(source) && !/\/(kinds|engine|report)\//.test(name);
    return isGrammar || isRule ? [`${name}: ${source}`] : [];
  });
}

/** Static imports of live checks, which need the grammars. */
function checkImportsIn({ name, program }: SourceFile): string[] {
  return (program["body"] as Node[]).flatMap((node) => {
    if (node.type !== "ImportDeclaration" || node["importKind"] === "type") return [];
    const source = String((node["source"] as Node | null)?.["value"]);
    return /(^|\/)check\/(?!(?:state|findings|rule-status)\.ts$)/.test(source) ? [`${name}: ${source}`] : [];
  });
}

test("only commands that check queries load the grammars", () => {
  const found = sourceFiles()
    .filter(({ name }) => !/src\/(?:lint|usage|check)\//.test(name))
    .flatMap(grammarImportsIn);
  expect(found).toEqual([]);
  // Live checks are loaded by their command. Reports only use the states of results.
  const users = sourceFiles().filter(({ name }) => !/src\/(?:check\/|cli\/commands\/check\.ts)/.test(name));
  expect(users.flatMap(checkImportsIn)).toEqual([]);
  const own = sourceFiles()
    .filter(({ name }) => name.includes("src/lint/"))
    .flatMap(grammarImportsIn);
  expect(own.length).toBeGreaterThanOrEqual(3);
});

test.each([
  ['import { DashboardBuilder } from "@grafana/grafana-foundation-sdk/dashboard";', 1],
  ['import { type Panel } from "@grafana/grafana-foundation-sdk/dashboard";', 1],
  ['export * from "@grafana/grafana-foundation-sdk/dashboard";', 1],
  ['import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";', 0],
])("%s: %i", (text, count) => {
  expect(sdkImportsIn(sourceFile("src/example.ts", text))).toHaveLength(count);
});

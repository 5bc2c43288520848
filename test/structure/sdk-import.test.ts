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

test.each([
  ['import { DashboardBuilder } from "@grafana/grafana-foundation-sdk/dashboard";', 1],
  ['import { type Panel } from "@grafana/grafana-foundation-sdk/dashboard";', 1],
  ['export * from "@grafana/grafana-foundation-sdk/dashboard";', 1],
  ['import type { Panel } from "@grafana/grafana-foundation-sdk/dashboard";', 0],
])("%s: %i", (text, count) => {
  expect(sdkImportsIn(sourceFile("src/example.ts", text))).toHaveLength(count);
});

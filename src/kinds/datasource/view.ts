import type { Difference } from "../../engine/difference.ts";
import type { KindRisk, ViewFacet } from "../../engine/view.ts";
import { masked } from "../../secrets/mask.ts";
import { textOf, type Json } from "../../util/json.ts";

export const view: ViewFacet = {
  section: { title: "Folders and datasources", rank: 410 },
  risks: { deletion: "is deleted: panels and rules that query it get no data", ofDifference: riskOf },
  facts: ({ type, url, isDefault }) => [
    [textOf(type), textOf(masked(url ?? "")) || "without a URL", ...(isDefault === true ? ["default"] : [])].join(", "),
  ],
};

function riskOf({ path, before, after }: Difference): KindRisk | undefined {
  if (path !== "url" && path !== "type" && path !== "database") return undefined;
  return { text: `queries another source: ${path} ${shown(before)} → ${shown(after)}` };
}

function shown(value: Json | undefined): string {
  return value === undefined ? "nothing" : typeof value === "string" ? value : JSON.stringify(value);
}

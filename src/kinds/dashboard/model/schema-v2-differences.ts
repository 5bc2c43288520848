import type { Difference } from "../../../engine/difference.ts";
import { equal, isObject, type JsonObject } from "../../../util/json.ts";
import { allPanels } from "./panels.ts";
import { changesLayout, FEATURES, featureName, type SchemaV2Losses } from "./schema-v2-losses.ts";

interface Compared {
  /** Differences in elements that only schema v2 has. */
  readonly differences: readonly Difference[];
  /** Both sides, reduced to what the classic schema can represent. */
  readonly before: JsonObject;
  readonly after: JsonObject;
}

/**
 * Separates the elements that only schema v2 has. If they change the layout, Grafana's conversion generates rows and panel
 * positions (a row for a tab, a position for each panel of an auto grid), which are not compared.
 */
export function withoutSchemaV2(before: JsonObject, after: JsonObject): Compared {
  const [old, wanted] = [lossesIn(before), lossesIn(after)];
  const differences = FEATURES.flatMap((feature): Difference[] => {
    const [was, is] = [old[feature], wanted[feature]];
    if (equal(was, is)) return [];
    return [
      {
        type: was ? (is ? "changed" : "removed") : "added",
        path: `schemaV2.${feature}`,
        labels: ["features of schema v2", featureName(feature)],
        ...(was ? { before: was } : {}),
        ...(is ? { after: is } : {}),
        ...(was && is
          ? {}
          : { shown: { ...(was ? { before: was.join(", ") } : {}), ...(is ? { after: is.join(", ") } : {}) } }),
      },
    ];
  });
  const isLaidOut = changesLayout(old) || changesLayout(wanted);
  const classic = ({ schemaV2: _, stored: __, ...form }: JsonObject) => (isLaidOut ? withoutLayout(form) : form);
  return { differences, before: classic(before), after: classic(after) };
}

function lossesIn({ schemaV2 }: JsonObject): SchemaV2Losses {
  return isObject(schemaV2) ? schemaV2 : {};
}

function withoutLayout(form: JsonObject): JsonObject {
  const panels = allPanels(form)
    .filter(({ type }) => type !== "row")
    .map(({ gridPos: _, ...panel }) => panel)
    // Their order is that of the layout.
    .toSorted((a, b) => Number(a["id"]) - Number(b["id"]));
  return { ...form, panels };
}

import type { Reference } from "../../../engine/model.ts";
import { isObject } from "../../../util/json.ts";
import { datasourceUses } from "../model/datasource-uses.ts";
import { elementsIn } from "./elements.ts";

/** The datasources that a spec names in queries, annotations and variables. `plain`: whether it is JSON, which has no types. */
export function datasourceReferencesV2(spec: object, plain: boolean): Reference[] {
  return datasourceUses(spec, "name").map(({ path, name, existing }) => ({
    kind: "datasource",
    id: name,
    path: `spec.${path}`,
    existing,
    untyped: plain,
    property: { name: "refV2", example: "datasource: prometheus.refV2" },
  }));
}

/** The library panels that a spec shows. Code with a literal uid can refer to one that only Grafana has. */
export function libraryPanelReferencesV2(spec: object, plain: boolean): Reference[] {
  return elementsIn(spec).flatMap(([name, { spec: element }]): Reference[] => {
    const shown = isObject(element) ? element["libraryPanel"] : undefined;
    if (!isObject(shown) || typeof shown["uid"] !== "string" || shown["uid"] === "") return [];
    return [
      {
        kind: "library-panel",
        id: shown["uid"],
        path: `spec.elements.${name}.spec.libraryPanel`,
        existing: "existing" in shown,
        untyped: plain || !("kind" in shown),
        required: true,
      },
    ];
  });
}

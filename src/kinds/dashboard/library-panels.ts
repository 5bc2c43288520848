import { isObject, type JsonObject } from "../../util/json.ts";
import type { Reference } from "../../engine/model.ts";
import { allPanels } from "./model/panels.ts";

/** The result of `libraryPanel()` or `existing.libraryPanel()`. */
interface LibraryPanelObject {
  readonly kind: "library-panel";
  readonly uid: string;
  readonly name: string;
}

/** A panel that shows a library panel. The dashboard sets its position and title, the library panel everything else. */
export interface LibraryPanelUse {
  readonly libraryPanel: LibraryPanelObject;
  readonly title?: string;
  readonly [property: string]: unknown;
}

/** The library panels that a dashboard shows. Plain JSON and code with a literal uid can refer to one that only Grafana has. @internal */
export function libraryPanelReferences(spec: object, plain: boolean): Reference[] {
  const exported = "__elements" in spec && isObject(spec["__elements"]) ? spec["__elements"] : {};
  return placedIn(spec, "spec.panels").flatMap(({ panel, path }) => {
    const shown = panel["libraryPanel"];
    if (!isObject(shown) || typeof shown["uid"] !== "string" || shown["uid"] === "") return [];
    const id = shown["uid"];
    const untyped = plain || !("kind" in shown);
    const existing = "existing" in shown;
    const element = Object.hasOwn(exported, id) ? exported[id] : undefined;
    const hint = isObject(element) ? { hint: inExport(id, element) } : {};
    return [{ kind: "library-panel", id, path: `${path}.libraryPanel`, existing, untyped, required: true, ...hint }];
  });
}

/** Another dashboard may export the same library panel, and Grafana may have it, so it is not created from the export. */
function inExport(uid: string, { name }: JsonObject): string {
  const fields = `uid: ${JSON.stringify(uid)}, name: ${JSON.stringify(name ?? "")}`;
  return `Its model is in the file's __elements: define it with libraryPanel({ ${fields}, model: {...} }), or create it in Grafana.`;
}

/** Replaces each library panel object with its uid and name. Modifies `model`. @internal */
export function nameLibraryPanels(model: JsonObject): void {
  for (const panel of allPanels(model)) {
    const shown = panel["libraryPanel"];
    if (!isObject(shown) || !("kind" in shown)) continue;
    const { uid = "", name } = shown;
    panel["libraryPanel"] = { uid, ...(name ? { name } : {}) };
  }
}

interface Placed {
  readonly panel: Readonly<Record<string, unknown>>;
  readonly path: string;
}

/** The panels of a dashboard, including those in rows. */
function placedIn(holder: object, path: string): Placed[] {
  const panels: unknown = "panels" in holder ? holder.panels : [];
  return (Array.isArray(panels) ? panels : []).flatMap((panel: unknown, index): Placed[] => {
    if (!isObject(panel)) return [];
    const here = `${path}[${index}]`;
    return [{ panel, path: here }, ...placedIn(panel, `${here}.panels`)];
  });
}

import { isObject, type JsonObject } from "../../../util/json.ts";

/** A copy with other elements. */
export function mapElements(spec: JsonObject, change: (element: JsonObject, name: string) => JsonObject): JsonObject {
  const { elements } = spec;
  if (!isObject(elements)) return spec;
  const changed = Object.entries(elements).map(([name, element]) => [
    name,
    isObject(element) ? change(element, name) : element,
  ]);
  return { ...spec, elements: Object.fromEntries(changed) as JsonObject };
}

/** The elements by name. */
export function elementsIn(spec: object): [name: string, element: JsonObject][] {
  const elements: unknown = Reflect.get(spec, "elements");
  return Object.entries(isObject(elements) ? elements : {}).flatMap(([name, element]) =>
    isObject(element) ? [[name, element]] : [],
  );
}

/** The panel id of an element; undefined if it is missing, or is the SDK's default. */
export function panelIdOf({ spec }: JsonObject): number | undefined {
  const id = isObject(spec) ? spec["id"] : undefined;
  return typeof id === "number" && id > 0 ? id : undefined;
}

/** The name of an element that Grafana's UI creates for a panel id. */
const OF_UI = /^panel-(\d+)$/;

/**
 * A copy in which each element has a panel id, by which links and alerts refer to it. An element without one gets the id
 * of the live element with the same name, or else the one in its name (`panel-3`), or else the next free one.
 */
export function withPanelIds(spec: JsonObject, live: JsonObject = {}): JsonObject {
  const all = elementsIn(spec);
  const taken = new Set(all.flatMap(([, element]) => panelIdOf(element) ?? []));
  if (all.every(([, element]) => panelIdOf(element) !== undefined)) return spec;
  const former = new Map(elementsIn(live).map(([name, element]) => [name, panelIdOf(element)]));
  const ids = new Map<string, number>();
  const missing = all.filter(([, element]) => panelIdOf(element) === undefined).map(([name]) => name);
  for (const idFor of [(name: string) => former.get(name), (name: string) => Number(OF_UI.exec(name)?.[1] ?? 0)]) {
    for (const name of missing) {
      const id = ids.has(name) ? undefined : idFor(name);
      if (!id || taken.has(id)) continue;
      ids.set(name, id);
      taken.add(id);
    }
  }
  let next = Math.max(0, ...taken, ...[...former.values()].map((id) => id ?? 0));
  for (const name of missing) if (!ids.has(name)) ids.set(name, ++next);
  return mapElements(spec, (element, name) => {
    const id = ids.get(name);
    return id === undefined
      ? element
      : { ...element, spec: { ...(isObject(element["spec"]) ? element["spec"] : {}), id } };
  });
}

/** A place of a layout that shows an element. */
export interface Placement {
  readonly name: string;
  /** `layout.spec.items[0].spec.element` */
  readonly path: readonly PropertyKey[];
}

/** All places of a layout that show elements, in order. */
export function placementsIn(spec: object): Placement[] {
  const found: Placement[] = [];
  const walk = (value: unknown, path: readonly PropertyKey[]): void => {
    if (typeof value !== "object" || value === null) return;
    if (isObject(value) && value["kind"] === "ElementReference") {
      if (typeof value["name"] === "string") found.push({ name: value["name"], path });
      return;
    }
    for (const [key, item] of Object.entries(value)) walk(item, [...path, Array.isArray(value) ? Number(key) : key]);
  };
  walk(Reflect.get(spec, "layout"), ["layout"]);
  return found;
}

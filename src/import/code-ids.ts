import type { Live } from "../engine/comparison.ts";
import { containerKind } from "../engine/container.ts";
import { keyOf, type Mapping } from "../engine/mapping.ts";
import type { LiveObject } from "../engine/model.ts";
import { foundByName } from "../engine/named-targets.ts";
import type { Kinds, ResourceKind } from "../engine/resource.ts";
import { kindWords, listed } from "../util/plural.ts";

/** The ids by which the code names objects of an environment with mappings. */
export interface CodeIds {
  /**
   * The object with the ids of the code, also for itself. Then this id is also its title, because names in the code come from
   * titles, and that of one environment would be wrong for the others. Undefined: the code has no id for it.
   */
  back(kind: ResourceKind, live: LiveObject): LiveObject | undefined;
  /** Why an object gets no code: a sentence without its name. `hasCode`: whether the code defines an object. */
  reasonToLeave(
    kind: ResourceKind,
    live: LiveObject,
    hasCode: (kind: string, id: string) => boolean,
  ): string | undefined;
  /** The address, whose id can contain one that stands for a name. */
  addressInGrafana(name: string): string;
  /** The id of the code for one in Grafana. */
  idOf(kind: string, id: string): string;
  /** The title in Grafana of a container with this id of the code, if it has another title here. */
  titleOf(container: string): string | undefined;
  readonly notes: readonly string[];
}

/** Without mappings, all ids are those of Grafana. */
export const SAME_IDS: CodeIds = {
  back: (_, live) => live,
  reasonToLeave: () => undefined,
  addressInGrafana: (name) => name,
  idOf: (_, id) => id,
  titleOf: () => undefined,
  notes: [],
};

/** The ids of the code for what Grafana has. `live`: as Grafana lists it. */
export function codeIds(mapping: Mapping, live: Live, kinds: Kinds): CodeIds {
  const found = foundByName(mapping, live, kinds);
  const byStandIn = new Map(
    [...found].flatMap(([key, id]) => (id === undefined ? [] : [[standInOf(key), id] as const])),
  );
  const container = containerKind(kinds).name;
  const notes = new Set<string>();
  const titles = new Map<string, string>();
  const { environment } = mapping;

  function idOf(kind: string, id: string): string {
    const [first, ...others] = mapping.sources(kind, id);
    if (first !== undefined && others.length > 0)
      notes.add(
        `The environment "${environment}" maps ${listed([first, ...others].map((one) => `"${one}"`))} to the ${kindWords(kind)} "${id}". The imported code uses "${first}".`,
      );
    return first ?? id;
  }

  const rename = (kind: string, id: string) => {
    const own = idOf(kind, id);
    return own === id ? undefined : { id: own };
  };

  /** The ids that an object refers to and the environment could map. */
  function referencesOf(kind: ResourceKind, live: LiveObject): { readonly kind: string; readonly id: string }[] {
    const all = new Map<string, { kind: string; id: string }>();
    const note = (of: string, id: string) => {
      all.set(keyOf(of, id), { kind: of, id });
      return undefined;
    };
    kind.mapping?.form(live, note);
    if (live.parent !== undefined) note(container, live.parent);
    return [...all.values()];
  }

  return {
    back(kind, given) {
      const isOther = mapping.sources(kind.name, given.id).length === 0;
      if (kind.mappable && isOther && mapping.has(kind.name, given.id)) return undefined;
      const form = kind.mapping ? kind.mapping.form(given, rename) : given;
      const id = kind.mappable ? idOf(kind.name, form.id) : form.id;
      const parent = form.parent === undefined ? undefined : idOf(container, form.parent);
      if (isOther && parent === form.parent) return form;
      if (!isOther && kind.name === container) titles.set(id, form.title);
      return { ...form, id, ...(isOther ? {} : { title: id }), ...(parent === undefined ? {} : { parent }) };
    },
    reasonToLeave(kind, object, hasCode) {
      if (kind.mappable) {
        const [own] = mapping.sources(kind.name, object.id);
        if (own !== undefined) return `the environment "${environment}" maps "${own}" to it`;
        if (mapping.has(kind.name, object.id))
          return `the environment "${environment}" maps "${object.id}" to another object`;
      }
      for (const { kind: of, id } of referencesOf(kind, object)) {
        if (mapping.sources(of, id).length > 0) continue;
        const what = `it refers to the ${kindWords(of)} "${id}"`;
        if (mapping.has(of, id)) return `${what}, but the environment "${environment}" maps this id to another object`;
        const others = mapping.lackedBy(of, id);
        if (others.length > 0 && !hasCode(of, id))
          return `${what}, which ${listed(others.map((one) => `"${one}"`))} ${others.length === 1 ? "maps" : "map"}, but the environment "${environment}" does not: map it to itself`;
      }
      return undefined;
    },
    addressInGrafana(name) {
      if (byStandIn.size === 0) return name;
      return name
        .split("/")
        .map((part) => byStandIn.get(part) ?? part)
        .join("/");
    },
    idOf,
    titleOf: (id) => titles.get(id),
    get notes() {
      return [...notes];
    },
  };
}

function standInOf(key: string): string {
  const [, id = ""] = JSON.parse(key) as string[];
  return id;
}

/** The known objects by their addresses in Grafana. */
export function knownInGrafana<Value>(known: ReadonlyMap<string, Value>, ids: CodeIds): ReadonlyMap<string, Value> {
  return new Map([...known].map(([name, one]) => [ids.addressInGrafana(name), one]));
}

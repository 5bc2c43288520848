import type { ErrorCode } from "../../../util/error-codes.ts";
import type { Fault } from "../../../util/errors.ts";
import { countOf } from "../../../util/plural.ts";
import { pathText } from "../../../util/schema-issues.ts";
import { similar } from "../../../util/similar.ts";
import { elementsIn, panelIdOf, placementsIn } from "./elements.ts";
import { ONLY_IN_V2 } from "./shapes.ts";

/** A fault in a spec. `path`: in the spec. */
export type SpecFault = Pick<Fault, "level" | "path" | "message" | "hint"> & { readonly code: ErrorCode };

/** `plain`: whether the spec is from a JSON or YAML file, in which Grafana may have left elements without a place. */
export function elementFaults(spec: object, plain: boolean): SpecFault[] {
  const elements = new Map(elementsIn(spec));
  const placements = placementsIn(spec);
  const first = new Map<string, string>();
  const faults: SpecFault[] = [];
  for (const { name, path: place } of placements) {
    const path = pathText(place);
    const before = first.get(name);
    first.set(name, before ?? path);
    if (!elements.has(name)) faults.push(missing(name, path, elements.keys()));
    else if (before !== undefined) faults.push(repeated(name, path, before));
  }
  for (const name of elements.keys()) if (!first.has(name)) faults.push(unused(name, plain));
  return [...faults, ...sharedIds(elements)];
}

function missing(name: string, path: string, known: Iterable<string>): SpecFault {
  const meant = similar(name, known);
  return {
    level: "error",
    code: "code-element-missing",
    path,
    message: `shows the element "${name}", which \`elements\` does not have${meant === undefined ? "" : `; did you mean "${meant}"?`}`,
    hint: "Add the element, or remove its place from the layout.",
  };
}

/** Two builders with the same key: the second one replaces the first one. */
function repeated(name: string, path: string, before: string): SpecFault {
  return {
    level: "error",
    code: "code-element-duplicate",
    path,
    message: `shows the element "${name}", which ${before} shows, too`,
    hint: "Give each element a name of its own, and show it once. The SDK's `element` replaces an element with the same name.",
  };
}

function unused(name: string, plain: boolean): SpecFault {
  return {
    level: plain ? "warning" : "error",
    code: "code-element-unused",
    path: pathText(["elements", name]),
    message: `no layout shows the element "${name}"`,
    hint: "Add it to a layout, or remove it.",
  };
}

function sharedIds(elements: ReadonlyMap<string, Parameters<typeof panelIdOf>[0]>): SpecFault[] {
  const byId = Map.groupBy(elements, ([, element]) => panelIdOf(element));
  return [...byId].flatMap(([id, own]): SpecFault[] => {
    const names = own.map(([name]) => name);
    const [last = ""] = names.slice(-1);
    if (id === undefined || names.length < 2) return [];
    return [
      {
        level: "error",
        code: "code-panel-id-duplicate",
        path: pathText(["elements", last, "spec", "id"]),
        message: `${countOf(names.length, "element")} have the panel id ${id}: ${names.join(", ")}`,
        hint: "Give each element an id of its own, or omit the ids.",
      },
    ];
  });
}

/** Properties that Grafana drops unless it serves the final version `v2`. */
export function unservedParts(spec: object): SpecFault[] {
  if (!(ONLY_IN_V2 in spec) || spec[ONLY_IN_V2] === undefined) return [];
  return [
    {
      level: "error",
      code: "code-schema-unsupported",
      path: ONLY_IN_V2,
      message: `is not in the version v2beta1 of schema v2, so that Grafana would drop it`,
      hint: `Remove it, or use a Grafana version that serves dashboard.grafana.app/v2.`,
    },
  ];
}

import type { Difference } from "../engine/difference.ts";
import type { Mapping } from "../engine/mapping.ts";
import type { ResourceKind } from "../engine/resource.ts";

/** Whether an edit made in Grafana concerns references that the mappings can't translate to ids of the code. */
export function isUnmapped(
  kind: ResourceKind,
  observed: object,
  container: string,
  mapping: Mapping,
): (difference: Difference) => boolean {
  const unknown = new Set<string>();
  const ambiguous = new Set<string>();
  kind.mapping?.form(observed, (name, id) => {
    if (mapping.back(name, id)) return undefined;
    unknown.add(id);
    if (mapping.names.has(id) || mapping.isTarget(name, id)) ambiguous.add(id);
    return undefined;
  });
  // Containers are not translated back.
  const isMappedContainer = (id: string) =>
    mapping.has(container, id) || mapping.isTarget(container, id) || mapping.lackedBy(container, id).length > 0;
  return ({ before, after }) => {
    const [inGrafana, inCode] = [textsIn(before), textsIn(after)];
    return (
      inGrafana.some((text) => ambiguous.has(text) || isMappedContainer(text)) ||
      inCode.some(isMappedContainer) ||
      (inCode.some((text) => mapping.names.has(text)) &&
        inGrafana.some((text) => unknown.has(text) && !inCode.includes(text)))
    );
  };
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

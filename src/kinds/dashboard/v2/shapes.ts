import { isObject, textOf, type Json, type JsonObject } from "../../../util/json.ts";
import { mapElements } from "./elements.ts";

// `v2beta1` and `v2` differ in two parts: the id of a transformation, and `preferences`, which only `v2` has. The rest of
// the code uses `v2beta1` with `preferences`.

/** The property that only `v2` has. */
export const ONLY_IN_V2 = "preferences";

/** A spec of `v2` or `v2beta1` in the shape of `v2beta1`. */
export function toV2beta1(spec: JsonObject): JsonObject {
  return withTransformations(spec, (one) => {
    const { kind, group, spec: own, ...rest } = one;
    if (kind !== "Transformation" || typeof group !== "string") return one;
    return { ...rest, kind: group, spec: { id: group, ...(isObject(own) ? own : {}) } };
  });
}

/** A spec of `v2` or `v2beta1` in the shape of `v2`. */
export function toV2(spec: JsonObject): JsonObject {
  return withTransformations(spec, (one) => {
    const { kind, spec: own, ...rest } = one;
    if (kind === "Transformation" && "group" in one) return one;
    const { id, ...options } = isObject(own) ? own : {};
    return { ...rest, kind: "Transformation", group: textOf(id) || textOf(kind), spec: options };
  });
}

function withTransformations(spec: JsonObject, change: (one: JsonObject) => JsonObject): JsonObject {
  return mapElements(spec, (element) => {
    const panel = element["spec"];
    const data = isObject(panel) ? panel["data"] : undefined;
    const group = isObject(data) ? data["spec"] : undefined;
    const all: Json | undefined = isObject(group) ? group["transformations"] : undefined;
    if (!isObject(panel) || !isObject(data) || !isObject(group) || !Array.isArray(all) || all.length === 0)
      return element;
    const transformations = all.map((one) => (isObject(one) ? change(one) : one));
    return { ...element, spec: { ...panel, data: { ...data, spec: { ...group, transformations } } } };
  });
}

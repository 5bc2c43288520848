import { hash } from "../util/json.ts";
import type { Live } from "./comparison.ts";
import type { Desired } from "./model.ts";
import type { Kinds } from "./resource.ts";

/** Gives parts whose ids the code omits the ids of the existing parts that they correspond to. */
export function identified(code: readonly Desired[], live: Live, kinds: Kinds): Desired[] {
  const siblings = Map.groupBy(code, ({ kind }) => kind);
  return code.map((desired) => {
    const kind = kinds.get(desired.kind);
    const object = live.get(desired.kind)?.find(({ id }) => id === desired.id);
    const resource = object && kind?.sharedParts?.identified?.(desired, object, siblings.get(desired.kind) ?? []);
    if (!kind || !resource) return desired;
    const result = { ...desired, resource };
    // The recorded hash proves that the code has not changed, even if its parts have other ids in Grafana now.
    return object.applied?.codeHash === desired.hash ? result : { ...result, hash: hash(kind.desired(result)) };
  });
}

import { z } from "zod";
import { formatMarker, parseMarker, type AppliedMarker } from "../../ownership/marker.ts";
import type { SecretUse } from "../../secrets/secret.ts";
import { isObject, textOf, type Json, type JsonObject } from "../../util/json.ts";
import type { DatasourceBody } from "./body.ts";

/** The place of the mark in a datasource, which has no annotations. All viewers can read it, so it must not contain secrets. */
export const MARK = "grafana-provision";

/** The mark in `jsonData`, with the variables of the secrets that were sent. */
export function markOf(owner: string, { places = [], ...applied }: AppliedMarker): JsonObject {
  const secrets = places.map(({ path, variable }): Json => [textOf(path.at(-1)), variable]);
  return { owner, applied: formatMarker(applied), ...(secrets.length > 0 ? { secrets } : {}) };
}

/** The mark in `jsonData`: the owner and what was applied. */
export function markIn({ jsonData }: DatasourceBody): { readonly owner?: unknown; readonly applied?: AppliedMarker } {
  const mark = jsonData?.[MARK];
  if (!isObject(mark)) return {};
  const applied = parseMarker(mark["applied"]);
  return {
    owner: mark["owner"],
    ...(applied ? { applied: { ...applied, places: placesIn(mark["secrets"]) } } : {}),
  };
}

function placesIn(stored: unknown): SecretUse[] {
  const pairs = z.array(z.tuple([z.string(), z.string()])).safeParse(stored).data ?? [];
  return pairs.map(([key, variable]) => ({ path: ["secureJsonData", key], variable }));
}

import { maskedText } from "../secrets/mask.ts";
import type { JsonObject } from "../util/json.ts";
import type { ResourceKind } from "./resource.ts";

/** Describes an object in lines, with the summary first, without credentials. Empty for kinds without a description. */
export function factsOf({ view }: ResourceKind, form: JsonObject): string[] {
  const lines = (view?.facts?.(form) ?? []).map((line) => line.replaceAll(/\s+/g, " ").trim()).filter(Boolean);
  // One call for all lines: each call compares the text with all forms of credentials.
  return lines.length === 0 ? [] : maskedText(lines.join("\n")).split("\n");
}

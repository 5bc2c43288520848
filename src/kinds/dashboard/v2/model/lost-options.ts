import { equal, textOf, type JsonObject } from "../../../../util/json.ts";
import { canonicalPanel } from "../../model/canonical.ts";
import { partOf } from "./parts.ts";

/** The options of a former version of a panel, until Grafana's UI shows the panel and its plugin migrates them. */
const FORMER_OPTIONS = "__angularMigration";

/** Marks a panel with such options, in a canonical form. */
export const PENDING = "pendingMigration";

export function formerOptionsOf(options: JsonObject): { readonly former?: JsonObject; readonly options: JsonObject } {
  const { [FORMER_OPTIONS]: former, ...rest } = options;
  return former === undefined ? { options } : { former: partOf(former), options: rest };
}

/** Whether a save in the UI removed the options of a panel, because it had not shown the panel. Both without a position. */
export function hasLostOptions(saved: JsonObject, former: JsonObject): boolean {
  const wasPending = former[PENDING] === true && saved[PENDING] === undefined && saved["type"] === former["type"];
  if (!wasPending) return false;
  const empty = contentOf(canonicalPanel({ type: textOf(saved["type"]) }, LATEST));
  const lacks = Object.keys(former).some((key) => key !== PENDING && saved[key] === undefined);
  return equal(contentOf(saved), empty) && (lacks || !equal(contentOf(former), empty));
}

/** Defaults of the latest version that is known. */
const LATEST = { version: "999.0" };

function contentOf({ options, fieldConfig }: JsonObject): JsonObject {
  return { options: options ?? {}, fieldConfig: fieldConfig ?? {} };
}

import { intervalText as muteText } from "../../kinds/alerting/shapes.ts";
import { objectsOf } from "../../kinds/alerting/rule.ts";
import { type JsonObject, textOf } from "../../util/json.ts";
import type { Change } from "../../engine/change.ts";
import type { Sides } from "../review.ts";
import { differenceList, jsonText } from "./differences.ts";
import { markup, shortened, type Markup } from "./markup.ts";

/** What has no picture: its differences, or what it will be. */
export function resourceMarkup(change: Change, { after }: Sides): Markup | undefined {
  if (change.differences.length > 0) return differenceList(change.differences);
  // Of what is deleted nothing is shown: where secrets stood in it, the code knew.
  if (change.action !== "create" || !after) return undefined;
  return markup`${factsOf(change.kind, after)}<details><summary>What it will be</summary><pre>${shortened(textOf(after["template"]) || jsonText(after))}</pre></details>`;
}

function factsOf(kind: string, form: JsonObject): Markup | undefined {
  const text =
    kind === "datasource"
      ? `${textOf(form["type"])}, ${textOf(form["url"]) || "without a URL"}`
      : kind === "contact-point"
        ? objectsOf(form["integrations"])
            .map(({ type }) => textOf(type))
            .join(", ")
        : kind === "mute-timing"
          ? objectsOf(form["time_intervals"]).map(muteText).join("; ")
          : "";
  return text === "" ? undefined : markup`<p class="facts">${text}</p>`;
}

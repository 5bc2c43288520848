import { masked } from "../../secrets/mask.ts";
import { isObject, textOf, type JsonObject } from "../../util/json.ts";
import { objectsOf } from "../alerting/rule.ts";

/** The settings that say where an integration sends notifications. */
const RECEIVERS = ["addresses", "recipient", "url", "chatid", "room_id", "kafkaTopic", "topic", "topic_arn", "project"];

/** A line for each integration: `slack to #alerts`. */
export function integrationFacts(form: JsonObject): string[] {
  return objectsOf(masked(form)["integrations"]).map(({ type, settings }) => {
    const values = isObject(settings) ? RECEIVERS.map((key) => textOf(settings[key])).filter(Boolean) : [];
    return values.length > 0 ? `${textOf(type)} to ${values.join(", ")}` : textOf(type);
  });
}

import { isObject, textOf } from "../../util/json.ts";
import type { Fault } from "../../util/errors.ts";

/** A fault of an integration. `path`: its place in the integration. */
export type IntegrationFault = Required<Pick<Fault, "level" | "path" | "message">> & Pick<Fault, "hint">;

type Settings = Readonly<Record<string, unknown>>;

/** Faults of settings that Grafana checks together. */
export function combinationFaults(type: string, settings: Settings): IntegrationFault[] {
  return (RULES[type]?.(settings) ?? []).map(([path, message]) => ({
    level: "error",
    path: path === "" ? "settings" : `settings.${path}`,
    message,
  }));
}

type Found = readonly (readonly [path: string, message: string])[];

const RULES: Readonly<Record<string, (settings: Settings) => Found>> = {
  jira(settings) {
    const [token, login] = [isSet(settings, "api_token"), ["user", "password"].filter((name) => isSet(settings, name))];
    if (token) return login.length === 0 ? [] : [["api_token", "can't be combined with user and password"]];
    return login.length === 2 ? [] : [["", "requires api_token, or user and password"]];
  },
  oncall: authorization,
  opsgenie: ({ responders }) =>
    (Array.isArray(responders) ? responders : []).filter(isObject).flatMap((one, index): Found => {
      const [path, kind] = [`responders[${index}]`, textOf(one["type"])];
      if (!["id", "name", "username"].some((name) => isSet(one, name)))
        return [[path, "requires id, name or username"]];
      if (kind.includes("{{") || RESPONDERS.includes(kind.toLowerCase())) return [];
      return [[`${path}.type`, `must be one of ${RESPONDERS.join(", ")}`]];
    }),
  sns(settings) {
    const sigv4 = isObject(settings["sigv4"]) ? settings["sigv4"] : {};
    const keys = ["access_key", "secret_key"].filter((name) => isSet(sigv4, name));
    if (keys.length === 1) return [["sigv4", "requires both access_key and secret_key, or neither"]];
    const targets = ["topic_arn", "target_arn", "phone_number"];
    return targets.some((name) => isSet(settings, name)) ? [] : [["", `requires one of ${targets.join(", ")}`]];
  },
  webhook: authorization,
};

const RESPONDERS = ["team", "teams", "user", "escalation", "schedule"];

function authorization(settings: Settings): Found {
  const both = ["username", "password", "authorization_credentials"].every((name) => isSet(settings, name));
  return both ? [["authorization_credentials", "can't be combined with username and password"]] : [];
}

export function isSet(settings: object, name: string): boolean {
  const value: unknown = Reflect.get(settings, name);
  return value !== undefined && value !== null && value !== "";
}

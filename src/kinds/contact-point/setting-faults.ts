import { Secret } from "../../secrets/secret.ts";
import { isObject, textOf } from "../../util/json.ts";
import { listed } from "../../util/plural.ts";
import { similar } from "../../util/similar.ts";
import type { Integration } from "./builder.ts";
import type { Catalogue, Setting } from "./catalogue.ts";
import { combinationFaults, isSet, type IntegrationFault } from "./combinations.ts";
import {
  IGNORED,
  NUMBERS,
  OPEN_CHOICES,
  OPEN_MAPS,
  OPTIONAL,
  REPLACED_BY,
  UNLISTED,
  UNLISTED_EVERYWHERE,
} from "./exceptions.ts";

type Settings = Readonly<Record<string, unknown>>;

/**
 * Faults of an integration's type and settings: what Grafana rejects, and what it stores and then ignores. `isLive`: the
 * catalogue is the one of the Grafana to write to.
 */
export function integrationFaults(
  { type, settings }: Pick<Integration, "type" | "settings">,
  catalogue: Catalogue,
  isLive: boolean,
): IntegrationFault[] {
  const name = [...catalogue.keys()].find((one) => one.toLowerCase() === type.toLowerCase());
  if (name === undefined) return [unknownType(type, catalogue, isLive)];
  const known = [...(catalogue.get(name) ?? []), ...(UNLISTED[name] ?? [])];
  const found = faultsIn(settings, known, { type: name, path: "settings", isRoot: true });
  return found.some(({ level }) => level === "error") ? found : [...found, ...combinationFaults(name, settings)];
}

function unknownType(type: string, catalogue: Catalogue, isLive: boolean): IntegrationFault {
  const meant = similar(type, catalogue.keys());
  const hint = meant ? `Did you mean ${meant}?` : `Use one of ${[...catalogue.keys()].join(", ")}.`;
  const message = isLive
    ? `Grafana has no integration type "${type}"`
    : `"${type}" is not an integration type of the Grafana versions that this tool was tested with`;
  return { level: isLive || meant ? "error" : "warning", path: "type", message, hint };
}

interface Place {
  readonly type: string;
  readonly path: string;
  readonly isRoot?: boolean;
}

function faultsIn(settings: Settings, known: readonly Setting[], place: Place): IntegrationFault[] {
  const byName = new Map(known.map((setting) => [setting.name, setting]));
  const present = Object.entries(settings).filter(([, value]) => value !== undefined && value !== null);
  const found = present.flatMap(([name, value]) => {
    const setting = byName.get(name);
    const inner = { type: place.type, path: `${place.path}.${name}` };
    if (setting) return [...ignoredFaults(name, inner), ...valueFaults(value, setting, inner)];
    return place.isRoot && UNLISTED_EVERYWHERE.includes(name) ? [] : [unknownSetting(name, known, inner)];
  });
  // Grafana's UI stores an empty object for settings that are not used.
  const isUsed = place.isRoot || present.some(([, value]) => value !== "");
  const missing = known
    .filter((setting) => isUsed && isMissing(setting, settings, place))
    .map(({ name, unless }): IntegrationFault => {
      const message = unless === undefined ? "is required" : `is required unless ${unless} is set`;
      return { level: "error", path: `${place.path}.${name}`, message };
    });
  return [...found, ...missing];
}

function isMissing({ name, required, unless, when }: Setting, settings: Settings, { type, isRoot }: Place): boolean {
  const replaced = (other: string) => isSet(settings, other) || isSet(settings, REPLACED_BY[type]?.[other] ?? "");
  if (!required || replaced(name) || (isRoot && OPTIONAL[type]?.includes(name))) return false;
  if (unless !== undefined && replaced(unless)) return false;
  return when === undefined || textOf(settings[when[0]]) === when[1];
}

function ignoredFaults(name: string, { type, path }: Place): IntegrationFault[] {
  const instead = IGNORED[type]?.[name];
  if (instead === undefined) return [];
  return [{ level: "warning", path, message: "is ignored by Grafana", hint: `Use ${instead}.` }];
}

function unknownSetting(name: string, known: readonly Setting[], { type, path }: Place): IntegrationFault {
  const other = known.find((setting) => setting.name.toLowerCase() === name.toLowerCase());
  if (other?.secret) {
    const message = "is not a setting of this type, so Grafana would store the secret in plain text";
    return { level: "error", path, message, hint: `Did you mean ${other.name}?` };
  }
  const names = known.map((setting) => setting.name);
  const meant = other?.name ?? similar(name, names);
  const message = `is not a setting of the type ${type}, so Grafana ignores it`;
  if (other)
    return { level: "warning", path, message: `is spelled ${other.name} in Grafana`, hint: `Use ${other.name}.` };
  const hint = meant ? `Did you mean ${meant}?` : `Its settings are ${listed(names)}.`;
  return { level: meant ? "error" : "warning", path, message, hint };
}

function valueFaults(value: unknown, setting: Setting, place: Place): IntegrationFault[] {
  const { name, form, choices = [], settings = [] } = setting;
  const { type, path } = place;
  const wrong = (expected: string, hint?: string): IntegrationFault[] => [
    { level: "error", path, message: `must be ${expected}, but is ${kindOf(value)}`, ...(hint ? { hint } : {}) },
  ];
  if (NUMBERS[type]?.includes(name) && form === "text") return isNumeric(value) ? [] : wrong("a number");
  switch (form) {
    case "text":
      return value instanceof Secret || typeof value === "string"
        ? textFormFaults(value, setting, place)
        : wrong("a string", typeof value === "number" ? "Put the number in quotes." : undefined);
    case "flag":
      return typeof value === "boolean" ? [] : wrong("true or false", "Write it without quotes.");
    case "choice":
      if (typeof value !== "string" && !(NUMBERS[type]?.includes(name) && typeof value === "number"))
        return wrong("a string");
      return isChoice(String(value), setting, type) ? [] : [notAChoice(String(value), choices, path)];
    case "texts":
      return Array.isArray(value) && value.every((one) => typeof one === "string") ? [] : wrong("a list of strings");
    case "map":
      return isPlainObject(value) ? mapFaults(value, setting, place) : wrong("an object");
    case "settings":
      return isPlainObject(value) ? faultsIn(value, settings, place) : wrong("an object");
    default:
      return Array.isArray(value) ? listFaults(value, settings, place) : wrong("a list");
  }
}

function mapFaults(value: Settings, { name }: Setting, { type, path }: Place): IntegrationFault[] {
  if (OPEN_MAPS[type]?.includes(name)) return [];
  return Object.entries(value).flatMap(([key, one]) => textFaults(one, `${path}.${key}`));
}

function listFaults(items: readonly unknown[], known: readonly Setting[], { type, path }: Place): IntegrationFault[] {
  return items.flatMap((item, index): IntegrationFault[] => {
    const at = `${path}[${index}]`;
    if (isPlainObject(item)) return faultsIn(item, known, { type, path: at });
    return [{ level: "error", path: at, message: `must be an object, but is ${kindOf(item)}` }];
  });
}

function textFaults(value: unknown, path: string): IntegrationFault[] {
  if (typeof value === "string" || value instanceof Secret) return [];
  return [{ level: "error", path, message: `must be a string, but is ${kindOf(value)}` }];
}

function isPlainObject(value: unknown): value is Settings {
  return isObject(value) && !(value instanceof Secret);
}

function isNumeric(value: unknown): boolean {
  return typeof value === "number" || (typeof value === "string" && /^-?\d*$/.test(value.trim()));
}

/** Grafana compares choices without regard to case. Some can be templates. */
function isChoice(value: string, { name, choices = [] }: Setting, type: string): boolean {
  const isOpen = value === "" || value.includes("{{") || OPEN_CHOICES[type]?.includes(name);
  return isOpen === true || choices.some((one) => one.toLowerCase() === value.toLowerCase());
}

function notAChoice(value: string, choices: readonly string[], path: string): IntegrationFault {
  const named = choices.filter((one) => one !== "").map((one) => `"${one}"`);
  const meant = similar(value, choices);
  const hint = meant === undefined ? {} : { hint: `Did you mean "${meant}"?` };
  return { level: "error", path, message: `must be one of ${named.join(", ")}`, ...hint };
}

function textFormFaults(value: string | Secret, { pattern, url }: Setting, { type, path }: Place): IntegrationFault[] {
  if (value instanceof Secret || value === "" || value.includes("{{")) return [];
  if (pattern !== undefined && !matches(value, pattern))
    return [{ level: "error", path, message: `must have the form ${pattern}` }];
  const urls = type === "prometheus-alertmanager" ? value.split(",") : [value];
  if (!url || urls.every((one) => URL.canParse(one.trim()))) return [];
  return [{ level: "error", path, message: "must be a URL, such as https://example.com/path" }];
}

/** Grafana's patterns are Go's, of which JavaScript doesn't support all. */
function matches(value: string, pattern: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`).test(value);
  } catch {
    return true;
  }
}

function kindOf(value: unknown): string {
  if (value instanceof Secret) return "a secret";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  return `a ${typeof value}`;
}

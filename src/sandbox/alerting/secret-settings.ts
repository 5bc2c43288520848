import { isObject, type Json, type JsonObject } from "../json.ts";
import type { Strings } from "../k8s/metadata.ts";

export const redacted = "[REDACTED]";

/** Removes the secrets at these paths from the settings and returns them. Keeps settings whose keys differ in case. */
export function takeSecrets(settings: JsonObject, paths: readonly string[]): Strings {
  const secrets: Strings = {};
  for (const path of paths) {
    const secret = take(settings, path.split("."));
    if (secret !== "") secrets[path] = secret;
  }
  return secrets;
}

/** Settings with their secrets in plain text. */
export function withSecrets(settings: JsonObject, secrets: Strings): JsonObject {
  const result = structuredClone(settings);
  for (const [path, secret] of Object.entries(secrets)) put(result, path.split("."), secret);
  return result;
}

/** Settings with redacted secrets, including those that are stored in plain text. */
export function redactedSettings(settings: JsonObject, secrets: Strings, paths: readonly string[]): JsonObject {
  const result = structuredClone(settings);
  for (const path of paths) cover(result, path.split("."));
  for (const path of Object.keys(secrets)) put(result, path.split("."), redacted);
  return result;
}

function take(settings: JsonObject, path: readonly string[]): string {
  const [head = "", ...rest] = path;
  const key = Object.hasOwn(settings, head) ? head : Object.keys(settings).find((other) => isSameKey(other, head));
  if (key === undefined) return "";
  const value: Json = settings[key] ?? null;
  if (rest.length > 0) return isObject(value) ? take(value, rest) : "";
  // Removes only the exact key: like Grafana, keeps other spellings readable.
  delete settings[head];
  return typeof value === "string" ? value : "";
}

function isSameKey(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function put(settings: JsonObject, path: readonly string[], value: string): void {
  const [head = "", ...rest] = path;
  if (rest.length === 0) {
    settings[head] = value;
    return;
  }
  const inner = settings[head] ?? {};
  if (!isObject(inner)) return;
  settings[head] = inner;
  put(inner, rest, value);
}

function cover(settings: JsonObject, path: readonly string[]): void {
  const [head = "", ...rest] = path;
  const value = settings[head];
  if (rest.length > 0 && isObject(value)) cover(value, rest);
  else if (rest.length === 0 && typeof value === "string" && value !== "") settings[head] = redacted;
}

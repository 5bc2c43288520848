import { isObject, type Json } from "../util/json.ts";

/** Names of settings that say where requests go, and whether the connection is protected. */
const ADDRESS_KEY =
  /ur[il]|host|server|address|endpoint|proxy|broker|domain|protocol|scheme|account|region|site|tenant|cloud|secure|skip_?verify|socks|ssl|tls/i;
const PORT_KEY = /^port|Port(?![a-z])|[_-]port/;
const URL_VALUE = /^\s*[a-z][a-z\d+.-]*:\/\//i;

/** The settings that say where secrets are sent, by path. */
export function addressesIn(settings: Json | undefined): Json {
  const found: Json[] = [];
  const walk = (value: Json, path: readonly string[]): void => {
    if (isObject(value)) for (const [key, item] of Object.entries(value)) walk(item, [...path, key]);
    else if (Array.isArray(value)) for (const item of value) walk(item, path);
    else if (value !== "" && value !== null && (isAddressKey(path.at(-1) ?? "") || URL_VALUE.test(String(value))))
      found.push([...path, value]);
  };
  if (settings !== undefined) walk(settings, []);
  return found.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
}

function isAddressKey(key: string): boolean {
  return ADDRESS_KEY.test(key) || PORT_KEY.test(key);
}

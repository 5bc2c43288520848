import type { Routes, SandboxContext } from "./context.ts";
import { legacyError } from "./errors.ts";
import type { JsonFiles } from "./files.ts";
import { readObject, reply } from "./http.ts";
import { isObject, text, type JsonObject } from "./json.ts";
import type { Resource } from "./k8s/resource.ts";

const path = "/api/org/preferences";
const themes = ["light", "dark", "system"];
/** In the order of Grafana's response. */
const texts = ["homeDashboardUID", "timezone", "weekStart", "theme", "language", "regionalFormat"] as const;

/** Preferences of the organization. */
export class Preferences {
  readonly #files: JsonFiles;
  #stored: JsonObject = {};

  constructor(context: SandboxContext) {
    this.#files = context.files("preferences");
  }

  async load(): Promise<void> {
    for await (const { value } of this.#files.load()) this.#stored = value;
  }

  get(): JsonObject {
    return this.#stored;
  }

  async store(preferences: JsonObject): Promise<void> {
    this.#stored = preferences;
    await this.#files.write("organization", JSON.stringify(preferences));
  }
}

export async function openPreferences(context: SandboxContext): Promise<Preferences> {
  const preferences = new Preferences(context);
  await preferences.load();
  return preferences;
}

export function preferenceRoutes(preferences: Preferences, dashboards: Resource): Routes {
  const validate = ({ theme, timezone, homeDashboardUID: home }: JsonObject, mayBeEmpty: boolean): void => {
    const isTheme = themes.includes(text(theme)) || (mayBeEmpty && theme === "");
    if (theme !== undefined && !isTheme) throw legacyError(400, "Invalid theme");
    if (!isTimezone(text(timezone))) {
      const names = "Must be a valid IANA timezone (e.g., America/New_York), 'utc', 'browser', or empty string";
      throw legacyError(400, `Invalid timezone. ${names}`);
    }
    if (text(home) !== "" && dashboards.objects.get(text(home)) === undefined) {
      throw legacyError(404, "Dashboard not found");
    }
  };
  return (app) => {
    app.get(path, () => reply(200, filled(preferences.get())));
    app.put(path, async (c) => {
      const sent = await readObject(c);
      validate(sent, true);
      const { homeDashboardUID: home } = preferences.get();
      // Grafana keeps only the home dashboard if a request omits it.
      await preferences.store({ ...(home === undefined ? {} : { homeDashboardUID: home }), ...sent });
      return reply(200, { message: "Preferences updated" });
    });
    app.patch(path, async (c) => {
      const sent = await readObject(c);
      validate(sent, false);
      await preferences.store({ ...preferences.get(), ...sent });
      return reply(200, { message: "Preferences updated" });
    });
  };
}

function filled(stored: JsonObject): JsonObject {
  const result: JsonObject = {};
  for (const name of texts) if (text(stored[name]) !== "") result[name] = text(stored[name]);
  const { queryHistory: history, navbar } = stored;
  if (isObject(history) && text(history["homeTab"]) !== "") result["queryHistory"] = history;
  if (isObject(navbar)) result["navbar"] = navbar;
  return result;
}

function isTimezone(name: string): boolean {
  if (["", "utc", "browser"].includes(name)) return true;
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

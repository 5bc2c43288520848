import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { parse } from "yaml";
import { clean } from "../util/clean.ts";
import { EXIT, ProvisionError } from "../util/errors.ts";
import { partsFormatter } from "./format-parts.ts";

/** The text of a file, or its statements, between which are empty lines. */
export type SourceText = string | readonly string[];

/** Formats a file with the settings of the project. `path`: absolute. */
export type Formatter = (path: string, text: SourceText) => Promise<string>;

/** The width of lines in projects without settings for Prettier. */
const WIDTH = 120;

interface Prettier {
  resolveConfig(path: string, options: object): Promise<object | null>;
  format(text: string, options: object): Promise<string>;
}

/**
 * The project's own Prettier with its settings, or else the bundled one with the settings in `.prettierrc`. Throws if the
 * settings are invalid.
 */
export function formatterFor(directory: string): Promise<Formatter> {
  return checked(directory, () => newFormatter(directory));
}

/** Throws if a new formatter can't format a file in this directory. */
export async function checked(directory: string, make: () => Promise<Formatter>): Promise<Formatter> {
  try {
    const format = await make();
    await format(join(directory, "file.ts"), "export {};");
    return format;
  } catch (error) {
    throw new ProvisionError(`The settings of Prettier are invalid: ${clean(String(error))}`, {
      exitCode: EXIT.invalid,
      code: "code-formatter-invalid",
      hint: "Fix the file with these settings, such as .prettierrc.",
      cause: error,
    });
  }
}

/** A formatter that does not check the settings. */
export async function newFormatter(directory: string): Promise<Formatter> {
  const own = await installed(directory);
  if (own) {
    const settings = (await own.resolveConfig(join(directory, "file.ts"), { editorconfig: true })) ?? {};
    const format = (path: string, text: string) => own.format(text, { printWidth: WIDTH, ...settings, filepath: path });
    const formatParts = partsFormatter((text) => format(join(directory, "file.ts"), text));
    // A plugin can need the whole file, for example to sort its imports.
    const hasPlugins = "plugins" in settings && Array.isArray(settings.plugins) && settings.plugins.length > 0;
    return async (path, text) => {
      if (!/\.(ts|json|yaml)$/.test(path)) return wholeText(text);
      return typeof text === "string" || hasPlugins ? format(path, wholeText(text)) : formatParts(text);
    };
  }
  const { format } = await import("prettier/standalone");
  const plugins = [await import("prettier/plugins/babel"), await import("prettier/plugins/estree")];
  const settings = settingsAbove(directory);
  const formatText = (text: string) => format(text, { printWidth: WIDTH, ...settings, parser: "babel-ts", plugins });
  const formatParts = partsFormatter(formatText);
  return async (path, text) => {
    if (!path.endsWith(".ts")) return wholeText(text);
    return typeof text === "string" ? formatText(text) : formatParts(text);
  };
}

/** The text of a file that is not formatted. */
export function wholeText(text: SourceText): string {
  return typeof text === "string" ? text : `${text.join("\n\n")}\n`;
}

async function installed(directory: string): Promise<Prettier | undefined> {
  try {
    const path = createRequire(join(directory, "file.js")).resolve("prettier");
    const { default: prettier } = (await import(pathToFileURL(path).href)) as { default: Prettier };
    return prettier;
  } catch {
    return undefined;
  }
}

/** The settings in the nearest `.prettierrc`, which is JSON or YAML. */
function settingsAbove(directory: string): object {
  for (let at = directory; ; at = dirname(at)) {
    for (const name of [".prettierrc", ".prettierrc.json", ".prettierrc.yaml", ".prettierrc.yml"]) {
      const file = join(at, name);
      if (!existsSync(file)) continue;
      const { plugins: _, ...settings } = (parse(readFileSync(file, "utf8")) ?? {}) as { plugins?: unknown };
      return settings;
    }
    if (dirname(at) === at || existsSync(join(at, ".git"))) return {};
  }
}

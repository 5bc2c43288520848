import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { parse } from "yaml";
import { clean } from "../util/clean.ts";
import { EXIT, ProvisionError } from "../util/errors.ts";

/** Formats a file with the settings of the project. `path`: absolute. */
export type Formatter = (path: string, text: string) => Promise<string>;

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
export async function formatterFor(directory: string): Promise<Formatter> {
  try {
    const format = await newFormatter(directory);
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

async function newFormatter(directory: string): Promise<Formatter> {
  const own = await installed(directory);
  if (own) {
    let settings: Promise<object | null> | undefined;
    return async (path, text) => {
      if (!/\.(ts|json|yaml)$/.test(path)) return text;
      settings ??= own.resolveConfig(path, { editorconfig: true });
      return own.format(text, { printWidth: WIDTH, ...(await settings), filepath: path });
    };
  }
  const { format } = await import("prettier/standalone");
  const plugins = [await import("prettier/plugins/babel"), await import("prettier/plugins/estree")];
  const settings = settingsAbove(directory);
  return async (path, text) =>
    path.endsWith(".ts") ? format(text, { printWidth: WIDTH, ...settings, parser: "babel-ts", plugins }) : text;
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

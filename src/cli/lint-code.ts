import { readFileSync } from "node:fs";
import type { LoadedConfig } from "../code/config.ts";
import { kinds } from "../kinds/index.ts";
import type { PlacedFinding } from "../lint/places.ts";
import { InvalidCodeError } from "../util/errors.ts";
import { similar } from "../util/similar.ts";
import type { Desired } from "../engine/model.ts";

/** Checks resources with the rules of `lint`. `codes`: those of each environment, whose common findings are reported once. */
export async function lintCode(
  codes: readonly (readonly Desired[])[],
  loadedConfig: LoadedConfig,
): Promise<PlacedFinding[]> {
  const { config, directory, file } = loadedConfig;
  // The grammars are loaded only here.
  const { findingsIn } = await import("../lint/lint.ts");
  const { RULES } = await import("../lint/rules/index.ts");
  const ids = RULES.map(({ id }) => id);
  const named = [
    ...Object.keys(config.lint?.rules ?? {}).map((id) => ({ id, path: `lint.rules.${id}` })),
    ...Object.entries(config.lint?.ignore ?? {}).flatMap(([pattern, rules]) =>
      rules.map((id, index) => ({ id, path: `lint.ignore.${pattern}[${index}]` })),
    ),
  ];
  const unknown = named.filter(({ id }) => !ids.includes(id));
  if (unknown.length > 0)
    throw new InvalidCodeError(
      unknown.map(({ id, path }) => {
        const suggestion = similar(id, ids);
        const hint = suggestion === undefined ? "See docs/lint.md for all rules." : `Did you mean ${suggestion}?`;
        return { level: "error", code: "config-invalid", file, path, message: `there is no rule "${id}"`, hint };
      }),
    );
  const found = new Map(
    codes
      .flatMap((desired) => findingsIn(desired, kinds, config.lint))
      .map((finding) => [JSON.stringify(finding), finding]),
  );
  if (found.size === 0) return [];
  const { placed } = await import("../lint/places.ts");
  return placed([...found.values()], { directory, read: textOfFile });
}

/** The text of a file; undefined if it can't be read. */
export function textOfFile(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

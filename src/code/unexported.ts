import { apiName } from "../engine/model.ts";
import { kinds } from "../kinds/index.ts";
import type { Fault } from "../util/errors.ts";

/** The functions of the public API that declare a resource or a set of files. */
const DECLARES = `(?:${[...kinds.keys()].map(apiName).join("|")})s?`;

/** Comments, templates and strings. Strings are included because `"**\/*.json"` begins no comment. */
const TOKENS =
  /\/\*[\s\S]*?\*\/|\/\/.*|`[^`\\]*(?:\\[\s\S][^`\\]*)*`|"[^"\\\n]*(?:\\.[^"\\\n]*)*"|'[^'\\\n]*(?:\\.[^'\\\n]*)*'/g;

/** The text with spaces in place of comments and templates, so that positions stay the same. */
function codeIn(text: string): string {
  return text.replaceAll(TOKENS, (token) => (/^["']/.test(token) ? token : token.replaceAll(/[^\n]/g, " ")));
}

/**
 * Faults of resources that a module declares in a constant which is neither exported nor used: a forgotten `export`. Errors, because
 * `--prune` would delete their objects.
 */
export function unexportedIn(text: string): Pick<Fault, "message" | "hint">[] {
  const code = codeIn(text);
  const imported = [...code.matchAll(/\bimport\s*\{([^}]*)\}\s*from\s*["']grafana-provision["']/g)].flatMap(
    ([, list = ""]) => list.split(",").map((name) => name.trim()),
  );
  const declared = [
    ...code.matchAll(new RegExp(`^(?:const|let|var) ([\\w$]+)(?:: [\\w.]+)? = (${DECLARES})\\(`, "gm")),
  ];
  return declared.flatMap(({ 1: name = "", 2: kind = "", index }) => {
    if (!imported.includes(kind) || usesOf(name, text) > 1) return [];
    const line = text.slice(0, index).split("\n").length;
    return [
      {
        message: `declares ${name}, a ${kind}, but neither exports nor uses it (line ${line})`,
        hint: `Write \`export const ${name} = ...\` (or \`export default ${name};\` below), or delete the declaration.`,
      },
    ];
  });
}

function usesOf(name: string, text: string): number {
  return text.split(new RegExp(`(?<![\\w$])${name.replaceAll("$", String.raw`\$`)}(?![\\w$])`)).length - 1;
}

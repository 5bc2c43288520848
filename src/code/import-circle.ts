import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** The files that a module imports by a relative path, according to its text. */
export function importsIn(file: string): string[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, "utf8").replaceAll(/\bimport\s+type\b[^;]*?\bfrom\s*["'][^"']+["']/g, "");
  const found = text.matchAll(/\b(?:from|import)\s*\(?\s*["'](\.[^"']+)["']/g);
  return [...found].map(([, path = ""]) => resolve(dirname(file), path));
}

/** The shortest way from a file back to itself: the first and the last element are the file. */
export function circleOfImports(file: string): string[] | undefined {
  const ways: string[][] = [[file]];
  const seen = new Set<string>();
  for (const way of ways) {
    for (const next of importsIn(way.at(-1) ?? file)) {
      if (next === file) return [...way, file];
      if (seen.has(next)) continue;
      seen.add(next);
      ways.push([...way, next]);
    }
  }
  return undefined;
}

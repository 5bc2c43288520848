import { readdirSync } from "node:fs";
import { basename, dirname } from "node:path";
import { similar } from "./similar.ts";

/** The name in the directory of a missing file that is most similar to it. Undefined if there is none, or no such directory. */
export function similarFile(path: string): string | undefined {
  try {
    return similar(basename(path), readdirSync(dirname(path)));
  } catch {
    return undefined;
  }
}

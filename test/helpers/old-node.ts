import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** The system's Node if it is too old for the tool; not the one from `npm ci`. */
export function oldNode(): { readonly path: string; readonly version: string } | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"));
  const path = folders.map((folder) => join(folder, "node")).find(existsSync);
  if (path === undefined) return undefined;
  const { stdout } = spawnSync(path, ["--print", "process.versions.node"], { encoding: "utf8" });
  const version = stdout.trim();
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major < 24 || (major === 24 && minor < 15) ? { path, version } : undefined;
}

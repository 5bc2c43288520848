// Builds `dist` for the npm package: JavaScript, because Node does not run TypeScript in node_modules, and the types of the
// public API, without `@internal` ones.
import { spawnSync } from "node:child_process";
import { globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { bundle } from "./bundle.ts";

const ROOT = resolve(import.meta.dirname, "..");
const DIST = resolve(ROOT, "dist");

rmSync(DIST, { recursive: true, force: true });
const { status } = spawnSync("tsc", ["--project", "tsconfig.build.json"], { cwd: ROOT, stdio: "inherit" });
if (status !== 0) process.exit(status ?? 1);

await bundle(DIST);

const SPECIFIER = /(\bfrom |\bimport\()"(\.[^"]+)\.ts"/g;

/** Type files that the public API imports. Their imports are rewritten to .js, as other compilers require. */
const reached = new Set<string>();
function visit(file: string): void {
  if (reached.has(file)) return;
  reached.add(file);
  const text = readFileSync(file, "utf8");
  for (const [, , path = ""] of text.matchAll(SPECIFIER)) visit(resolve(dirname(file), `${path}.d.ts`));
  writeFileSync(file, text.replaceAll(SPECIFIER, '$1"$2.js"'));
}
for (const entry of ["index.d.ts", "stack/index.d.ts", "testing/index.d.ts"]) visit(resolve(DIST, entry));

for (const file of globSync("**/*.d.ts", { cwd: DIST })) {
  const types = resolve(DIST, file);
  if (!reached.has(types)) rmSync(types);
}

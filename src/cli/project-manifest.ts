import { existsSync, readFileSync, realpathSync } from "node:fs";
import { findPackageJSON } from "node:module";
import { dirname, join, relative, resolve, sep } from "node:path";
import packageJson from "../../package.json" with { type: "json" };
import { UsageError } from "../util/errors.ts";

const PACKAGE = dirname(findPackageJSON(import.meta.url) ?? "");
/** A working project. */
export const STARTER = join(PACKAGE, "starter");

/** The package.json of a new project. */
export function manifestOf(project: string, directory: string) {
  const { version, engines, dependencies, devDependencies } = packageJson;
  return {
    name: project,
    private: true,
    type: "module",
    engines,
    scripts: {
      provision: "grafana-provision apply",
      diff: "grafana-provision plan",
      review: "grafana-provision review",
      comment: "grafana-provision comment",
      drift: "grafana-provision drift",
      report: "grafana-provision stack:report",
      validate: "grafana-provision validate",
      rollback: "grafana-provision rollback",
      "check:types": "tsc",
    },
    dependencies: {
      "@grafana/grafana-foundation-sdk": dependencies["@grafana/grafana-foundation-sdk"],
      "grafana-provision": installedFrom(directory) ?? `^${version}`,
    },
    devDependencies: { "@types/node": devDependencies["@types/node"], typescript: devDependencies.typescript },
  };
}

/** The text of a configuration. `more`: further properties. */
export function configText(project: string, ...more: readonly string[]): string {
  return [
    'import { defineConfig } from "grafana-provision";',
    "",
    "export default defineConfig({",
    "// The owner of the applied objects. If you change it, the project no longer owns the objects that it applied before.",
    `project: ${JSON.stringify(project)},`,
    ...more,
    "});",
    "",
  ].join("\n");
}

/**
 * The package file that this copy was installed from, relative to the new project: its version may not be published. Throws (exit 64)
 * if the file no longer exists, because the new project could not be installed.
 */
function installedFrom(directory: string): string | undefined {
  const record = resolve(PACKAGE, "../.package-lock.json");
  if (!existsSync(record)) return undefined;
  const { packages } = JSON.parse(readFileSync(record, "utf8")) as {
    packages?: Record<string, { resolved?: string } | undefined>;
  };
  const resolved = packages?.[`node_modules/${packageJson.name}`]?.resolved;
  if (!resolved?.startsWith("file:")) return undefined;
  const file = resolve(PACKAGE, "../..", resolved.slice("file:".length));
  if (!existsSync(file))
    throw new UsageError(
      `This grafana-provision was installed from ${file}, which does not exist; nothing was written`,
      "The new project needs this file. Restore it, or install grafana-provision again from a file that you keep.",
      "package-file-missing",
    );
  const path = relative(realpathSync(existingAbove(directory)), realpathSync(file));
  const below = relative(existingAbove(directory), directory);
  const up =
    below === ""
      ? ""
      : below
          .split(sep)
          .map(() => "../")
          .join("");
  return `file:${up}${path}`.replaceAll("\\", "/");
}

/** The directory itself, or the nearest one above it that exists. */
function existingAbove(directory: string): string {
  return existsSync(directory) ? directory : existingAbove(dirname(directory));
}

import { existsSync, lstatSync, readFileSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import packageJson from "../../../package.json" with { type: "json" };
import { CONFIG_NAMES } from "../../code/config.ts";
import { EXIT, UsageError, type ExitCode } from "../../util/errors.ts";
import { painter } from "../../report/output.ts";
import { ioOf } from "../io.ts";

const PACKAGE = resolve(import.meta.dirname, "../../..");
/** A repository that works as it stands, and how it calls itself. */
const STARTER = join(PACKAGE, "starter");
const ITS_NAME = "my-team";

/** Files of the starter that are for one system of CI alone, by how their paths begin. */
const CI = { github: ".github/", gitlab: ".gitlab-ci.yml" } as const;

export interface InitOptions {
  readonly color: boolean;
  readonly ci: keyof typeof CI | "none";
}

/** Writes a new repository: a configuration, one resource of each kind, scripts, CI. Overwrites nothing: exit 64. */
export async function init(given: string | undefined, options: InitOptions): Promise<ExitCode> {
  const directory = resolve(given ?? ".");
  const project = projectName(basename(directory));
  const files = await filesFor(project, options.ci);

  const there = [...new Set([...files.keys(), ...CONFIG_NAMES])].filter((name) => isThere(join(directory, name)));
  if (there.length > 0) {
    throw new UsageError(
      `${directory} has ${there.toSorted().join(", ")} already; init overwrites nothing, and nothing was written`,
      "Name a new folder: grafana-provision init DIR.",
    );
  }
  for (const [name, text] of files) {
    const file = join(directory, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { flag: "wx" });
  }

  const { result } = ioOf(options);
  const paint = painter(result);
  const where = relative(process.cwd(), directory);
  const lines = [
    `${paint("green", "Wrote")} the project ${paint("bold", project)} to ${where === "" ? "this folder" : where}:`,
    ...[...files.keys()].map((name) => `  ${name}`),
    "",
    "Its name marks in Grafana what it owns: change it in grafana.config.ts now, if ever.",
    "",
    paint("bold", "Next:"),
    ...(where === "" ? [] : [`  cd ${/^[\w@%+=:,./-]+$/.test(where) ? where : `'${where}'`}`]),
    "  npm install",
    "  npm run provision    on the embedded sandbox; README.md says how to work on your Grafana",
  ];
  result.stream.write(`${lines.join("\n")}\n`);
  return EXIT.done;
}

/** By their paths in the new repository, in order. */
async function filesFor(project: string, ci: InitOptions["ci"]): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(STARTER, { recursive: true, withFileTypes: true });
  const texts = entries
    .filter((entry) => entry.isFile())
    .map(async (entry) => {
      const file = join(entry.parentPath, entry.name);
      // npm leaves a .gitignore out of a package, and GitLab would take a .gitlab-ci.yml for this repository's own.
      const name = relative(STARTER, file)
        .replaceAll("\\", "/")
        .replace(/^(gitignore|gitlab-ci\.yml)$/, ".$1");
      return [name, (await readFile(file, "utf8")).replaceAll(ITS_NAME, project)] as const;
    });
  const manifest = ["package.json", `${JSON.stringify(manifestOf(project), null, 2)}\n`] as const;
  const others = Object.entries(CI).flatMap(([system, path]) => (system === ci ? [] : [path]));
  const all = [...(await Promise.all(texts)), manifest];
  const wanted = all.filter(([name]) => !others.some((path) => name.startsWith(path)));
  return new Map(wanted.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function manifestOf(project: string) {
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
      validate: "grafana-provision validate",
      rollback: "grafana-provision rollback",
      "check:types": "tsc",
    },
    dependencies: {
      "@grafana/grafana-foundation-sdk": dependencies["@grafana/grafana-foundation-sdk"],
      "grafana-provision": ownFile() ?? `^${version}`,
    },
    devDependencies: { "@types/node": devDependencies["@types/node"], typescript: devDependencies.typescript },
  };
}

/** Where this copy was installed from, if that was a file of a package: no registry may have this version. */
function ownFile(): string | undefined {
  const record = resolve(PACKAGE, "../.package-lock.json");
  if (!existsSync(record)) return undefined;
  const { packages } = JSON.parse(readFileSync(record, "utf8")) as {
    packages?: Record<string, { resolved?: string } | undefined>;
  };
  const resolved = packages?.[`node_modules/${packageJson.name}`]?.resolved;
  if (!resolved?.startsWith("file:")) return undefined;
  return `file:${resolve(PACKAGE, "../..", resolved.slice("file:".length))}`;
}

/** Takes a folder's name for the project's: fit for uids as well. */
function projectName(folder: string): string {
  const name = folder
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, 24)
    .replaceAll(/^-+|-+$/g, "");
  return name || "monitoring";
}

/** A link that leads nowhere is there, too. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

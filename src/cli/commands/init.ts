import { randomBytes } from "node:crypto";
import { lstatSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { CONFIG_NAMES } from "../../code/config.ts";
import { commandLine, shellQuoted } from "../../util/command-line.ts";
import { EXIT, UsageError, type ExitCode } from "../../util/errors.ts";
import { projectName } from "../../util/project-name.ts";
import { painter } from "../../report/output.ts";
import { ioOf } from "../io.ts";
import { manifestOf, STARTER } from "../project-manifest.ts";

/** The name of the project in the starter. */
const STARTER_NAME = "my-team";
const STARTER_ID = 'id: "00000000"';

/** Path prefixes of the starter's files for each CI system. */
const CI = { github: ".github/", gitlab: ".gitlab-ci.yml" } as const;

export interface InitOptions {
  readonly color: boolean;
  readonly ci: keyof typeof CI | "none";
  /** The schema of the dashboards. */
  readonly schema: "classic" | "v2";
}

/** The end of the names of files that replace others if the dashboards are in schema v2. */
const V2 = /\.v2(?=\.ts$)/;

/** Creates a project: configuration, resources of most kinds, scripts and CI. Throws (exit 64) if a file exists. */
export async function init(given: string | undefined, options: InitOptions): Promise<ExitCode> {
  const directory = resolve(given ?? ".");
  const project = projectName(basename(directory));
  const files = await filesFor(project, options, directory);

  const existing = [...new Set([...files.keys(), ...CONFIG_NAMES])].filter((name) => exists(join(directory, name)));
  if (existing.length > 0) {
    throw new UsageError(
      `${directory} already contains ${existing.toSorted().join(", ")}; nothing was written`,
      `Choose another directory: ${commandLine("init", "DIR")}`,
      "file-exists",
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
    `${paint("green", "Created")} the project ${paint("bold", project)} in ${where === "" ? "the current directory" : where}:`,
    ...[...files.keys()].map((name) => `  ${name}`),
    "",
    "Objects in Grafana are marked with the project name. To change the name, edit grafana.config.ts before the first apply.",
    "",
    paint("bold", "Next:"),
    ...(where === "" ? [] : [`  cd ${shellQuoted(where)}`]),
    "  npm install",
    "  npm run provision    # on the embedded sandbox; see README.md to connect your Grafana",
  ];
  result.stream.write(`${lines.join("\n")}\n`);
  return EXIT.done;
}

/** The text of each file, by its path in the new project. */
async function filesFor(
  project: string,
  { ci, schema }: InitOptions,
  directory: string,
): Promise<ReadonlyMap<string, string>> {
  const id = randomBytes(8).toString("hex");
  const entries = await readdir(STARTER, { recursive: true, withFileTypes: true });
  const texts = entries
    .filter((entry) => entry.isFile())
    .map(async (entry) => {
      const file = join(entry.parentPath, entry.name);
      // npm does not pack .gitignore, and GitLab would run a .gitlab-ci.yml in this repository.
      const name = relative(STARTER, file)
        .replaceAll("\\", "/")
        .replace(/^(gitignore|gitlab-ci\.yml)$/, ".$1");
      return [name, textOf(await readFile(file, "utf8"), project, id)] as const;
    });
  const manifest = ["package.json", `${JSON.stringify(manifestOf(project, directory), null, 2)}\n`] as const;
  const others = Object.entries(CI).flatMap(([system, path]) => (system === ci ? [] : [path]));
  const all = [...(await Promise.all(texts)), manifest];
  const wanted = all.filter(([name]) => !others.some((path) => name.startsWith(path)));
  const replaced = new Set(wanted.flatMap(([name]) => (V2.test(name) ? [name.replace(V2, "")] : [])));
  const chosen = wanted.flatMap(([name, text]) => {
    if (schema === "classic") return V2.test(name) ? [] : [[name, text] as const];
    return replaced.has(name) ? [] : [[name.replace(V2, ""), text] as const];
  });
  return new Map(chosen.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function textOf(text: string, project: string, id: string): string {
  return text.replaceAll(STARTER_NAME, project).replace(STARTER_ID, `id: "${id}"`);
}

/** Also true for a dangling symbolic link. */
function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

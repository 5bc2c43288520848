import { createHash } from "node:crypto";
import { findPackageJSON } from "node:module";
import { dirname, isAbsolute, resolve, sep } from "node:path";
import { checkAccess } from "./access.ts";
import { composeFile, composePath, SECRETS, type BuiltService, type Paths } from "./compose.ts";
import { contextOf } from "./context.ts";
import type { Stack } from "./definition.ts";
import { BASE, kubernetesFiles } from "./kubernetes/index.ts";
import type { ServiceParts } from "./service.ts";
import { swarmFile } from "./swarm.ts";
import { deployScript, swarmReadme } from "./swarm-files.ts";
import { checkTarget } from "./target-faults.ts";
import type { Target } from "./target.ts";
import { yamlOf } from "./yaml-text.ts";

/** First line of every generated file. The tool overwrites and removes only files that begin with it. */
export const HEADER = "Written by grafana-provision from the stack's definition: changes made here are lost.";

/** The file that keeps the secrets of a rendered directory out of git. An existing file of the user is not changed. */
export const GIT_IGNORE = ".gitignore";

/** The directory of this package, which contains what the stack builds. */
const PACKAGE = dirname(findPackageJSON(import.meta.url) ?? "");

export interface RenderOptions {
  /** The absolute path on which the definition's relative paths are based. */
  readonly directory: string;
  /** The absolute path of the directory of the generated files. */
  readonly out: string;
  /** What the files are for. Default: `"compose"`. */
  readonly target?: Target;
}

/** The name of the compose project, which is the prefix of its volumes' names. */
export function projectOf(stack: Stack): string {
  return `${stack.name}-monitoring`;
}

/**
 * Returns the files of a stack, by path relative to `out`: `compose.yaml`, `.env`, `.gitignore` and the configuration of each service.
 * For Docker Swarm, `stack.yaml`, `deploy.sh` and `README.md` replace the first two. For Kubernetes, they are the directories `base`,
 * `components` and `overlays`.
 * Equal stacks have equal files. Does not access the file system. Throws `InvalidCodeError` if the definition requires TLS or users
 * that it does not have, or if it has settings that can't work with this target.
 */
export function renderStack(
  stack: Stack,
  { directory, out, target = "compose" }: RenderOptions,
): ReadonlyMap<string, string> {
  checkAccess(stack);
  const built = builtServices(stack, target);
  const files = new Map(built.flatMap(({ parts }) => textsOf(parts)));
  checkTarget(stack, target, built, files);
  const fromOut = (path: string) => composePath(posixPath(out), posixPath(path));
  const paths = {
    host: (path: string) => (isAbsolute(path) ? path : fromOut(resolve(directory, path))),
    ofPackage: (path: string) => fromOut(resolve(PACKAGE, path)),
  };
  if (target === "kubernetes") {
    return new Map([
      [GIT_IGNORE, `# ${HEADER}\n/${BASE}/${SECRETS}/\n`],
      ...[...kubernetesFiles(stack, built)].map(([path, content]) => [path, textOf(path, content)] as const),
      ...[...files].map(([path, text]) => [`${BASE}/${path}`, text] as const),
    ]);
  }
  return new Map([
    ...(target === "swarm" ? swarmFiles(stack, built, { paths, files }) : composeFiles(stack, built, paths)),
    // The directory of the secrets must not be committed.
    [GIT_IGNORE, `# ${HEADER}\n/${SECRETS}/\n`],
    ...[...files].toSorted(([a], [b]) => (a < b ? -1 : 1)),
  ]);
}

/** All services with what they need. */
export function builtServices(stack: Stack, target: Target): BuiltService[] {
  return [...stack.services.values()].map((service) => {
    const context = contextOf(stack, { target });
    const parts = service.type.parts(service, context);
    const own = textsOf(parts);
    return { service, parts, context, configHash: own.length > 0 ? hash(own) : undefined };
  });
}

function textsOf({ files = {} }: ServiceParts): (readonly [string, string])[] {
  return Object.entries(files).map(([path, content]) => [path, textOf(path, content)]);
}

function composeFiles(stack: Stack, built: readonly BuiltService[], paths: Paths): [string, string][] {
  return [
    ["compose.yaml", textOf("compose.yaml", composeFile(stack, built, paths))],
    // Sets the project name for manual `docker compose` calls. docker-compose 1 does not support `name` in compose.yaml.
    [".env", `# ${HEADER}\nCOMPOSE_PROJECT_NAME=${projectOf(stack)}\n`],
  ];
}

function swarmFiles(
  stack: Stack,
  built: readonly BuiltService[],
  given: { readonly paths: Paths; readonly files: ReadonlyMap<string, string> },
): [string, string][] {
  const project = projectOf(stack);
  return [
    ["stack.yaml", textOf("stack.yaml", swarmFile(stack, built, given))],
    ["deploy.sh", textOf("deploy.sh", deployScript(built, given.paths, project))],
    ["README.md", textOf("README.md", swarmReadme(stack, built, project))],
  ];
}

function textOf(path: string, content: string | object): string {
  if (Array.isArray(content)) return `# ${HEADER}\n\n${content.map((one: object) => yamlOf(one)).join("---\n")}`;
  if (typeof content === "object") return `# ${HEADER}\n\n${yamlOf(content)}`;
  if (path.endsWith(".md")) return `<!-- ${HEADER} -->\n\n${content}`;
  return `${path.endsWith(".alloy") ? "//" : "#"} ${HEADER}\n\n${content}`;
}

function hash(content: unknown): string {
  return createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 16);
}

function posixPath(path: string): string {
  return path.replaceAll(sep, "/");
}

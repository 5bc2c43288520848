import { execFile } from "node:child_process";
import { hash } from "node:crypto";
import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, relative } from "node:path";
import { lock } from "proper-lockfile";
import { onTestFinished } from "vitest";
import type { CliResult } from "../helpers/cli.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Runs `npm install` with a registry, instead of links to the packages that `npm ci` installed here. */
export const FROM_REGISTRY = process.env["TEST_NPM_INSTALL"] !== undefined;

/** Packs the checkout, as for a release; returns the tarball's path. One file at a time: they build the same `dist`. */
export async function packed(directory: string): Promise<string> {
  const lockfilePath = join(tmpdir(), `grafana-provision-pack-${hash("sha256", ROOT).slice(0, 12)}.lock`);
  const release = await lock(ROOT, { lockfilePath, retries: { forever: true, minTimeout: 200, maxTimeout: 200 } });
  const { code, stderr } = await inShell(`npm pack --pack-destination '${directory}'`, ROOT);
  await release();
  const file = (await readdir(directory)).find((name) => name.endsWith(".tgz"));
  if (code !== 0 || file === undefined) throw new Error(`npm pack failed: ${stderr}`);
  return join(directory, file);
}

export async function emptyFolder(): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), "grafana-provision-")));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

export async function writeFiles(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
}

/**
 * Installs a tarball into a repository. Without a registry, its files are unpacked and its declared dependencies are
 * links to the checkout's, so an import of an undeclared package fails.
 */
export async function install(tarball: string, repository: string): Promise<void> {
  if (FROM_REGISTRY) {
    await ok(`npm install --prefer-offline --no-audit --no-fund '${tarball}' typescript @types/node`, repository);
    return;
  }
  const modules = join(repository, "node_modules");
  const own = join(modules, "grafana-provision");
  await mkdir(own, { recursive: true });
  await ok(`tar --extract --gzip --file '${tarball}' --strip-components 1 --directory '${own}'`, repository);
  const { dependencies, bin } = JSON.parse(await readFile(join(own, "package.json"), "utf8")) as Manifest;
  for (const name of [...Object.keys(dependencies), "typescript", "@types/node"]) {
    await link(join(modules, name), join(ROOT, "node_modules", name));
  }
  for (const [name, file] of Object.entries(bin)) {
    await chmod(join(own, file), 0o755);
    await link(join(modules, ".bin", name), join(own, file));
  }
  await link(join(modules, ".bin/tsc"), join(ROOT, "node_modules/typescript/bin/tsc"));
  // As npm records it.
  const resolved = `file:${relative(repository, tarball)}`;
  const record = { packages: { "node_modules/grafana-provision": { resolved } } };
  await writeFile(join(modules, ".package-lock.json"), JSON.stringify(record));
}

interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly bin: Readonly<Record<string, string>>;
}

async function link(path: string, target: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await symlink(target, path);
}

/** Runs a command line like a user, with this Node and only these variables for the tool. */
export async function inShell(
  line: string,
  cwd: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<CliResult> {
  const path = [dirname(process.execPath), ...folders()].join(delimiter);
  const env = {
    ...(FROM_REGISTRY ? registry() : {}),
    PATH: path,
    HOME: process.env["HOME"],
    NO_COLOR: "1",
    npm_config_update_notifier: "false",
    ...variables,
  };
  return new Promise((resolve) => {
    execFile("sh", ["-c", line], { cwd, env }, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === "number" ? error.code : null) : 0;
      resolve({ code, stdout, stderr });
    });
  });
}

/** The registry settings of this machine. */
function registry(): Record<string, string | undefined> {
  const names = /^(npm_config_(registry|cache|userconfig)|https?_proxy|no_proxy|NODE_EXTRA_CA_CERTS|SSL_CERT_\w+)$/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => names.test(name)));
}

/** Commands that must succeed. */
export async function ok(line: string, cwd: string, variables: Readonly<Record<string, string>> = {}): Promise<string> {
  const { code, stdout, stderr } = await inShell(line, cwd, variables);
  if (code !== 0) throw new Error(`${line} ended with ${code}\n${stdout}\n${stderr}`);
  return stdout;
}

/** Without what npm adds to the PATH: the commands of this checkout. */
function folders(): string[] {
  return (process.env["PATH"] ?? "").split(delimiter).filter((folder) => !folder.includes("node_modules"));
}

/** The commands of a README's first shell block. */
export function commandsOf(readme: string): string[] {
  const [, block = ""] = /^```sh\n([^`]*)^```$/m.exec(readme) ?? [];
  return block.split("\n").filter((line) => line.trim() !== "");
}

import { createServer, type IncomingMessage } from "node:http";
import { once } from "node:events";
import { onTestFinished } from "vitest";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AddressInfo } from "node:net";

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
}

export interface Asked {
  readonly method: string;
  /** The path without its query, decoded only as far as a route needs it. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: Readonly<Record<string, unknown>>;
}

/** A property of a request's body, if it is a text. */
export function textIn(value: unknown, otherwise = ""): string {
  return typeof value === "string" ? value : otherwise;
}

/** A server on 127.0.0.1 that answers with JSON. Returns its URL. */
export async function jsonServer(answer: (asked: Asked) => Answer): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
      const text = Buffer.concat(chunks).toString();
      const { status, body } = answer({
        method: request.method ?? "",
        path: pathname,
        query: searchParams,
        headers: request.headers,
        body: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>),
      });
      response.writeHead(status, { "Content-Type": "application/json" });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A repository of a code host. */
export interface BareRepository {
  readonly directory: string;
  git(args: readonly string[], input?: string, env?: Readonly<Record<string, string>>): string;
  head(branch: string): string | undefined;
  has(object: string): boolean;
  /** The commits of `to` that `from` lacks, oldest first. */
  commits(from: string, to: string): { readonly sha: string; readonly message: string }[];
  /** The files that differ between the merge base and `to`. */
  files(from: string, to: string): { readonly path: string; readonly id: string; readonly isDeleted: boolean }[];
  mergeBase(a: string, b: string): string | undefined;
  text(ref: string, path: string): string;
  /** A tree with these files in place of those of a commit. */
  tree(of: string, files: readonly { readonly path: string; readonly mode?: string; readonly text: string }[]): string;
  commit(tree: string, parents: readonly string[], message: string, author: Author): string;
  author(ref: string): string;
}

interface Author {
  readonly name: string;
  readonly email: string;
}

export function bareRepository(): BareRepository {
  const directory = mkdtempSync(join(tmpdir(), "code-host-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const git = (args: readonly string[], input?: string, env: Readonly<Record<string, string>> = {}) =>
    execFileSync("git", [...args], {
      cwd: directory,
      encoding: "utf8",
      stdio: "pipe",
      env: { PATH: process.env["PATH"], HOME: directory, ...env },
      ...(input === undefined ? {} : { input }),
    }).replace(/\n$/, "");
  git(["init", "--quiet", "--bare", "--initial-branch=main"]);
  const orUndefined = (run: () => string) => {
    try {
      return run();
    } catch {
      return undefined;
    }
  };
  const mergeBase = (a: string, b: string) => orUndefined(() => git(["merge-base", a, b]));
  return {
    directory,
    git,
    head: (branch) => orUndefined(() => git(["rev-parse", "--verify", "--quiet", `refs/heads/${branch}`])),
    has: (object) => orUndefined(() => git(["cat-file", "-e", object])) !== undefined,
    commits: (from, to) =>
      git(["log", "--reverse", "-z", "--format=%H%n%B", `${from}..${to}`])
        .split("\0")
        .flatMap((entry) => {
          const [sha = "", ...lines] = entry.split("\n");
          return sha === "" ? [] : [{ sha, message: lines.join("\n") }];
        }),
    files: (from, to) =>
      git(["diff-tree", "-r", "--no-renames", "--full-index", `${mergeBase(from, to)}`, to])
        .split("\n")
        .flatMap((line) => {
          const [, id = "", status, path = ""] = /^:\d+ \d+ \w+ (\w+) (\w)\t(.+)$/.exec(line) ?? [];
          return path === "" ? [] : [{ path, id, isDeleted: status === "D" }];
        }),
    mergeBase,
    text: (ref, path) => git(["show", `${ref}:${path}`]),
    tree(of, files) {
      const env = { GIT_INDEX_FILE: join(directory, "index.tmp") };
      git(["read-tree", of], undefined, env);
      for (const { path, mode = "100644", text } of files) {
        const id = git(["hash-object", "-w", "--stdin"], text);
        git(["update-index", "--add", "--cacheinfo", `${mode},${id},${path}`], undefined, env);
      }
      return git(["write-tree"], undefined, env);
    },
    commit: (tree, parents, message, { name, email }) =>
      git(["commit-tree", tree, ...parents.flatMap((parent) => ["-p", parent]), "-F", "-"], message, {
        GIT_AUTHOR_NAME: name,
        GIT_AUTHOR_EMAIL: email,
        GIT_COMMITTER_NAME: name,
        GIT_COMMITTER_EMAIL: email,
      }),
    author: (ref) => git(["log", "-1", "--format=%an <%ae>", ref]),
  };
}

/** A pull request, or an issue. */
export interface Thread {
  readonly number: number;
  readonly isPull: boolean;
  readonly branch: string;
  title: string;
  body: string;
  base: string;
  state: "open" | "closed";
  readonly comments: string[];
}

/** What tests read from a code host. */
export interface TestHost {
  readonly url: string;
  readonly repository: BareRepository;
  readonly threads: Thread[];
  /** The variables of a CI job on `main`. */
  readonly variables: Readonly<Record<string, string>>;
  /** `POST /repos/team/monitoring/pulls` */
  readonly writes: string[];
}

import { z } from "zod";
import { CodeHostError, unexpected } from "./client.ts";
import { findMarked, markOf, type Remark } from "./code-host.ts";
import { gitHubPull, LIMIT, NAME, repositoryOf, type GitHubOptions, type Variables } from "./github.ts";
import { branchMoved } from "./branch-moved.ts";
import type { NewCommit, Pull, PullRequests, PullText } from "./proposal.ts";

const Repository = z.looseObject({ default_branch: z.string() });
const PullSchema = z.looseObject({
  number: z.number(),
  title: z.string(),
  body: z.string().nullish(),
  html_url: z.string().optional(),
  base: z.looseObject({ ref: z.string() }),
  head: z.looseObject({ ref: z.string(), repo: z.looseObject({ full_name: z.string() }).nullish() }),
});
const Ref = z.looseObject({ object: z.looseObject({ sha: z.string() }) });
const Comparison = z.looseObject({
  status: z.string(),
  commits: z.array(z.looseObject({ commit: z.looseObject({ message: z.string() }) })),
  total_commits: z.number(),
  files: z.array(z.looseObject({ filename: z.string(), sha: z.string().nullish(), status: z.string() })).optional(),
});
const CommitSchema = z.looseObject({ sha: z.string(), tree: z.looseObject({ sha: z.string() }) });
const Tree = z.looseObject({ sha: z.string() });

const FORBIDDEN =
  "Add `contents: write`, `pull-requests: write` and `issues: write` to the `permissions:` of the job. For the workflow's own token, an administrator must also enable `Allow GitHub Actions to create and approve pull requests` (Settings > Actions > General).";

/** The pull requests from branches of the repository in `GITHUB_REPOSITORY`. Sends nothing yet. */
export async function gitHubPulls(variables: Variables, options: GitHubOptions = {}): Promise<PullRequests> {
  const { client, path, me } = await repositoryOf(variables, options, FORBIDDEN);
  const fullName = path.slice("/repos/".length);

  async function read<Answer>(schema: z.ZodType<Answer>, url: string): Promise<Answer> {
    const { data } = schema.safeParse(await client.send({ method: "GET", path: url }));
    if (data === undefined) throw unexpected(NAME, url);
    return data;
  }
  async function post<Answer>(schema: z.ZodType<Answer>, url: string, body: object, repeatable = false) {
    const { data } = schema.safeParse(await client.send({ method: "POST", path: url, body, repeatable }));
    if (data === undefined) throw unexpected(NAME, url);
    return data;
  }
  const headOf = async (branch: string) =>
    (await orMissing(read(Ref, `${path}/git/ref/heads/${inPath(branch)}`)))?.object.sha;
  const compare = (base: string, head: string) =>
    read(Comparison, `${path}/compare/${encodeURIComponent(base)}...${encodeURIComponent(head)}`);
  const remarkOf = (answer: unknown, asked: string): Remark => {
    const { data } = PullSchema.safeParse(answer);
    if (!data) throw unexpected(NAME, asked);
    return { id: data.number, body: data.body ?? "", ...(data.html_url ? { url: data.html_url } : {}) };
  };

  return {
    name: NAME,
    what: "pull request",
    limit: LIMIT,
    defaultBranch: async () => (await read(Repository, path)).default_branch,
    async contains(branch, commit) {
      if ((await orMissing(read(CommitSchema, `${path}/git/commits/${commit}`))) === undefined) return undefined;
      return ["identical", "behind"].includes((await compare(branch, commit)).status);
    },
    async openFrom(branch) {
      const [owner] = fullName.split("/");
      const head = encodeURIComponent(`${owner}:${branch}`);
      for await (const item of client.pages(`${path}/pulls?state=open&head=${head}`)) {
        const { data } = PullSchema.safeParse(item);
        if (!data) throw unexpected(NAME, `${path}/pulls`);
        const isHere = data.head.repo?.full_name.toLowerCase() === fullName.toLowerCase();
        if (!isHere || data.head.ref !== branch) continue;
        const pull: Pull = { ...remarkOf(data, path), title: data.title, base: data.base.ref };
        return pull;
      }
      return undefined;
    },
    async branch(name, base) {
      const head = await headOf(name);
      if (head === undefined) return undefined;
      const { commits, files = [], total_commits: total } = await compare(base, head);
      const messages = commits.map(({ commit }) => commit.message);
      // A branch of others can have more commits than the response.
      const omitted = Array.from({ length: Math.max(0, total - messages.length) }, () => "");
      return {
        head,
        messages: [...messages, ...omitted],
        files: new Map(files.map(({ filename, sha, status }) => [filename, status === "removed" ? "" : (sha ?? "")])),
      };
    },
    async commit(branch, { parent, message, files, author }: NewCommit, former) {
      const { tree } = await read(CommitSchema, `${path}/git/commits/${parent}`);
      const entries = files.map(({ path: file, after, isExecutable }) => ({
        path: file,
        mode: isExecutable ? "100755" : "100644",
        type: "blob",
        content: after,
      }));
      // Trees and commits without a branch can be created twice.
      const made = await post(Tree, `${path}/git/trees`, { base_tree: tree.sha, tree: entries }, true);
      const body = { message, tree: made.sha, parents: [parent], ...(author ? { author } : {}) };
      const { sha } = await post(CommitSchema, `${path}/git/commits`, body, true);
      // GitHub can't update a branch on the condition that it has not changed.
      if ((await headOf(branch)) !== former) throw branchMoved(branch, NAME);
      if (former === undefined) await post(Ref, `${path}/git/refs`, { ref: `refs/heads/${branch}`, sha });
      else {
        const url = `${path}/git/refs/heads/${inPath(branch)}`;
        await client.send({ method: "PATCH", path: url, body: { sha, force: true }, repeatable: true });
      }
    },
    async open(branch, { title, body, base }: PullText) {
      const url = `${path}/pulls`;
      return remarkOf(await client.send({ method: "POST", path: url, body: { title, body, head: branch, base } }), url);
    },
    async change(number, { title, body, base }) {
      const url = `${path}/pulls/${number}`;
      return remarkOf(
        await client.send({ method: "PATCH", path: url, body: { title, body, base }, repeatable: true }),
        url,
      );
    },
    async close(number, comment) {
      const author = await me();
      const pull = await gitHubPull(number, variables, { ...options, author });
      const mark = markOf("drift", `closed ${number}`);
      if (!(await findMarked(pull.ownComments(), mark))) await pull.addComment(`${mark}\n${comment}`);
      const body = { state: "closed" };
      await client.send({ method: "PATCH", path: `${path}/pulls/${number}`, body, repeatable: true });
    },
    async deleteBranch(name) {
      await orMissing(client.send({ method: "DELETE", path: `${path}/git/refs/heads/${inPath(name)}` }));
    },
  };
}

/** A ref in a path keeps its slashes. */
function inPath(ref: string): string {
  return ref.split("/").map(encodeURIComponent).join("/");
}

/** Undefined if GitHub has no such object. */
async function orMissing<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    // 409: the repository is empty. 422: the reference or the commit doesn't exist.
    if (error instanceof CodeHostError && (error.status === 404 || error.status === 422)) return undefined;
    throw error;
  }
}

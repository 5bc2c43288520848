import { z } from "zod";
import { branchMoved } from "./branch-moved.ts";
import { CodeHostError, unexpected } from "./client.ts";
import { findMarked, markOf, type Remark } from "./code-host.ts";
import type { Variables } from "./github.ts";
import { gitLabMerge, LIMIT, NAME, projectOf, type GitLabOptions } from "./gitlab.ts";
import type { PullRequests, PullText } from "./proposal.ts";

const ProjectSchema = z.looseObject({ id: z.number(), default_branch: z.string().nullish() });
const Merge = z.looseObject({
  iid: z.number(),
  title: z.string(),
  description: z.string().nullish(),
  web_url: z.string().optional(),
  target_branch: z.string(),
  source_project_id: z.number().nullish(),
  target_project_id: z.number().nullish(),
});
const BranchSchema = z.looseObject({ commit: z.looseObject({ id: z.string() }) });
const Commit = z.looseObject({ id: z.string() });
const Comparison = z.looseObject({
  commits: z.array(z.looseObject({ message: z.string() })),
  diffs: z.array(z.looseObject({ new_path: z.string(), deleted_file: z.boolean().optional() })),
});
const FileSchema = z.looseObject({ blob_id: z.string() });

const FORBIDDEN =
  "GITLAB_TOKEN needs the scope `api` and a role that may create branches and merge requests in the project: Developer.";

/** The merge requests from branches of the project in `CI_PROJECT_ID`. Sends nothing yet. */
export async function gitLabMerges(variables: Variables, options: GitLabOptions = {}): Promise<PullRequests> {
  const { client, path } = await projectOf(variables, options, FORBIDDEN);
  const merges = `${path}/merge_requests`;
  const repository = `${path}/repository`;

  async function read<Answer>(schema: z.ZodType<Answer>, url: string): Promise<Answer> {
    const { data } = schema.safeParse(await client.send({ method: "GET", path: url }));
    if (data === undefined) throw unexpected(NAME, url);
    return data;
  }
  const branchUrl = (name: string) => `${repository}/branches/${encodeURIComponent(name)}`;
  const headOf = async (name: string) => (await orMissing(read(BranchSchema, branchUrl(name))))?.commit.id;
  const remarkOf = (answer: unknown, asked: string): Remark => {
    const { data } = Merge.safeParse(answer);
    if (!data) throw unexpected(NAME, asked);
    return { id: data.iid, body: data.description ?? "", ...(data.web_url ? { url: data.web_url } : {}) };
  };
  const change = (number: number, body: object) =>
    client.send({ method: "PUT", path: `${merges}/${number}`, body, repeatable: true });

  return {
    name: NAME,
    what: "merge request",
    limit: LIMIT,
    async defaultBranch() {
      const name = (await read(ProjectSchema, path)).default_branch;
      if (!name) throw unexpected(NAME, path);
      return name;
    },
    async contains(branch, commit) {
      if ((await orMissing(read(Commit, `${repository}/commits/${commit}`))) === undefined) return undefined;
      const refs = [branch, commit].map((ref) => `refs[]=${encodeURIComponent(ref)}`).join("&");
      const common = await orMissing(read(Commit, `${repository}/merge_base?${refs}`));
      return common?.id === commit;
    },
    async openFrom(branch) {
      const query = `state=opened&scope=all&source_branch=${encodeURIComponent(branch)}`;
      for await (const item of client.pages(`${merges}?${query}`)) {
        const { data } = Merge.safeParse(item);
        if (!data) throw unexpected(NAME, merges);
        // A fork can have a branch of the same name.
        if (data.source_project_id === data.target_project_id)
          return { ...remarkOf(data, merges), title: data.title, base: data.target_branch };
      }
      return undefined;
    },
    async branch(name, base) {
      const head = await headOf(name);
      if (head === undefined) return undefined;
      const query = `from=${encodeURIComponent(base)}&to=${head}`;
      const { commits, diffs } = await read(Comparison, `${repository}/compare?${query}`);
      const files = new Map<string, string>();
      // The contents identify the tool's own commit. Others have more than one commit.
      for (const { new_path: file, deleted_file: isDeleted } of commits.length === 1 ? diffs : [])
        files.set(file, isDeleted === true ? "" : await contentId(file, head));
      return { head, messages: commits.map(({ message }) => message), files };
    },
    async commit(branch, { parent, message, files, author }, former) {
      const actions = files.map(({ path: file, after }) => ({ action: "update", file_path: file, content: after }));
      // GitLab can't replace a commit on the condition that the branch has not changed.
      if ((await headOf(branch)) !== former) throw branchMoved(branch, NAME);
      const body = {
        branch,
        start_sha: parent,
        ...(former === undefined ? {} : { force: true }),
        commit_message: message,
        actions,
        ...(author ? { author_name: author.name, author_email: author.email } : {}),
      };
      await client.send({ method: "POST", path: `${repository}/commits`, body, repeatable: former !== undefined });
    },
    async open(branch, { title, body, base }: PullText) {
      const all = { source_branch: branch, target_branch: base, title, description: body, remove_source_branch: true };
      return remarkOf(await client.send({ method: "POST", path: merges, body: all }), merges);
    },
    change: async (number, { title, body, base }) =>
      remarkOf(await change(number, { title, description: body, target_branch: base }), merges),
    async close(number, comment) {
      const merge = await gitLabMerge(number, variables, options);
      const mark = markOf("drift", `closed ${number}`);
      if (!(await findMarked(merge.ownComments(), mark))) await merge.addComment(`${mark}\n${comment}`);
      await change(number, { state_event: "close" });
    },
    async deleteBranch(name) {
      await orMissing(client.send({ method: "DELETE", path: branchUrl(name) }));
    },
  };

  async function contentId(file: string, ref: string): Promise<string> {
    const url = `${repository}/files/${encodeURIComponent(file)}?ref=${ref}`;
    return (await orMissing(read(FileSchema, url)))?.blob_id ?? "";
  }
}

/** Undefined if GitLab has no such object. */
async function orMissing<Answer>(answer: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof CodeHostError && error.status === 404) return undefined;
    throw error;
  }
}

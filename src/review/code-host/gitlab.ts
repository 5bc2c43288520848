import { z } from "zod";
import { UsageError } from "../../util/errors.ts";
import { codeHostClient, unexpected, type CodeHostClient } from "./client.ts";
import type { CodeHost, Remark, Tracker } from "./code-host.ts";
import type { Variables } from "./github.ts";

export const NAME = "GitLab";
/** GitLab allows a million characters, which would not be readable. */
export const LIMIT = 500_000;

const Note = z.looseObject({
  id: z.number(),
  body: z.string(),
  system: z.boolean().optional(),
  author: z.looseObject({ id: z.number() }),
});
const Issue = z.looseObject({
  iid: z.number(),
  description: z.string().nullish(),
  web_url: z.string().optional(),
  author: z.looseObject({ id: z.number() }),
});
const User = z.looseObject({ id: z.number() });

export interface GitLabOptions {
  /** Milliseconds before the first retry; tests shorten it. */
  readonly retryDelay?: number;
}

/** A project on GitLab, and the client for it. */
export interface Project {
  readonly client: CodeHostClient;
  readonly path: string;
  /** The id of the token's user. */
  readonly me: () => Promise<number>;
}

const FORBIDDEN = "GITLAB_TOKEN needs the scope `api` and the role Reporter in the project.";

/** The project in `CI_PROJECT_ID`. `forbidden`: the hint for a missing permission. Sends nothing yet. */
export async function projectOf(
  variables: Variables,
  { retryDelay }: GitLabOptions,
  forbidden = FORBIDDEN,
): Promise<Project> {
  const token = variables["GITLAB_TOKEN"]?.trim();
  if (!token) {
    throw new UsageError(
      "GITLAB_TOKEN is not set",
      "Set it to a project access token with the scope `api`, as a masked variable. CI_JOB_TOKEN can't write comments.",
      "code-host-token-missing",
    );
  }
  const [url, project] = [variables["CI_API_V4_URL"]?.trim(), variables["CI_PROJECT_ID"]?.trim()];
  if (!url || !project)
    throw new UsageError(
      "CI_API_V4_URL or CI_PROJECT_ID is not set",
      "Run the command in GitLab CI, which sets both, or set them.",
      "code-host-missing",
    );
  const client = await codeHostClient({
    name: NAME,
    url,
    headers: { "PRIVATE-TOKEN": token },
    variables,
    forbidden,
    notFound: `Check CI_PROJECT_ID (${project}), the number, and the projects of the token.`,
    ...(retryDelay === undefined ? {} : { retryDelay }),
  });
  let asked: Promise<number> | undefined;
  const ask = async () => {
    const { data } = User.safeParse(await client.send({ method: "GET", path: "/user" }));
    if (!data) throw unexpected(NAME, "/user");
    return data.id;
  };
  return { client, path: `/projects/${encodeURIComponent(project)}`, me: () => (asked ??= ask()) };
}

/** A merge request of the project in `CI_PROJECT_ID`. Sends nothing yet. */
export async function gitLabMerge(
  number: number,
  variables: Variables,
  options: GitLabOptions = {},
): Promise<CodeHost> {
  const { client, path, me } = await projectOf(variables, options);
  const notes = `${path}/merge_requests/${number}/notes`;
  const remark = (answer: unknown): Remark => {
    const { data } = Note.safeParse(answer);
    if (!data) throw unexpected(NAME, notes);
    return { id: data.id, body: data.body };
  };
  return {
    name: NAME,
    where: `merge request ${number}`,
    limit: LIMIT,
    async *ownComments() {
      const id = await me();
      for await (const item of client.pages(`${notes}?sort=asc&order_by=created_at`)) {
        const { data } = Note.safeParse(item);
        if (data && data.author.id === id && data.system !== true) yield remark(data);
      }
    },
    addComment: async (body) => remark(await client.send({ method: "POST", path: notes, body: { body } })),
    changeComment: async (id, body) =>
      remark(await client.send({ method: "PUT", path: `${notes}/${id}`, body: { body }, repeatable: true })),
  };
}

/** The issues of the project in `CI_PROJECT_ID`. Sends nothing yet. */
export async function gitLabIssues(variables: Variables, options: GitLabOptions = {}): Promise<Tracker> {
  const { client, path, me } = await projectOf(variables, options);
  const issues = `${path}/issues`;
  const issueOf = (answer: unknown): Remark => {
    const { data } = Issue.safeParse(answer);
    if (!data) throw unexpected(NAME, issues);
    return { id: data.iid, body: data.description ?? "", ...(data.web_url ? { url: data.web_url } : {}) };
  };
  const change = (number: number, body: object) =>
    client.send({ method: "PUT", path: `${issues}/${number}`, body, repeatable: true });
  return {
    name: NAME,
    limit: LIMIT,
    async *ownIssues() {
      const id = await me();
      for await (const item of client.pages(`${issues}?state=opened&scope=all&author_id=${id}`)) yield issueOf(item);
    },
    openIssue: async (title, body) =>
      issueOf(await client.send({ method: "POST", path: issues, body: { title, description: body } })),
    changeIssue: async (number, body) => issueOf(await change(number, { description: body })),
    async closeIssue(number, why) {
      await client.send({ method: "POST", path: `${issues}/${number}/notes`, body: { body: why } });
      await change(number, { state_event: "close" });
    },
  };
}

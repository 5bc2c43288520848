import { z } from "zod";
import { UsageError } from "../../util/errors.ts";
import { codeHostClient, CodeHostError, unexpected, type CodeHostClient } from "./client.ts";
import type { CodeHost, Remark, Tracker } from "./code-host.ts";

export type Variables = Readonly<Record<string, string | undefined>>;

export const NAME = "GitHub";
/** The maximum length of comments and issues, in characters. */
export const LIMIT = 65_536;

const Comment = z.looseObject({
  id: z.number(),
  body: z.string().nullish(),
  html_url: z.string().optional(),
  user: z.looseObject({ login: z.string() }).nullish(),
});
const Issue = z.looseObject({
  number: z.number(),
  body: z.string().nullish(),
  html_url: z.string().optional(),
  user: z.looseObject({ login: z.string() }).nullish(),
  pull_request: z.unknown().optional(),
});
const User = z.looseObject({ login: z.string() });
const Pull = z.looseObject({ head: z.looseObject({ sha: z.string() }) });

export interface GitHubOptions {
  /** The author whose comments and issues are updated. Default: the user of the token. */
  readonly author?: string;
  /** Milliseconds before the first retry; tests shorten it. */
  readonly retryDelay?: number;
}

/** A repository on GitHub, and the client for it. */
export interface Repository {
  readonly client: CodeHostClient;
  /** `/repos/owner/name` */
  readonly path: string;
  /** The login of the token's user. */
  readonly me: () => Promise<string>;
}

const FORBIDDEN =
  "Add `pull-requests: write` (for comments) or `issues: write` (for issues) to the `permissions:` of the job. Jobs for pull requests from forks never get them: comment from a `workflow_run` workflow.";

/** The repository in `GITHUB_REPOSITORY`. `forbidden`: the hint for a missing permission. Sends nothing yet. */
export async function repositoryOf(
  variables: Variables,
  { author, retryDelay }: GitHubOptions,
  forbidden = FORBIDDEN,
): Promise<Repository> {
  const token = needed(
    variables,
    "GITHUB_TOKEN",
    "a token with permission to write comments. In a workflow, use ${{ github.token }}",
  );
  const name = needed(variables, "GITHUB_REPOSITORY", "the repository in the form owner/name");
  if (!/^[\w.-]+\/[\w.-]+$/.test(name))
    throw new UsageError(
      `GITHUB_REPOSITORY: "${name}" is not in the form owner/name`,
      "Set it to the repository, such as my-team/monitoring.",
      "code-host-missing",
    );
  const client = await codeHostClient({
    name: NAME,
    url: variables["GITHUB_API_URL"]?.trim() || "https://api.github.com",
    headers: {
      Accept: "application/vnd.github+json",
      Authorization: `Bearer ${token}`,
      "X-GitHub-Api-Version": "2022-11-28",
    },
    variables,
    forbidden,
    notFound: `Check GITHUB_REPOSITORY (${name}), the number, and the repositories of the token.`,
    ...(retryDelay === undefined ? {} : { retryDelay }),
  });
  let asked: Promise<string> | undefined;
  return { client, path: `/repos/${name}`, me: () => (asked ??= loginOf(client, author)) };
}

/** The token of a GitHub app, such as a workflow's own, can't read its user. */
async function loginOf(client: CodeHostClient, author: string | undefined): Promise<string> {
  if (author !== undefined) return author;
  try {
    return User.parse(await client.send({ method: "GET", path: "/user" })).login;
  } catch (error) {
    if (error instanceof CodeHostError && error.status === 403) return "github-actions[bot]";
    throw error;
  }
}

function needed(variables: Variables, name: string, what: string): string {
  const value = variables[name]?.trim();
  if (value) return value;
  throw new UsageError(`${name} is not set`, `Set it to ${what}.`, "code-host-missing");
}

/** A pull request of the repository in `GITHUB_REPOSITORY`. Sends nothing yet. */
export async function gitHubPull(number: number, variables: Variables, options: GitHubOptions = {}) {
  const { client, path, me } = await repositoryOf(variables, options);
  const remark = (answer: unknown, asked: string): Remark => remarkOf(Comment.safeParse(answer), asked);
  const comments = `${path}/issues/${number}/comments`;
  const codeHost: CodeHost & { headOf(): Promise<string> } = {
    name: NAME,
    where: `pull request ${number}`,
    limit: LIMIT,
    async *ownComments() {
      const login = await me();
      for await (const item of client.pages(comments)) {
        const { data } = Comment.safeParse(item);
        if (data?.user?.login === login) yield remark(data, comments);
      }
    },
    addComment: async (body) => remark(await client.send({ method: "POST", path: comments, body: { body } }), comments),
    async changeComment(id, body) {
      const one = `${path}/issues/comments/${id}`;
      return remark(await client.send({ method: "PATCH", path: one, body: { body }, repeatable: true }), one);
    },
    /** The head commit of the pull request. */
    async headOf() {
      const pull = `${path}/pulls/${number}`;
      const { data } = Pull.safeParse(await client.send({ method: "GET", path: pull }));
      if (!data) throw unexpected(NAME, pull);
      return data.head.sha;
    },
  };
  return codeHost;
}

/** The issues of the repository in `GITHUB_REPOSITORY`. Sends nothing yet. */
export async function gitHubIssues(variables: Variables, options: GitHubOptions = {}): Promise<Tracker> {
  const { client, path, me } = await repositoryOf(variables, options);
  const issues = `${path}/issues`;
  const issueOf = (answer: unknown, asked: string): Remark => {
    const { data } = Issue.safeParse(answer);
    if (!data) throw unexpected(NAME, asked);
    return { id: data.number, body: data.body ?? "", ...(data.html_url ? { url: data.html_url } : {}) };
  };
  return {
    name: NAME,
    limit: LIMIT,
    async *ownIssues() {
      const login = await me();
      for await (const item of client.pages(`${issues}?state=open`)) {
        const { data } = Issue.safeParse(item);
        // The list also contains pull requests.
        if (data && data.user?.login === login && !data.pull_request) yield issueOf(data, issues);
      }
    },
    openIssue: async (title, body) =>
      issueOf(await client.send({ method: "POST", path: issues, body: { title, body } }), issues),
    async changeIssue(number, body) {
      const one = `${issues}/${number}`;
      return issueOf(await client.send({ method: "PATCH", path: one, body: { body }, repeatable: true }), one);
    },
    async closeIssue(number, why) {
      await client.send({ method: "POST", path: `${issues}/${number}/comments`, body: { body: why } });
      const body = { state: "closed", state_reason: "completed" };
      await client.send({ method: "PATCH", path: `${issues}/${number}`, body, repeatable: true });
    },
  };
}

function remarkOf({ data }: z.ZodSafeParseResult<z.infer<typeof Comment>>, asked: string): Remark {
  if (!data) throw unexpected(NAME, asked);
  return { id: data.id, body: data.body ?? "", ...(data.html_url ? { url: data.html_url } : {}) };
}

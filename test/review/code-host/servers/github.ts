import { bareRepository, jsonServer, textIn, type Answer, type Asked, type TestHost, type Thread } from "./server.ts";

const TOKEN = "ghs_s3cretTokenOfTheJob";
const BOT = { name: "github-actions[bot]", email: "41898282+github-actions[bot]@users.noreply.github.com" };
const LOGIN = "github-actions[bot]";
const REPOSITORY = "/repos/team/monitoring";

const NOT_FOUND: Answer = { status: 404, body: { message: "Not Found", status: "404" } };
const ok = (body: unknown): Answer => ({ status: 200, body });
const created = (body: unknown): Answer => ({ status: 201, body });
const invalid = (message: string, ...errors: readonly object[]): Answer => ({
  status: 422,
  body: { message, ...(errors.length > 0 ? { errors } : {}) },
});

/** A server that answers like GitHub's API for the repository team/monitoring, for the token of a workflow. */
export async function gitHubServer(): Promise<TestHost> {
  const repository = bareRepository();
  const threads: Thread[] = [];
  const writes: string[] = [];
  const pull = (one: Thread) => ({
    number: one.number,
    title: one.title,
    body: one.body,
    state: one.state,
    html_url: `https://github.com/team/monitoring/pull/${one.number}`,
    user: { login: LOGIN },
    base: { ref: one.base },
    head: { ref: one.branch, repo: { full_name: "team/monitoring" } },
  });
  const issue = (one: Thread) => ({
    number: one.number,
    title: one.title,
    body: one.body,
    state: one.state,
    html_url: `https://github.com/team/monitoring/issues/${one.number}`,
    user: { login: LOGIN },
    ...(one.isPull ? { pull_request: {} } : {}),
  });
  const open = (isPull: boolean, { title, body, base, head }: Readonly<Record<string, unknown>>) => {
    const thread: Thread = {
      number: threads.length + 1,
      isPull,
      title: textIn(title),
      body: textIn(body),
      base: textIn(base),
      branch: textIn(head),
      state: "open",
      comments: [],
    };
    threads.push(thread);
    return thread;
  };
  const page = (query: URLSearchParams, items: readonly unknown[]) => {
    const [size, number] = [Number(query.get("per_page") ?? 30), Number(query.get("page") ?? 1)];
    return ok(items.slice((number - 1) * size, number * size));
  };
  const commit = (sha: string) => ({ sha, tree: { sha: repository.git(["rev-parse", `${sha}^{tree}`]) } });

  function contents(path: string, { method, body }: Asked): Answer {
    if (path.startsWith("/compare/")) {
      const [from = "", to = ""] = path.slice("/compare/".length).split("...").map(decodeURIComponent);
      const [a, b] = [from, to].map((ref) => repository.head(ref) ?? (repository.has(ref) ? ref : undefined));
      if (a === undefined || b === undefined) return NOT_FOUND;
      const commits = repository.commits(a, b);
      const isBehind = repository.commits(b, a).length > 0;
      const ahead = commits.length > 0 ? (isBehind ? "diverged" : "ahead") : isBehind ? "behind" : "identical";
      return ok({
        status: ahead,
        total_commits: commits.length,
        commits: commits.map(({ sha, message }) => ({ sha, commit: { message: message.replace(/\n+$/, "") } })),
        files: repository.files(a, b).map(({ path: filename, id, isDeleted }) => ({
          filename,
          sha: isDeleted ? null : id,
          status: isDeleted ? "removed" : "modified",
        })),
      });
    }
    if (path.startsWith("/git/commits/")) {
      const sha = path.slice("/git/commits/".length);
      return repository.has(`${sha}^{commit}`) ? ok(commit(sha)) : NOT_FOUND;
    }
    if (path === "/git/trees") {
      const { base_tree: base, tree } = body as {
        base_tree: string;
        tree: { path: string; mode: string; content: string }[];
      };
      if (!repository.has(base)) return invalid("base_tree is not a valid tree oid");
      const files = tree.map(({ path: file, mode, content }) => ({ path: file, mode, text: content }));
      return created({ sha: repository.tree(base, files) });
    }
    if (path === "/git/commits") {
      const { message, tree, parents, author } = body as {
        message: string;
        tree: string;
        parents: string[];
        author?: { name: string; email: string };
      };
      return created(commit(repository.commit(tree, parents, message, author ?? BOT)));
    }
    const name = decodeURIComponent(path.replace(/^\/git\/refs?(\/heads\/)?/, ""));
    const head = name === "" ? undefined : repository.head(name);
    if (path === "/git/refs") {
      const { ref, sha } = body as { ref: string; sha: string };
      if (repository.head(ref.slice("refs/heads/".length))) return invalid("Reference already exists");
      repository.git(["update-ref", ref, sha]);
      return created({ ref, object: { sha } });
    }
    if (method === "GET") return head ? ok({ ref: `refs/heads/${name}`, object: { sha: head } }) : NOT_FOUND;
    if (head === undefined) return invalid("Reference does not exist");
    if (method === "DELETE") {
      repository.git(["update-ref", "-d", `refs/heads/${name}`]);
      for (const one of threads) if (one.isPull && one.branch === name) one.state = "closed";
      return { status: 204 };
    }
    const { sha, force = false } = body as { sha: string; force?: boolean };
    if (!force && repository.mergeBase(head, sha) !== head) return invalid("Update is not a fast forward");
    repository.git(["update-ref", `refs/heads/${name}`, sha]);
    return ok({ ref: `refs/heads/${name}`, object: { sha } });
  }

  function pulls(path: string, { method, query, body }: Asked): Answer {
    if (path === "" && method === "GET") {
      const [, branch = ""] = (query.get("head") ?? "").split(/:(.*)/);
      const found = threads.filter((one) => one.isPull && one.state === query.get("state") && one.branch === branch);
      return page(query, found.map(pull));
    }
    if (path === "") {
      const { head, base } = body as { head: string; base: string };
      if (!repository.head(head))
        return invalid("Validation Failed", { resource: "PullRequest", field: "head", code: "invalid" });
      if (threads.some((one) => one.isPull && one.state === "open" && one.branch === head))
        return invalid("Validation Failed", { message: `A pull request already exists for team:${head}.` });
      if (repository.commits(base, head).length === 0)
        return invalid("Validation Failed", { message: `No commits between ${base} and ${head}` });
      return created(pull(open(true, body)));
    }
    const one = threads.find(({ isPull, number }) => isPull && number === Number(path.slice(1)));
    if (!one) return NOT_FOUND;
    Object.assign(one, body);
    return ok(pull(one));
  }

  function issues(path: string, { method, query, body }: Asked): Answer {
    if (path === "" && method === "GET")
      return page(query, threads.filter(({ state }) => state === query.get("state")).map(issue));
    if (path === "") return created(issue(open(false, body)));
    const [, number, part] = path.split("/");
    const one = threads.find((thread) => thread.number === Number(number));
    if (!one) return NOT_FOUND;
    const comment = (text: string, index: number) => ({ id: index, body: text, user: { login: LOGIN } });
    if (part === "comments" && method === "GET") return page(query, one.comments.map(comment));
    if (part === "comments") {
      one.comments.push(textIn(body["body"]));
      return created(comment(textIn(body["body"]), one.comments.length - 1));
    }
    Object.assign(one, body);
    return ok(issue(one));
  }

  const url = await jsonServer((asked) => {
    const { method, path, headers } = asked;
    if (headers.authorization !== `Bearer ${TOKEN}`) return { status: 401, body: { message: "Bad credentials" } };
    if (path === "/user") return { status: 403, body: { message: "Resource not accessible by integration" } };
    if (!path.startsWith(REPOSITORY)) return NOT_FOUND;
    if (method !== "GET") writes.push(`${method} ${path}`);
    const rest = path.slice(REPOSITORY.length);
    if (rest === "") return ok({ full_name: "team/monitoring", default_branch: "main" });
    if (rest.startsWith("/pulls")) return pulls(rest.slice("/pulls".length), asked);
    if (rest.startsWith("/issues")) return issues(rest.slice("/issues".length), asked);
    return contents(rest, asked);
  });
  const variables = {
    GITHUB_API_URL: url,
    GITHUB_REPOSITORY: "team/monitoring",
    GITHUB_TOKEN: TOKEN,
    GITHUB_REF: "refs/heads/main",
  };
  return { url, repository, threads, variables, writes };
}

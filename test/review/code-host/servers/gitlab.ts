import { bareRepository, jsonServer, textIn, type Answer, type Asked, type TestHost, type Thread } from "./server.ts";

const TOKEN = "glpat-s3cretTokenOfTheProject";
const BOT = { name: "grafana-bot", email: "project_42_bot@noreply.gitlab.example.org" };
const ME = 5;
const PROJECT = "/projects/42";

const NOT_FOUND = (what: string): Answer => ({ status: 404, body: { message: `404 ${what} Not Found` } });
const ok = (body: unknown): Answer => ({ status: 200, body });
const created = (body: unknown): Answer => ({ status: 201, body });
const bad = (message: unknown, status = 400): Answer => ({ status, body: { message } });

/** A server that answers like GitLab's API for project 42, for a project access token. */
export async function gitLabServer(): Promise<TestHost> {
  const repository = bareRepository();
  const threads: Thread[] = [];
  const writes: string[] = [];
  const numbers = { pull: 0, issue: 0 };
  const shown = (one: Thread) => ({
    iid: one.number,
    title: one.title,
    description: one.body,
    state: one.state === "open" ? "opened" : "closed",
    web_url: `https://gitlab.example.org/team/monitoring/-/${one.isPull ? "merge_requests" : "issues"}/${one.number}`,
    author: { id: ME },
    ...(one.isPull
      ? { source_branch: one.branch, target_branch: one.base, source_project_id: 42, target_project_id: 42 }
      : {}),
  });
  const page = (query: URLSearchParams, items: readonly unknown[]) => {
    const [size, number] = [Number(query.get("per_page") ?? 20), Number(query.get("page") ?? 1)];
    return ok(items.slice((number - 1) * size, number * size));
  };
  const refOf = (ref: string) => repository.head(ref) ?? (repository.has(`${ref}^{commit}`) ? ref : undefined);

  function files(path: string, { method, query, body }: Asked): Answer {
    const [, part, rest = ""] = /^\/([^/]+)(?:\/(.*))?$/.exec(path) ?? [];
    const name = decodeURIComponent(rest);
    if (part === "branches") {
      const head = repository.head(name);
      if (!head) return NOT_FOUND("Branch");
      if (method === "GET") return ok({ name, commit: { id: head } });
      repository.git(["update-ref", "-d", `refs/heads/${name}`]);
      return { status: 204 };
    }
    if (part === "commits" && method === "GET")
      return repository.has(`${name}^{commit}`) ? ok({ id: name }) : NOT_FOUND("Commit");
    if (part === "merge_base") {
      const [a, b] = query.getAll("refs[]").map(refOf);
      const base = a && b ? repository.mergeBase(a, b) : undefined;
      return base ? ok({ id: base }) : NOT_FOUND("Merge base");
    }
    if (part === "compare") {
      const [a, b] = [query.get("from"), query.get("to")].map((ref) => refOf(ref ?? ""));
      if (!a || !b) return NOT_FOUND("Ref");
      return ok({
        commits: repository.commits(a, b).map(({ sha, message }) => ({ id: sha, message })),
        diffs: repository.files(a, b).map((one) => ({ new_path: one.path, deleted_file: one.isDeleted })),
      });
    }
    if (part === "files") {
      const ref = query.get("ref") ?? "";
      return repository.has(`${ref}:${name}`)
        ? ok({ file_path: name, blob_id: repository.git(["rev-parse", `${ref}:${name}`]) })
        : NOT_FOUND("File");
    }
    return commit(body);
  }

  function commit(body: Asked["body"]): Answer {
    const sent = body as {
      branch: string;
      start_sha?: string;
      force?: boolean;
      commit_message: string;
      author_name?: string;
      author_email?: string;
      actions: { action: string; file_path: string; content: string }[];
    };
    const head = repository.head(sent.branch);
    if (head && sent.start_sha && sent.force !== true)
      return bad(`A branch called '${sent.branch}' already exists. Switch to that branch in order to make changes`);
    const parent = sent.start_sha ?? head;
    if (!parent || !repository.has(`${parent}^{commit}`))
      return bad("You can only create or edit files when you are on a branch");
    const missing = sent.actions.find(({ file_path: path }) => !repository.has(`${parent}:${path}`));
    if (missing) return bad("A file with this name doesn't exist");
    const tree = repository.tree(
      parent,
      sent.actions.map(({ file_path: path, content: text }) => ({ path, text })),
    );
    const author = { name: sent.author_name ?? BOT.name, email: sent.author_email ?? BOT.email };
    const id = repository.commit(tree, [parent], sent.commit_message, author);
    repository.git(["update-ref", `refs/heads/${sent.branch}`, id]);
    return created({ id });
  }

  function talk(isPull: boolean, path: string, { method, query, body }: Asked): Answer {
    const all = threads.filter((one) => one.isPull === isPull);
    if (path === "" && method === "GET") {
      const branch = query.get("source_branch");
      const found = all.filter((one) => one.state === "open" && (branch === null || one.branch === branch));
      return page(query, found.map(shown));
    }
    if (path === "") {
      const branch = textIn(body["source_branch"]);
      const other = all.find((one) => isPull && one.state === "open" && one.branch === branch);
      if (other)
        return bad([`Another open merge request already exists for this source branch: !${other.number}`], 409);
      const one: Thread = {
        number: isPull ? ++numbers.pull : ++numbers.issue,
        isPull,
        branch,
        title: textIn(body["title"]),
        body: textIn(body["description"]),
        base: textIn(body["target_branch"]),
        state: "open",
        comments: [],
      };
      threads.push(one);
      return created(shown(one));
    }
    const [, number, part] = path.split("/");
    const one = all.find((thread) => thread.number === Number(number));
    if (!one) return NOT_FOUND(isPull ? "Merge Request" : "Issue");
    const note = (text: string, id: number) => ({ id, body: text, author: { id: ME }, system: false });
    if (part === "notes" && method === "GET") return page(query, one.comments.map(note));
    if (part === "notes") {
      one.comments.push(textIn(body["body"]));
      return created(note(textIn(body["body"]), one.comments.length));
    }
    if (body["state_event"] === "close") one.state = "closed";
    one.title = textIn(body["title"], one.title);
    one.body = textIn(body["description"], one.body);
    one.base = textIn(body["target_branch"], one.base);
    return ok(shown(one));
  }

  const url = await jsonServer((asked) => {
    const { method, path, headers } = asked;
    if (headers["private-token"] !== TOKEN) return bad("401 Unauthorized", 401);
    if (path === "/api/v4/user") return ok({ id: ME });
    const rest = path.replace(/^\/api\/v4/, "");
    if (!rest.startsWith(PROJECT)) return NOT_FOUND("Project");
    if (method !== "GET") writes.push(`${method} ${rest}`);
    const own = rest.slice(PROJECT.length);
    if (own === "") return ok({ id: 42, default_branch: "main" });
    if (own.startsWith("/merge_requests")) return talk(true, own.slice("/merge_requests".length), asked);
    if (own.startsWith("/issues")) return talk(false, own.slice("/issues".length), asked);
    return files(own.slice("/repository".length), asked);
  });
  const variables = {
    CI_API_V4_URL: `${url}/api/v4`,
    CI_PROJECT_ID: "42",
    CI_COMMIT_BRANCH: "main",
    GITLAB_TOKEN: TOKEN,
  };
  return { url, repository, threads, variables, writes };
}

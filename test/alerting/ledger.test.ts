import { describe, expect, test } from "vitest";
import { EMPTY_LEDGER, ownLedgerFolder } from "../../src/ownership/ledger.ts";
import type { KindContext } from "../../src/engine/kind-context.ts";
import { EXIT } from "../../src/util/errors.ts";
import { Unavailable } from "../../src/grafana/errors.ts";
import type { Request } from "../../src/grafana/client.ts";
import { contactPoint, messageTemplate } from "../../src/index.ts";
import {
  actions,
  carryOut,
  changeOf,
  declare,
  find,
  objectPath,
  place,
  repository,
  statuses,
} from "../engine/support.ts";
import type { TestProject } from "../helpers/cli.ts";
import { converge, only, planFor } from "../helpers/converge.ts";
import type { TestGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";
import {
  addressOf,
  ALERTING_KINDS,
  alertingGrafana,
  groupPath,
  hook,
  meddle,
  points,
  POLICIES,
  team,
  TEMPLATES,
  theirTree,
} from "./support.ts";

const ANNOTATION = "grafana-provision/ledger";

/** The ledger in a folder: for each address the two hashes, whether it is pending, and its secrets. */
interface Stored {
  readonly form: number;
  readonly serial: number;
  readonly entries: Record<string, [string, string, string, string]>;
}

async function ledgerIn(grafana: TestGrafana, uid: string): Promise<Stored | undefined> {
  const text = (await find(grafana, "folder", uid))?.metadata.annotations[ANNOTATION];
  return text === undefined ? undefined : (JSON.parse(text) as Stored);
}

async function entriesIn(grafana: TestGrafana, uid: string): Promise<string[]> {
  return Object.keys((await ledgerIn(grafana, uid))?.entries ?? {}).toSorted();
}

async function annotate(grafana: TestGrafana, uid: string, annotations: Record<string, string>): Promise<void> {
  const headers = { "Content-Type": "application/merge-patch+json" };
  await grafana.other.send({
    method: "PATCH",
    path: objectPath("folder", uid),
    body: { metadata: { annotations } },
    headers,
  });
}

/** The same context with a callback before each write. */
function watched(context: KindContext, before: (request: Request) => Promise<void>): KindContext {
  const { client } = context.grafana;
  const send = async (request: Request) => {
    if (request.method !== "GET") await before(request);
    return client.send(request);
  };
  return { ...context, grafana: { ...context.grafana, client: { ...client, send } } };
}

function words(name: string, text = "ours") {
  return messageTemplate({ name, template: `{{ define "${name}" }}${text}{{ end }}` });
}

const every = (grafana: TestGrafana) => ALERTING_KINDS.map((kind) => addressOf(grafana, kind)).toSorted();

test.runIf(MARKS)(
  "contains all pending writes before the first write, and their results afterwards [needs marks]",
  async () => {
    const grafana = await alertingGrafana();
    const home = grafana.name("home");
    const seen: (Stored | undefined)[] = [];
    const context = watched(await grafana.context(grafana.name("own")), async ({ path }) => {
      if (path.startsWith("/api/v1/provisioning/")) seen.push(await ledgerIn(grafana, home));
    });

    await converge(context, team(grafana).all);

    expect(seen).toHaveLength(5);
    for (const stored of seen) {
      expect(Object.keys(stored?.entries ?? {}).toSorted()).toEqual(every(grafana));
      for (const [, , pending] of Object.values(stored?.entries ?? {})) expect(pending).toBe("pending");
    }
    const settled = await ledgerIn(grafana, home);
    expect(Object.keys(settled?.entries ?? {}).toSorted()).toEqual(every(grafana));
    for (const [codeHash, contentHash, pending] of Object.values(settled?.entries ?? {})) {
      expect([codeHash, contentHash]).toEqual([
        expect.stringMatching(/^[0-9a-f]{32}$/),
        expect.stringMatching(/^[0-9a-f]{32}$/),
      ]);
      expect(pending).toBe("");
    }
  },
);

test.runIf(MARKS)("is not written by a run without changes [needs marks]", async () => {
  const grafana = await alertingGrafana();
  const context = await grafana.context(grafana.name("own"));
  await converge(context, team(grafana).all);
  const before = await find(grafana, "folder", grafana.name("home"));
  grafana.requests.length = 0;
  await converge(context, team(grafana).all);
  expect(grafana.requests.filter(({ method }) => method !== "GET")).toEqual([]);
  expect(await find(grafana, "folder", grafana.name("home"))).toEqual(before);
});

test.runIf(MARKS)(
  "loses entries without an object at the next run; an object that is created again is not owned [needs marks]",
  async () => {
    const grafana = await alertingGrafana();
    const context = await grafana.context(grafana.name("own"));
    const { home, words: text, all } = team(grafana);
    await converge(context, all);
    await grafana.other.send({ method: "DELETE", path: groupPath(home.uid ?? "", "pages") });
    const rest = all.filter((one) => one.kind !== "rule-group");

    await converge(context, [...rest, words(grafana.name("another"))], { prune: true });

    const group = addressOf(grafana, "rule-group");
    expect(await entriesIn(grafana, home.uid ?? "")).toEqual(
      [...every(grafana).filter((name) => name !== group), `message-template/${grafana.name("another")}`].toSorted(),
    );
    await meddle(grafana, "rule-group");
    expect(actions(await planFor(context, all))).toMatchObject({ [group]: "left: foreign" });
    expect(text.name).toBe(grafana.name("words"));
  },
);

describe("the folder of the ledger", () => {
  test.runIf(MARKS)("is by default the first root folder in the code [needs marks]", async () => {
    const grafana = await alertingGrafana();
    const context = await grafana.context(grafana.name("own"));
    const [b, a] = [place(grafana.name("b")), place(grafana.name("a"))];
    const inner = place(grafana.name("0-inner"), b);
    await converge(context, [b, a, inner, words(grafana.name("words"))]);
    expect(await entriesIn(grafana, a.uid ?? "")).toEqual([`message-template/${grafana.name("words")}`]);
    expect(await ledgerIn(grafana, b.uid ?? "")).toBeUndefined();
  });

  async function configured(project: TestProject, owner: string, folder: string): Promise<void> {
    await project.write({
      "grafana.config.ts": `export default { project: "${owner}", resources: ["./resources"], ledgerFolder: "${folder}" };\n`,
    });
  }

  test.runIf(MARKS)(
    "can be set in the configuration, also to a nested folder, and with one request at a time [needs marks]",
    async () => {
      const grafana = await alertingGrafana();
      const owner = grafana.name("own");
      const outer = place(grafana.name("a"));
      const inner = place(grafana.name("inner"), outer);
      const project = await repository(owner, [outer, inner, words(grafana.name("words"))]);
      await configured(project, owner, inner.uid ?? "");

      const run = await project.run(["apply", "--concurrency", "1"], grafana.variables);

      expect(run.code, run.stdout + run.stderr).toBe(0);
      expect(await entriesIn(grafana, inner.uid ?? "")).toHaveLength(1);
      expect(await ledgerIn(grafana, outer.uid ?? "")).toBeUndefined();
    },
  );

  test.runIf(MARKS)("changes with the configuration, even if both folders get new titles [needs marks]", async () => {
    const grafana = await alertingGrafana();
    const owner = grafana.name("own");
    const [one, two] = [place(grafana.name("one")), place(grafana.name("two"))];
    const project = await repository(owner, [one, two, words(grafana.name("words"))]);
    await configured(project, owner, one.uid ?? "");
    expect((await project.run(["apply"], grafana.variables)).code).toBe(0);
    expect(await entriesIn(grafana, one.uid ?? "")).toHaveLength(1);

    await configured(project, owner, two.uid ?? "");
    await declare(project, [
      { ...one, title: "One" },
      { ...two, title: "Two" },
      words(grafana.name("words")),
      words(grafana.name("more")),
    ]);
    const run = await project.run(["apply"], grafana.variables);

    expect(run.code, run.stdout + run.stderr).toBe(0);
    expect(await ledgerIn(grafana, one.uid ?? "")).toBeUndefined();
    expect(await entriesIn(grafana, two.uid ?? "")).toHaveLength(2);
    expect((await find(grafana, "folder", one.uid ?? ""))?.spec["title"]).toBe("One");
    expect((await project.run(["plan", "--detailed-exitcode"], grafana.variables)).code).toBe(0);
  });

  test.runIf(MARKS)(
    "is created for a project without folders, does not count as an orphan, and is deleted by destroy [needs marks]",
    async () => {
      const grafana = await alertingGrafana();
      const owner = grafana.name("own");
      const own = ownLedgerFolder(owner, EMPTY_LEDGER);
      const project = await repository(owner, [words(grafana.name("words")), words(grafana.name("more"))]);
      expect((await project.run(["apply"], grafana.variables)).code).toBe(0);
      expect(await entriesIn(grafana, own)).toHaveLength(2);
      expect((await find(grafana, "folder", own))?.spec["title"]).toBe(`grafana-provision (${owner})`);

      await declare(project, [words(grafana.name("words"))]);
      const pruned = await project.run(["apply", "--prune", "--yes"], grafana.variables);
      expect(pruned.code, pruned.stdout + pruned.stderr).toBe(0);
      expect(pruned.stdout).not.toContain(`folder/${own}`);
      expect(await entriesIn(grafana, own)).toHaveLength(1);
      expect((await project.run(["plan", "--prune", "--detailed-exitcode"], grafana.variables)).code).toBe(0);

      const destroyed = await project.run(["destroy", "--yes"], grafana.variables);
      expect(destroyed.code, destroyed.stdout + destroyed.stderr).toBe(0);
      expect(await find(grafana, "folder", own)).toBeUndefined();
      const rest = (await grafana.other.send({ method: "GET", path: TEMPLATES })) as { name: string }[] | null;
      expect((rest ?? []).filter(({ name }) => name.includes(grafana.name("")))).toEqual([]);
    },
  );

  test.runIf(MARKS)("is kept by a destroy that skips objects with entries [needs marks]", async () => {
    const grafana = await alertingGrafana();
    const owner = grafana.name("own");
    const [own, ops] = [ownLedgerFolder(owner, EMPTY_LEDGER), grafana.name("ops")];
    const code = [words(grafana.name("words")), contactPoint({ name: ops, integrations: [hook()] })];
    const project = await repository(owner, code);
    expect((await project.run(["apply"], grafana.variables)).code).toBe(0);
    await theirTree(grafana, { receiver: ops });

    const left = await project.run(["destroy", "--yes"], grafana.variables);
    expect(left.code, left.stdout + left.stderr).toBe(EXIT.partlyApplied);
    expect(left.stdout).toContain("it is used by notification-policy/default");
    expect(left.stdout).toContain(`it holds the ledger entry of contact-point/${ops}`);
    expect(await entriesIn(grafana, own)).toEqual([`contact-point/${ops}`]);

    await grafana.other.send({ method: "DELETE", path: POLICIES });
    expect((await project.run(["destroy", "--yes"], grafana.variables)).code).toBe(0);
    expect((await points(grafana)).filter(({ name }) => name === ops)).toEqual([]);
    expect(await find(grafana, "folder", own)).toBeUndefined();
  });

  test.runIf(MARKS)("changes if it is deleted and other entries remain [needs marks]", async () => {
    const grafana = await alertingGrafana();
    const context = await grafana.context(grafana.name("own"));
    const [a, b] = [place(grafana.name("a")), place(grafana.name("b"))];
    await converge(context, [a, b, words(grafana.name("words")), words(grafana.name("more"))]);
    expect(await entriesIn(grafana, a.uid ?? "")).toHaveLength(2);

    await converge(context, [b, words(grafana.name("words"))], { prune: true });
    expect(await find(grafana, "folder", a.uid ?? "")).toBeUndefined();
    expect(await entriesIn(grafana, b.uid ?? "")).toEqual([`message-template/${grafana.name("words")}`]);

    // If no folder is left, the ledger moves to a folder of its own.
    await converge(context, [words(grafana.name("words"))], { prune: true });
    expect(await find(grafana, "folder", b.uid ?? "")).toBeUndefined();
    expect(await entriesIn(grafana, ownLedgerFolder(context.owner, EMPTY_LEDGER))).toHaveLength(1);
    await converge(context, [], { prune: true });
  });

  test.runIf(MARKS)("is kept if the deletion of an object with an entry fails [needs marks]", async () => {
    const grafana = await alertingGrafana();
    const home = place(grafana.name("home"));
    const text = words(grafana.name("words"));
    const plain = await grafana.context(grafana.name("own"));
    await converge(plain, [home, text]);
    const context = watched(plain, async ({ method, path }) => {
      if (method === "DELETE" && path.startsWith(TEMPLATES))
        throw new Unavailable("Not now", { exitCode: EXIT.failure, status: 500 });
    });

    const prepared = await planFor(context, [], { prune: true });
    const outcomes = await carryOut(context, prepared);

    expect(statuses(outcomes)).toEqual({
      [`message-template/${text.name}`]: "failed",
      [`folder/${home.uid}`]: "skipped",
    });
    expect(outcomes.find(({ status }) => status === "skipped")?.because).toBe(
      `it holds the ledger entry of message-template/${text.name}`,
    );
    expect(await entriesIn(grafana, home.uid ?? "")).toHaveLength(1);
    await converge(plain, [], { prune: true });
    expect(await find(grafana, "folder", home.uid ?? "")).toBeUndefined();
  });
});

describe("two concurrent runs", () => {
  test.runIf(MARKS)("of two projects keep the entries of both [needs marks]", async () => {
    const grafana = await alertingGrafana();
    const contexts = [await grafana.context(grafana.name("one")), await grafana.context(grafana.name("two"))];
    const codes = ["x", "y"].map((stem) => [1, 2, 3].map((number) => words(grafana.name(`${stem}${number}`))));
    const prepared = await Promise.all(contexts.map((context, index) => planFor(context, codes[index] ?? [])));
    await Promise.all(prepared.map((plan) => carryOut(plan.context, plan)));

    for (const [index, context] of contexts.entries()) {
      const entries = await entriesIn(grafana, ownLedgerFolder(context.owner, EMPTY_LEDGER));
      expect(entries).toEqual(codes[index]?.map(({ name }) => `message-template/${name}`));
      await converge(context, codes[index] ?? []);
      await converge(context, [], { prune: true });
    }
  });

  test.runIf(MARKS).each(["in a folder of the code", "in a folder that both have to make"])(
    "of one project keep the entries of both, %s [needs marks]",
    async (where) => {
      const grafana = await alertingGrafana();
      const context = await grafana.context(grafana.name("own"));
      const home = place(grafana.name("home"));
      const base = where === "in a folder of the code" ? [home] : [];
      const uid = base.length > 0 ? (home.uid ?? "") : ownLedgerFolder(context.owner, EMPTY_LEDGER);
      await converge(context, base);
      const [one, two] = [words(grafana.name("one")), words(grafana.name("two"))];

      const prepared = [await planFor(context, [...base, one]), await planFor(context, [...base, two])];
      const outcomes = await Promise.all(prepared.map((plan) => carryOut(plan.context, plan)));

      for (const done of outcomes) expect(Object.values(statuses(done))).toEqual(["done"]);
      expect(await entriesIn(grafana, uid)).toEqual([one, two].map(({ name }) => `message-template/${name}`));
      expect(Object.values((await ledgerIn(grafana, uid))?.entries ?? {}).map(([, , pending]) => pending)).toEqual([
        "",
        "",
      ]);
      await converge(context, [...base, one, two], { prune: true });
      await converge(context, [], { prune: true });
    },
  );
});

test.runIf(MARKS)(
  "entries of an older form prove ownership, and objects that differ are skipped as possibly changed [needs marks]",
  async () => {
    const grafana = await alertingGrafana();
    const context = await grafana.context(grafana.name("own"));
    const { home, all } = team(grafana);
    await converge(context, all);
    const stored = await ledgerIn(grafana, home.uid ?? "");
    await annotate(grafana, home.uid ?? "", { [ANNOTATION]: JSON.stringify({ ...stored, form: 0 }) });
    expect(actions(await planFor(context, all, { prune: true }))).toEqual({});

    const [kind] = ALERTING_KINDS;
    await meddle(grafana, kind);
    const prepared = await planFor(context, all);
    expect(changeOf(prepared, addressOf(grafana, kind))).toMatchObject({
      action: "update",
      origin: "unknown",
      left: { reason: "drift", uncertain: true },
    });
    await converge(context, all, { overwriteDrift: only(addressOf(grafana, kind)) });

    // The entry of an object that equaled the code is comparable now.
    await meddle(grafana, "mute-timing");
    const rest = await planFor(context, all);
    expect(changeOf(rest, addressOf(grafana, "mute-timing"))).toMatchObject({ action: "update", origin: "grafana" });
  },
);

test.runIf(MARKS)("the folder can change in the same apply, and keeps other annotations [needs marks]", async () => {
  const grafana = await alertingGrafana();
  const context = await grafana.context(grafana.name("own"));
  const { home, all } = team(grafana);
  await converge(context, all);
  await annotate(grafana, home.uid ?? "", { "example.org/team": "ours", "example.org/ledger": "not yours" });

  const others = all.filter((one) => one !== home && one.kind !== "rule-group");
  const renamed = { ...home, title: "Another title" };
  const { outcomes } = await converge(context, [renamed, ...others, words(grafana.name("more"))]);

  expect(statuses(outcomes)).toEqual({
    [`folder/${home.uid}`]: "done",
    [`message-template/${grafana.name("more")}`]: "done",
  });
  const folder = await find(grafana, "folder", home.uid ?? "");
  expect(folder?.spec["title"]).toBe("Another title");
  expect(folder?.metadata.annotations).toMatchObject({
    "example.org/team": "ours",
    "example.org/ledger": "not yours",
  });
  expect(await entriesIn(grafana, home.uid ?? "")).toEqual(
    [...every(grafana), `message-template/${grafana.name("more")}`].toSorted(),
  );
});

describe("a write without a successful response", () => {
  test.runIf(MARKS)(
    "that Grafana rejected leaves no pending entry: a later change is drift [needs marks]",
    async () => {
      const grafana = await alertingGrafana();
      const plain = await grafana.context(grafana.name("own"));
      const { home, all } = team(grafana);
      await converge(plain, all);
      const before = await ledgerIn(grafana, home.uid ?? "");
      const refusing = watched(plain, async ({ method, path }) => {
        if (method === "PUT" && path.startsWith(TEMPLATES))
          throw new Unavailable("Too many requests", { exitCode: EXIT.failure, status: 429 });
      });
      const code = team(grafana, ["message-template"]).all;

      const name = addressOf(grafana, "message-template");
      const prepared = await planFor(refusing, code);
      expect(statuses(await carryOut(refusing, prepared))[name]).toBe("failed");
      expect((await ledgerIn(grafana, home.uid ?? ""))?.entries[name]).toEqual(before?.entries[name]);

      await meddle(grafana, "message-template");
      expect(actions(await planFor(plain, code))).toEqual({ [name]: "left: drift" });
    },
  );

  test.runIf(MARKS)("that Grafana executed is detected as done [needs marks]", async () => {
    const grafana = await alertingGrafana();
    const plain = await grafana.context(grafana.name("own"));
    const lost = new Set<string>();
    const { client } = plain.grafana;
    const send = async (request: Request) => {
      const answer = await client.send(request);
      const name = `${request.method} ${request.path}`;
      if (request.method === "GET" || !request.path.startsWith("/api/v1/provisioning/") || lost.has(name))
        return answer;
      lost.add(name);
      throw new Unavailable("The connection was reset", { exitCode: EXIT.failure, outcomeUnknown: true });
    };
    const context = { ...plain, grafana: { ...plain.grafana, client: { ...client, send } } };

    await converge(context, team(grafana).all);
    expect(lost.size).toBe(5);
    lost.clear();
    await converge(context, team(grafana, ALERTING_KINDS).all);
    expect(lost.size).toBe(5);
    const { entries = {} } = (await ledgerIn(grafana, grafana.name("home"))) ?? {};
    for (const [, , pending] of Object.values(entries)) expect(pending).toBe("");
  });
});

describe.runIf(MARKS)("a change made in Grafana that was copied into the code [needs marks]", () => {
  const template = (name: string, text: string) =>
    messageTemplate({ name, template: `{{ define "${name}" }}${text}{{ end }}` });

  async function takenOver() {
    const grafana = await alertingGrafana();
    const [context, name] = [await grafana.context(grafana.name("own")), grafana.name("t")];
    const save = (text: string) =>
      grafana.other.send({
        method: "PUT",
        path: `${TEMPLATES}/${name}`,
        body: { template: template(name, text).template },
      });
    await converge(context, [template(name, "one")]);
    await save("two");
    await converge(context, [template(name, "two")]);
    return { grafana, context, name, save };
  }

  test("becomes the applied content: undoing it in Grafana is a change made there", async () => {
    const { context, name, save } = await takenOver();
    await save("one");

    const prepared = await planFor(context, [template(name, "two")]);

    expect(changeOf(prepared, `message-template/${name}`)).toMatchObject({
      origin: "grafana",
      left: { reason: "drift" },
    });
  });

  test("is not a change made in Grafana when the code changes again", async () => {
    const { context, name } = await takenOver();

    const prepared = await planFor(context, [template(name, "three")]);

    expect(changeOf(prepared, `message-template/${name}`)).toMatchObject({ action: "update", origin: "code" });
    expect(changeOf(prepared, `message-template/${name}`).left).toBeUndefined();
    await converge(context, [template(name, "three")]);
  });
});

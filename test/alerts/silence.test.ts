import { readFile } from "node:fs/promises";
import { expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { SilenceSchema } from "../../src/report/silence-json.ts";
import { testProject } from "../helpers/cli.ts";
import { faultyProxy } from "../helpers/faulty-proxy.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { HAS_TERMINAL, onTerminal } from "../helpers/terminal.ts";

async function scene() {
  const grafana = await testGrafana();
  const project = await testProject({});
  const run = async (...args: string[]) => {
    const { stdout, stderr, code } = await project.run(["silence", ...args], grafana.variables);
    return { code, text: stdout + stderr, stdout };
  };
  const json = async (...args: string[]) => {
    const { code, stdout } = await run(...args, "-o", "json");
    return { code, ...SilenceSchema.omit({ exitCode: true }).loose().parse(JSON.parse(stdout)) };
  };
  const label = grafana.name("team");
  const own = async () => (await json("--list")).silences?.filter(({ matchers }) => matchers[0]?.value === label) ?? [];
  return { grafana, project, run, json, label, own };
}

const FOR = ["--for", "2h", "--comment", "a test"];

test("a silence is created, listed and ended", async () => {
  const { json, run, label, own } = await scene();
  const made = await json(`team=${label}`, "route!~a|b", ...FOR, "--yes");
  expect(made.code).toBe(0);
  expect(made.matched).toEqual([]);
  const { id = "", startsAt = "", endsAt = "", createdBy } = made.silence ?? {};
  expect(createdBy).toBe("admin");
  expect(Date.parse(endsAt) - Date.parse(startsAt)).toBe(7_200_000);
  const [listed, ...others] = await own();
  expect(others).toEqual([]);
  expect(listed).toMatchObject({
    id,
    state: "active",
    comment: "a test",
    createdBy: "admin",
    matchers: [
      { name: "team", value: label, isRegex: false, isEqual: true },
      { name: "route", value: "a|b", isRegex: true, isEqual: false },
    ],
  });
  expect(Date.parse(listed?.endsAt ?? "")).toBe(Date.parse(endsAt));
  expect((await run("--list")).stdout).toContain(id);

  const ended = await json("--expire", id, "--yes");
  expect([ended.code, ended.expired?.id, ended.expired?.state]).toEqual([0, id, "expired"]);
  expect(await own()).toEqual([]);
  expect((await run("--expire", id)).code).toBe(0);
});

test("a silence that Grafana ended is ended, even if the response was lost", async () => {
  const { grafana, project, json, label, own } = await scene();
  const { silence } = await json(`team=${label}`, ...FOR, "--yes");
  let requests = 0;
  const proxy = await faultyProxy(grafana.url, async ({ method, forward }) => {
    if (method !== "DELETE") return "pass";
    if (++requests > 1) return { status: 400, body: JSON.stringify({ message: "silence already expired" }) };
    await forward();
    return "reset";
  });
  onTestFinished(() => proxy.close());

  const args = ["silence", "--expire", silence?.id ?? "", "--yes"];
  const ended = await project.run(args, { ...grafana.variables, GRAFANA_URL: proxy.url });

  expect(ended.code, ended.stderr).toBe(0);
  expect(requests).toBe(2);
  expect(await own()).toEqual([]);
});

test("the author can be set", async () => {
  const { json, label, own } = await scene();
  await json(`team=${label}`, "--for", "1d12h", "--comment", "x", "--author", "Maria", "--yes");
  const [silence] = await own();
  expect(silence?.createdBy).toBe("Maria");
  await json("--expire", silence?.id ?? "", "--yes");
});

test.each([
  { args: [...FOR], code: "silence-too-broad" },
  { args: ["team=", ...FOR], code: "silence-too-broad" },
  { args: ["team=~.*", "severity!=critical", ...FOR], code: "silence-too-broad" },
  { args: ["critical", ...FOR], code: "matcher-invalid" },
  { args: ["team=~(", ...FOR], code: "matcher-invalid" },
  { args: ["team=a", "--for", "2h"], code: "option-invalid" },
  { args: ["team=a", "--for", "2h", "--comment", " "], code: "option-invalid" },
  { args: ["team=a", "--comment", "x"], code: "option-invalid" },
  { args: ["team=a", "--list"], code: "option-conflict" },
  { args: ["--list", "--for", "2h"], code: "option-conflict" },
  { args: ["--expire", "x", "--list"], code: "option-conflict" },
  { args: ["team=a", "--expire", "x"], code: "option-conflict" },
])("$args is $code before any request", async ({ args, code }) => {
  const { grafana, project } = await scene();
  const variables = { ...grafana.variables, GRAFANA_URL: "http://127.0.0.1:1" };
  const { stdout, code: exitCode } = await project.run(["silence", ...args, "--yes", "-o", "json"], variables);
  expect([exitCode, SilenceSchema.parse(JSON.parse(stdout)).error?.code]).toEqual([64, code]);
});

test("nothing is written without consent", async () => {
  const { json, label, own } = await scene();
  const asked = await json(`team=${label}`, ...FOR);
  expect([asked.code, asked.error?.code]).toEqual([64, "confirmation-required"]);
  expect(await own()).toEqual([]);
});

test("an unknown silence is reported", async () => {
  const { json } = await scene();
  const { code, error } = await json("--expire", "00000000-0000-0000-0000-000000000000", "--yes");
  expect([code, error?.code]).toEqual([1, "grafana-object-missing"]);
});

test("a Viewer lists silences, but can't create or end one", async () => {
  const { grafana, project, json, label, own } = await scene();
  const made = await json(`team=${label}`, ...FOR, "--yes");
  const login = grafana.name("viewer");
  const { id } = (await grafana.other.send({
    method: "POST",
    path: "/api/admin/users",
    body: { login, email: `${login}@example.org`, name: login, password: "password-of-a-test" },
  })) as { id: number };
  await grafana.other.send({ method: "PATCH", path: `/api/org/users/${id}`, body: { role: "Viewer" } });
  const variables = { ...grafana.variables, GRAFANA_USER: login, GRAFANA_PASSWORD: "password-of-a-test" };
  const viewer = (...args: string[]) => project.run(["silence", ...args, "-o", "json"], variables);
  const listed = await viewer("--list");
  expect([listed.code, listed.stdout.includes(label)]).toEqual([0, true]);
  const created = await viewer(`team=${label}`, ...FOR, "--yes");
  expect([created.code, SilenceSchema.parse(JSON.parse(created.stdout)).error?.code]).toEqual([
    3,
    "grafana-permission-missing",
  ]);
  expect((await viewer("--expire", made.silence?.id ?? "", "--yes")).code).toBe(3);
  expect(await own()).toHaveLength(1);
  await json("--expire", made.silence?.id ?? "", "--yes");
  await grafana.other.send({ method: "DELETE", path: `/api/admin/users/${id}` });
});

test.skipIf(!HAS_TERMINAL)("on a terminal, the command shows what matches and asks", async () => {
  const { grafana, project, label, own, json } = await scene();
  const args = ["silence", `team=${label}`, ...FOR];
  const no = await onTerminal(project, args, grafana.variables, [["[y/N]", "n\r"]]);
  expect([no.code, await own()]).toEqual([5, []]);
  expect(no.stdout).toContain("matches no current alert");
  const yes = await onTerminal(project, args, grafana.variables, [["[y/N]", "y\r"]]);
  expect(yes.code).toBe(0);
  const [silence] = await own();
  expect(yes.stdout).toContain(`silence --expire ${silence?.id}`);
  await json("--expire", silence?.id ?? "", "--yes");
});

test("the published schema of the JSON output is up to date", async () => {
  const file = new URL("../../schema/silence.v1.json", import.meta.url);
  const published: unknown = JSON.parse(await readFile(file, "utf8"));
  expect(published).toEqual(JSON.parse(JSON.stringify(z.toJSONSchema(SilenceSchema))));
});

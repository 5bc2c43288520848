import { describe, expect, onTestFinished, test } from "vitest";
import { createClient } from "../../src/grafana/client.ts";
import { ReportSchema } from "../../src/report/json.ts";
import { board, declare, edit, repository, setExpr } from "../engine/support.ts";
import { converge, planFor } from "../helpers/converge.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { KUBERNETES, MARKS } from "../helpers/mode.ts";

interface OtherUser {
  readonly name: string;
  readonly grafana: TestGrafana;
}

/** The same Grafana with the credentials of another, named user. */
async function otherUser(grafana: TestGrafana, name: string): Promise<OtherUser> {
  const send = (method: "POST" | "DELETE", path: string, body?: object) => grafana.other.send({ method, path, body });
  const { id } = (await send("POST", "/api/serviceaccounts", { name, role: "Admin" })) as { id: number };
  onTestFinished(async () => {
    await send("DELETE", `/api/serviceaccounts/${id}`);
  });
  const { key } = (await send("POST", `/api/serviceaccounts/${id}/tokens`, { name })) as { key: string };
  const other = await createClient({ url: grafana.url, credentials: { type: "token", token: key } });
  onTestFinished(() => other.close());
  return { name, grafana: { ...grafana, other } };
}

const editInUI = (grafana: TestGrafana, uid: string, expr = "edited") =>
  edit(grafana, "dashboard", uid, (object) => setExpr(object, expr));

test("a plan shows the display names of users who changed objects in Grafana", async () => {
  const grafana = await testGrafana();
  const [uid, owner] = [grafana.name("board"), grafana.name("own")];
  const { name, grafana: theirs } = await otherUser(grafana, grafana.name("ada"));
  const project = await repository(owner, [board(uid)]);
  await project.run(["apply"], grafana.variables);
  await editInUI(theirs, uid);

  const text = await project.run(["plan"], grafana.variables);
  const json = await project.run(["plan", "-o", "json"], grafana.variables);

  const [change] = ReportSchema.parse(JSON.parse(json.stdout)).changes ?? [];
  expect(change?.updatedBy).toMatch(KUBERNETES ? /^(user|service-account):\w+$/ : /^sa-1-/);
  expect(change?.updatedByName).toBe(KUBERNETES ? name : undefined);
  // Without marks, a change made in Grafana is not detected, so its author is not shown.
  const isShown = new RegExp(`last by ${name} at \\d{4}-`).test(text.stdout);
  expect(isShown).toBe(MARKS);
});

test.runIf(MARKS)("the error for an outdated plan contains the display name of the author [needs marks]", async () => {
  const grafana = await testGrafana();
  const [uid, owner] = [grafana.name("board"), grafana.name("own")];
  const { name, grafana: theirs } = await otherUser(grafana, grafana.name("ada"));
  const project = await repository(owner, [board(uid)]);
  await project.run(["apply"], grafana.variables);
  await declare(project, [board(uid, { expr: "new" })]);
  await project.run(["plan", "--out", "plan.json"], grafana.variables);
  await editInUI(theirs, uid);

  const { code, stderr } = await project.run(["apply", "plan.json"], grafana.variables);

  expect(code).toBe(7);
  expect(stderr).toContain(`last by ${name} at `);
});

describe.runIf(KUBERNETES)("display names are requested [needs the Kubernetes-style API]", () => {
  const asked = ({ requests }: TestGrafana) => requests.filter(({ path }) => path.includes("/display")).length;

  test("once for all changes", async () => {
    const grafana = await testGrafana();
    const [one, two] = [grafana.name("one"), grafana.name("two")];
    const code = [board(one), board(two)];
    const context = await grafana.context(grafana.name("own"));
    await converge(context, code);
    const { name, grafana: theirs } = await otherUser(grafana, grafana.name("ada"));
    await editInUI(theirs, one);
    await editInUI(grafana, two);
    const before = asked(grafana);

    const { plan } = await planFor(context, code);

    const names = plan.changes.map(({ id, updatedByName }) => [id, updatedByName]);
    expect(Object.fromEntries(names)).toEqual({ [one]: name, [two]: "admin" });
    expect(asked(grafana) - before).toBe(1);
  });

  test("not if nothing differs", async () => {
    const grafana = await testGrafana();
    const code = [board(grafana.name("one"))];
    const context = await grafana.context(grafana.name("own"));
    await converge(context, code);

    const { plan } = await planFor(context, code);

    expect(plan.changes).toEqual([]);
    expect(asked(grafana)).toBe(0);
  });

  test.runIf(MARKS)("not if only the code changed [needs marks]", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("one");
    const context = await grafana.context(grafana.name("own"));
    await converge(context, [board(uid)]);

    const { plan } = await planFor(context, [board(uid, { expr: "new" })]);

    expect(plan.changes).toMatchObject([{ id: uid, origin: "code" }]);
    expect(asked(grafana)).toBe(0);
  });
});

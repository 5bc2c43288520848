import { describe, expect, test } from "vitest";
import { exitCodeOf } from "../../src/cli/exit-code.ts";
import type { ExecutablePlan } from "../../src/engine/executable-plan.ts";
import type { KindContext } from "../../src/engine/kind-context.ts";
import { contactPoint, datasource, notificationPolicy, type Folder } from "../../src/index.ts";
import { EXIT } from "../../src/util/errors.ts";
import {
  actions,
  carryOut,
  changeOf,
  declare,
  editDatasource,
  datasourceNow,
  keepDefault,
  place,
  repository,
} from "../engine/support.ts";
import { converge, only, planFor } from "../helpers/converge.ts";
import type { TestGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";
import {
  alert,
  alertingGrafana,
  EDITABLE,
  get,
  group,
  hook,
  points,
  ruleOf,
  theirGroup,
  theirPoint,
} from "./support.ts";

// A write that moves a rule or an integration out of an object that was changed in Grafana would lose the change.

interface Scene {
  readonly grafana: TestGrafana;
  readonly context: KindContext;
  readonly home: Folder;
  readonly one: ReturnType<typeof alert>;
  readonly two: ReturnType<typeof alert>;
  /** The address of a group in the folder. */
  readonly at: (name: string) => string;
  /** Changes both rules of a group as another user. */
  readonly edit: (name: string) => Promise<void>;
  /** The group of the first rule, and its pending period. */
  readonly first: () => Promise<{ group: string; pending: unknown }>;
}

async function scene(): Promise<Scene> {
  const grafana = await alertingGrafana();
  const home = place(grafana.name("home"));
  const rule = (stem: string) => alert(grafana.name(stem), { uid: grafana.name(stem), for: "5m" });
  const [one, two] = [rule("one"), rule("two")];
  return {
    grafana,
    context: await grafana.context(grafana.name("own")),
    home,
    one,
    two,
    at: (name) => `rule-group/${home.uid}/${name}`,
    edit: (name) => theirGroup(grafana, home.uid ?? "", name, [{ ...one, for: "15m" }, two], EDITABLE),
    async first() {
      const { rule_group: there } = await ruleOf(grafana, one.title);
      const stored = await get(grafana, `/api/v1/provisioning/alert-rules/${one.uid}`);
      return { group: there, pending: stored?.["for"] };
    },
  };
}

const codeOf = (prepared: ExecutablePlan, outcomes: Parameters<typeof exitCodeOf>[0]) =>
  exitCodeOf(outcomes, prepared.plan);

describe.runIf(MARKS)("renaming a group that was edited in Grafana [needs marks]", () => {
  test.each([true, false])("keeps the change and exits 8 without --overwrite-drift, with --prune %s", async (prune) => {
    const { context, home, one, two, at, edit, first } = await scene();
    await converge(context, [home, group(home, "old", [one, two])]);
    await edit("old");
    const code = [home, group(home, "new", [one, two])];

    const prepared = await planFor(context, code, { prune });
    expect(actions(prepared)).toEqual({
      [at("new")]: "left: dependency",
      ...(prune ? { [at("old")]: "left: drift" } : {}),
    });
    expect(changeOf(prepared, at("new")).left).toMatchObject({ cause: "drift", edited: [at("old")] });
    expect(changeOf(prepared, at("new")).left?.hint).toContain(`--overwrite-drift ${at("old")}`);
    expect(codeOf(prepared, await carryOut(context, prepared))).toBe(EXIT.driftLeft);
    expect(await first()).toEqual({ group: "old", pending: "15m" });

    await converge(context, code, { prune, overwriteDrift: only(at("old")) });
    expect(await first()).toEqual({ group: "new", pending: "5m" });
  });

  test("does the same on the command line, which suggests the next command", async () => {
    const { grafana, context, home, one, two, at, edit, first } = await scene();
    const project = await repository(context.owner, [home, group(home, "old", [one, two])]);
    expect((await project.run(["apply"], grafana.variables)).code).toBe(EXIT.done);
    await edit("old");
    await declare(project, [home, group(home, "new", [one, two])]);

    const left = await project.run(["apply"], grafana.variables);
    expect(left.code, left.stdout + left.stderr).toBe(EXIT.driftLeft);
    expect(left.stdout).toContain(`apply --overwrite-drift ${at("old")}`);
    expect(await first()).toEqual({ group: "old", pending: "15m" });

    const goesOn = await project.run(["apply", "--overwrite-drift", at("old")], grafana.variables);
    expect(goesOn.code, goesOn.stdout + goesOn.stderr).toBe(EXIT.done);
    expect(await first()).toEqual({ group: "new", pending: "5m" });
    const again = await project.run(["plan", "--detailed-exitcode"], grafana.variables);
    expect(again.code, again.stdout).toBe(EXIT.done);

    const unknown = await project.run(["apply", "--overwrite-drift", at("nothing")], grafana.variables);
    expect(unknown.code).toBe(EXIT.usage);
  });

  test("does not delete an unchanged group whose rules the same write would take, despite --prune", async () => {
    const { grafana, context, home, one, two, at, edit, first } = await scene();
    const other = alert(grafana.name("other"), { uid: grafana.name("other") });
    await converge(context, [home, group(home, "old", [one, two]), group(home, "unedited", [other])]);
    await edit("old");
    const code = [home, group(home, "new", [one, two, other])];

    const prepared = await planFor(context, code, { prune: true });
    expect(actions(prepared)).toEqual({
      [at("new")]: "left: dependency",
      [at("old")]: "left: drift",
      [at("unedited")]: "left: dependency",
    });
    expect(codeOf(prepared, await carryOut(context, prepared))).toBe(EXIT.driftLeft);
    expect(await ruleOf(grafana, other.title)).toMatchObject({ rule_group: "unedited" });

    await converge(context, code, { prune: true, overwriteDrift: only(at("old")) });
    expect(await first()).toEqual({ group: "new", pending: "5m" });
    expect(await ruleOf(grafana, other.title)).toMatchObject({ rule_group: "new" });
  });
});

describe.runIf(MARKS)("moving a rule out of a group that was edited in Grafana [needs marks]", () => {
  test.each(["new", "existing"])(
    "keeps the change and exits 8 without --overwrite-drift, into a %s group",
    async (which) => {
      const { grafana, context, home, one, two, at, edit, first } = await scene();
      const base = which === "existing" ? [alert(grafana.name("base"), { uid: grafana.name("base") })] : [];
      const before = base.length > 0 ? [group(home, "b", base)] : [];
      await converge(context, [home, group(home, "a", [one, two]), ...before]);
      await edit("a");
      const code = [home, group(home, "a", [two]), group(home, "b", [...base, one])];

      const prepared = await planFor(context, code);
      expect(actions(prepared)).toEqual({ [at("a")]: "left: drift", [at("b")]: "left: dependency" });
      expect(codeOf(prepared, await carryOut(context, prepared))).toBe(EXIT.driftLeft);
      expect(await first()).toEqual({ group: "a", pending: "15m" });

      await converge(context, code, { overwriteDrift: only(at("a")) });
      expect(await first()).toEqual({ group: "b", pending: "5m" });
    },
  );

  test("a group that gives a rule to the skipped one still gets its other changes, and keeps that rule", async () => {
    const { grafana, context, home, one, two, at, edit } = await scene();
    const [stays, moves] = ["stays", "moves"].map((stem) => alert(grafana.name(stem), { uid: grafana.name(stem) }));
    if (!stays || !moves) throw new Error("two rules were expected");
    await converge(context, [home, group(home, "a", [one, two]), group(home, "c", [stays, moves])]);
    await edit("a");
    const code = [home, group(home, "a", [two]), group(home, "b", [one, moves]), group(home, "c", [stays])];

    const prepared = await planFor(context, code);
    expect(actions(prepared)).toEqual({
      [at("a")]: "left: drift",
      [at("b")]: "left: dependency",
      [at("c")]: "update",
    });
    await carryOut(context, prepared);
    expect(await ruleOf(grafana, moves.title)).toMatchObject({ rule_group: "c" });
    // The kept rule is not a change made in Grafana.
    expect(actions(await planFor(context, code))).toMatchObject({ [at("c")]: "update" });
    await converge(context, code, { overwriteDrift: only(at("a")) });
    expect(await ruleOf(grafana, moves.title)).toMatchObject({ rule_group: "b" });
  });
});

describe("groups without changes in Grafana need no consent", () => {
  test.each([true, false])("to be renamed, with --prune %s", async (prune) => {
    const { context, home, one, two, first } = await scene();
    await converge(context, [home, group(home, "old", [one, two])]);
    const { plan } = await converge(context, [home, group(home, "new", [one, two])], { prune });
    expect(plan.changes.filter(({ left }) => left)).toEqual([]);
    expect(await first()).toEqual({ group: "new", pending: "5m" });
  });

  test("to lose their rules one apply after the other, and to be deleted then", async () => {
    const { grafana, context, home, one, two } = await scene();
    await converge(context, [home, group(home, "old", [one, two, alert(grafana.name("rest"))])]);
    const steps = [[group(home, "x", [one])], [group(home, "x", [one]), group(home, "y", [two])]];
    for (const groups of steps) {
      const { plan } = await converge(context, [home, ...groups]);
      expect(plan.changes.filter(({ left }) => left)).toEqual([]);
    }
    expect(await ruleOf(grafana, two.title)).toMatchObject({ rule_group: "y" });
    const { plan } = await converge(context, [home, ...(steps[1] ?? [])], { prune: true });
    expect(plan.changes.filter(({ left }) => left)).toEqual([]);
  });

  test.runIf(MARKS)("a change after a rule was moved is drift [needs marks]", async () => {
    const { grafana, context, home, one, two, at } = await scene();
    const rest = alert(grafana.name("rest"), { uid: grafana.name("rest"), for: "5m" });
    await converge(context, [home, group(home, "old", [one, two, rest])]);
    await converge(context, [home, group(home, "x", [one])]);
    await theirGroup(grafana, home.uid ?? "", "old", [{ ...two, for: "15m" }, rest], EDITABLE);
    const prepared = await planFor(context, [home, group(home, "x", [one]), group(home, "y", [two])]);
    expect(actions(prepared)).toEqual({ [at("y")]: "left: dependency" });
  });
});

describe.runIf(MARKS)("renaming a contact point that was edited in Grafana [needs marks]", () => {
  test.each([true, false])(
    "skips it and the policies that need the new name, without --overwrite-drift, with --prune %s",
    async (prune) => {
      const grafana = await alertingGrafana();
      const context = await grafana.context(grafana.name("own"));
      const uid = grafana.name("i1");
      const code = (name: string) => {
        const ops = contactPoint({ name, integrations: [hook(undefined, { uid })] });
        return [ops, notificationPolicy({ receiver: ops, group_by: ["alertname"] })];
      };
      const [former, name] = [grafana.name("former"), grafana.name("renamed")];
      await converge(context, code(former));
      await theirPoint(grafana, uid, { name: former });

      const prepared = await planFor(context, code(name), { prune });
      expect(actions(prepared)).toMatchObject({
        [`contact-point/${name}`]: "left: dependency",
        "notification-policy/default": "left: dependency",
      });
      expect(codeOf(prepared, await carryOut(context, prepared))).toBe(EXIT.driftLeft);
      const there = async () => (await points(grafana)).find((one) => one.uid === uid);
      expect(await there()).toMatchObject({ name: former, settings: { url: "http://127.0.0.1:1/theirs" } });

      await converge(context, code(name), { prune, overwriteDrift: only(`contact-point/${former}`) });
      expect(await there()).toMatchObject({ name, settings: { url: "http://127.0.0.1:1/ours" } });
    },
  );
});

test.runIf(MARKS)(
  "an integration moves out of a changed contact point only with --overwrite-drift [needs marks]",
  async () => {
    const grafana = await alertingGrafana();
    const context = await grafana.context(grafana.name("own"));
    const [moves, stays] = [grafana.name("moves"), grafana.name("stays")];
    const [a, b] = [grafana.name("a"), grafana.name("b")];
    const point = (name: string, uids: string[]) =>
      contactPoint({ name, integrations: uids.map((uid) => hook(undefined, { uid })) });
    await converge(context, [point(a, [moves, stays])]);
    await theirPoint(grafana, moves, { name: a });
    const code = [point(a, [stays]), point(b, [moves])];

    const prepared = await planFor(context, code);
    expect(actions(prepared)).toEqual({
      [`contact-point/${a}`]: "left: drift",
      [`contact-point/${b}`]: "left: dependency",
    });
    expect(codeOf(prepared, await carryOut(context, prepared))).toBe(EXIT.driftLeft);
    const there = async () => (await points(grafana)).find((one) => one.uid === moves);
    expect(await there()).toMatchObject({ name: a, settings: { url: "http://127.0.0.1:1/theirs" } });

    await converge(context, code, { overwriteDrift: only(`contact-point/${a}`) });
    expect(await there()).toMatchObject({ name: b, settings: { url: "http://127.0.0.1:1/ours" } });
  },
);

test("the default flag moves from a changed datasource only with --overwrite-drift", async () => {
  const grafana = await alertingGrafana();
  await keepDefault(grafana);
  const context = await grafana.context(grafana.name("own"));
  const [a, b] = [grafana.name("a"), grafana.name("b")];
  const source = (uid: string, isDefault: boolean) =>
    datasource({ uid, name: uid, type: "loki", url: "http://loki:3100", isDefault });
  await converge(context, [source(a, true), source(b, false)]);
  await editDatasource(grafana, a, { url: "http://other:3100" });
  const code = [source(a, false), source(b, true)];

  const prepared = await planFor(context, code);
  expect(actions(prepared)).toEqual({ [`datasource/${a}`]: "left: drift", [`datasource/${b}`]: "left: dependency" });
  expect(codeOf(prepared, await carryOut(context, prepared))).toBe(EXIT.driftLeft);
  expect(await datasourceNow(grafana, a)).toMatchObject({ isDefault: true, url: "http://other:3100" });

  await converge(context, code, { overwriteDrift: only(`datasource/${a}`) });
  expect(await datasourceNow(grafana, b)).toMatchObject({ isDefault: true });
});

import { describe, expect, test } from "vitest";
import { exitCodeOf } from "../../src/cli/exit-code.ts";
import { equal, textOf, toJson } from "../../src/util/json.ts";
import { EXIT } from "../../src/util/errors.ts";
import {
  contactPoint,
  datasource,
  existing,
  messageTemplate,
  muteTiming,
  notificationPolicy,
  type AlertRule,
  type Duration,
} from "../../src/index.ts";
import type { TestGrafana } from "../helpers/grafana.ts";
import { MARKS, origin } from "../helpers/mode.ts";
import { converge, only, planFor } from "../helpers/converge.ts";
import {
  actions,
  carryOut,
  changeOf,
  datasourceNow,
  declare,
  find,
  make,
  place,
  repository,
  statuses,
} from "../engine/support.ts";
import {
  addressOf,
  alert,
  ALERTING_KINDS,
  alertingGrafana,
  cleanUp,
  EDITABLE,
  get,
  group,
  groupPath,
  hook,
  meddle,
  points,
  POINTS,
  POLICIES,
  ruleOf,
  rules,
  team,
  TEMPLATES,
  theirGroup,
  theirPoint,
  theirTemplate,
  theirTiming,
  theirTree,
  TIMINGS,
  tree,
  wordOf,
  type AlertingKind,
} from "./support.ts";

/** Rules by title: their group, and what identifies a rule with its history. */
async function histories(grafana: TestGrafana, titles: readonly string[]) {
  const found = await Promise.all(titles.map((title) => ruleOf(grafana, title)));
  return Object.fromEntries(
    found.map(({ title, uid, guid, version, rule_group: at }) => [title, { uid, guid, version, at }]),
  );
}

type Histories = Awaited<ReturnType<typeof histories>>;

/**
 * Asserts that the rules are in these groups with their history: Grafana increases versions and never restarts them.
 */
function expectMoved(before: Histories, after: Histories, at: Readonly<Record<string, string>>): void {
  for (const [title, was] of Object.entries(before)) {
    const now = after[title];
    expect(now, title).toMatchObject({ uid: was.uid, guid: was.guid, at: at[title] });
    expect(now?.version, title).toBeGreaterThanOrEqual(was.version);
  }
}

describe("rules keep their history", () => {
  test.each(["with uids of their own", "with derived uids"])("if a rule moves between groups, %s", async (how) => {
    const grafana = await alertingGrafana();
    const context = await grafana.context(grafana.name("own"));
    const home = place(grafana.name("home"));
    const [stays, moves, other] = ["stays", "moves", "other"].map((stem) => {
      const title = grafana.name(stem);
      return alert(title, how === "with uids of their own" ? { uid: title } : {});
    }) as [AlertRule, AlertRule, AlertRule];
    const titles = [stays.title, moves.title, other.title];
    await converge(context, [home, group(home, "a", [stays, moves]), group(home, "b", [other])]);
    const before = await histories(grafana, titles);

    const { plan } = await converge(context, [home, group(home, "a", [stays]), group(home, "b", [other, moves])]);

    const after = await histories(grafana, titles);
    expectMoved(before, after, { [stays.title]: "a", [moves.title]: "b", [other.title]: "b" });
    const gains = plan.changes.find(({ id }) => id.endsWith("/b"));
    expect(gains?.sideEffect).toBe(`moves "${moves.title}" from ${home.uid}/a, with history and state`);
  });

  test("if two groups swap their rules", async () => {
    const grafana = await alertingGrafana();
    const context = await grafana.context(grafana.name("own"));
    const home = place(grafana.name("home"));
    const [one, two] = [alert(grafana.name("one")), alert(grafana.name("two"))];
    await converge(context, [home, group(home, "a", [one]), group(home, "b", [two])]);
    const before = await histories(grafana, [one.title, two.title]);

    await converge(context, [home, group(home, "a", [two]), group(home, "b", [one])]);

    const after = await histories(grafana, [one.title, two.title]);
    expect(after).not.toEqual(before);
    expectMoved(before, after, { [one.title]: "b", [two.title]: "a" });
  });

  test("if three groups exchange their rules in a cycle", async () => {
    const grafana = await alertingGrafana();
    const context = await grafana.context(grafana.name("own"));
    const home = place(grafana.name("home"));
    const made = ["x", "y", "z"].map((stem) => alert(grafana.name(stem)));
    const [x, y, z] = made as [AlertRule, AlertRule, AlertRule];
    const titles = made.map(({ title }) => title);
    await converge(context, [home, group(home, "a", [x]), group(home, "b", [y]), group(home, "c", [z])]);
    const before = await histories(grafana, titles);

    await converge(context, [home, group(home, "a", [z]), group(home, "b", [x]), group(home, "c", [y])]);

    const after = await histories(grafana, titles);
    expect(after).not.toEqual(before);
    expectMoved(before, after, { [x.title]: "b", [y.title]: "c", [z.title]: "a" });
  });

  test("if all rules move to a new group and the old group disappears", async () => {
    const grafana = await alertingGrafana();
    const context = await grafana.context(grafana.name("own"));
    const home = place(grafana.name("home"));
    const [one, two] = [alert(grafana.name("one")), alert(grafana.name("two"))];
    await converge(context, [home, group(home, "old", [one, two])]);
    const before = await histories(grafana, [one.title, two.title]);

    const { outcomes } = await converge(context, [home, group(home, "new", [one, two])], { prune: true });

    expect(statuses(outcomes)).toEqual({
      [`rule-group/${home.uid}/new`]: "done",
      // Grafana keeps no group without rules, so the old group disappears even if nothing can be deleted.
      ...(MARKS ? { [`rule-group/${home.uid}/old`]: "done" } : {}),
    });
    const after = await histories(grafana, [one.title, two.title]);
    expectMoved(before, after, { [one.title]: "new", [two.title]: "new" });
  });

  test("if the write of the new group fails: the old group keeps the rule until then", async () => {
    const grafana = await alertingGrafana();
    const context = await grafana.context(grafana.name("own"));
    const home = place(grafana.name("home"));
    const [stays, moves] = [alert(grafana.name("stays")), alert(grafana.name("moves"))];
    await converge(context, [home, group(home, "a", [stays, moves]), group(home, "b", [alert(grafana.name("b"))])]);
    const before = await histories(grafana, [moves.title]);
    const gains = group(home, "b", [alert(grafana.name("b")), moves]);
    // The group that would gain the rule is skipped: because of drift or, without marks, because it has no provenance.
    await theirGroup(grafana, home.uid ?? "", "b", [alert("theirs", { uid: grafana.name("theirs") })], EDITABLE);

    const code = [home, group(home, "a", [stays]), gains];
    const prepared = await planFor(context, code);
    await carryOut(context, prepared);
    expect(await ruleOf(grafana, moves.title)).toMatchObject({ rule_group: "a" });

    const everything = { all: true, addresses: new Set<string>() };
    await converge(context, code, { overwriteDrift: everything, adopt: everything });
    expectMoved(before, await histories(grafana, [moves.title]), { [moves.title]: "b" });
  });
});

test("--only with the group that loses a rule keeps the rule there until the other group is written", async () => {
  const grafana = await alertingGrafana();
  const owner = grafana.name("own");
  const home = place(grafana.name("home"));
  const [stays, moves] = [alert(grafana.name("stays")), alert(grafana.name("moves"))];
  const project = await repository(owner, [home, group(home, "a", [stays, moves])]);
  expect((await project.run(["apply"], grafana.variables)).code).toBe(0);
  const before = await histories(grafana, [moves.title]);

  await declare(project, [home, group(home, "a", [stays]), group(home, "b", [moves])]);
  const only = await project.run(["apply", "--only", `rule-group/${home.uid}/a`], grafana.variables);
  expect(only.stdout).toContain("Applied: 0 added, 1 changed, 0 destroyed.");
  expect(await histories(grafana, [moves.title])).toMatchObject({ [moves.title]: { at: "a" } });

  const rest = await project.run(["apply"], grafana.variables);
  expect(rest.code, rest.stdout + rest.stderr).toBe(0);
  expectMoved(before, await histories(grafana, [moves.title]), { [moves.title]: "b" });
  const again = await project.run(["plan", "--detailed-exitcode"], grafana.variables);
  expect(again.code, again.stdout).toBe(0);
});

describe("renames", () => {
  test.each(["derived uids", "uids of their own"])(
    "renaming a contact point that policies and rules use takes one apply --prune, with %s",
    async (how) => {
      const grafana = await alertingGrafana();
      const context = await grafana.context(grafana.name("own"));
      const home = place(grafana.name("home"));
      const page = alert(grafana.name("page"));
      const code = (name: string, repeat: Duration, pending: Duration) => {
        const uids = how === "derived uids" ? [{}, {}] : [{ uid: grafana.name("i1") }, { uid: grafana.name("i2") }];
        const ops = contactPoint({ name, integrations: uids.map((uid) => hook(undefined, uid)) });
        const policy = notificationPolicy({
          receiver: ops,
          group_by: ["alertname"],
          repeat_interval: repeat,
          routes: [{ receiver: ops, object_matchers: [["a", "=", "b"]] }],
        });
        const notified = { ...page, for: pending, notification_settings: { receiver: ops } };
        return [home, ops, policy, group(home, "g", [notified])];
      };
      const [former, name] = [grafana.name("former"), grafana.name("renamed")];
      await converge(context, code(former, "1h", "5m"));
      const before = await ruleOf(grafana, page.title);

      // Changes other properties in the same write, which must not be hidden by Grafana's own rename.
      const { outcomes } = await converge(context, code(name, "2h", "10m"), { prune: true });

      expect(statuses(outcomes)).toMatchObject({
        [`contact-point/${name}`]: "done",
        ...(MARKS ? { [`contact-point/${former}`]: "done" } : {}),
      });
      const mine = (await points(grafana)).filter((one) => one.name === former || one.name === name);
      // If nothing can be deleted, only integrations that keep their uids disappear from the former contact point.
      const stays = !MARKS && how === "derived uids" ? [former, former] : [];
      expect(mine.map((one) => one.name).toSorted()).toEqual([...stays, name, name]);
      expect(await tree(grafana)).toMatchObject({
        receiver: name,
        repeat_interval: "2h",
        routes: [{ receiver: name }],
      });
      const after = await ruleOf(grafana, page.title);
      expect(after).toMatchObject({ guid: before.guid, notification_settings: { receiver: name } });
      expect(actions(await planFor(context, code(name, "2h", "10m"), { prune: true }))).toEqual({});
    },
  );

  test("contact points that exchange the uids of all their integrations are skipped, because Grafana would change their users", async () => {
    const grafana = await alertingGrafana();
    const context = await grafana.context(grafana.name("own"));
    const [one, two, free] = ["one", "two", "free"].map((stem) => grafana.name(stem));
    const code = (first: string, second: string) => {
      const desk = contactPoint({ name: grafana.name("desk"), integrations: [hook(undefined, { uid: first })] });
      const ops = contactPoint({ name: grafana.name("ops"), integrations: [hook(undefined, { uid: second })] });
      const routes = [{ receiver: ops, object_matchers: [["a", "=", "b"]] as [string, string, string][] }];
      return [place(grafana.name("home")), desk, ops, notificationPolicy({ receiver: desk, routes } as never)];
    };
    await converge(context, code(one ?? "", two ?? ""));
    const before = [await points(grafana), await tree(grafana)];

    const prepared = await planFor(context, code(two ?? "", one ?? ""));
    const outcomes = await carryOut(context, prepared);

    expect(actions(prepared)).toEqual({
      [`contact-point/${grafana.name("desk")}`]: "left: obstacle",
      [`contact-point/${grafana.name("ops")}`]: "left: obstacle",
    });
    expect(outcomes).toEqual([]);
    expect([await points(grafana), await tree(grafana)]).toEqual(before);
    await converge(context, code(free ?? "", one ?? ""), { prune: true });
    expect(await tree(grafana)).toMatchObject({
      receiver: grafana.name("desk"),
      routes: [{ receiver: grafana.name("ops") }],
    });
  });

  test("renaming a mute timing that policies and rules use takes one apply --prune", async () => {
    const grafana = await alertingGrafana();
    const context = await grafana.context(grafana.name("own"));
    const home = place(grafana.name("home"));
    const page = alert(grafana.name("page"));
    const ops = contactPoint({ name: grafana.name("ops"), integrations: [hook()] });
    const code = (name: string) => {
      const nights = muteTiming({ name, time_intervals: [{ weekdays: ["sunday"] }] });
      const route = { receiver: ops, object_matchers: [["a", "=", "b"]] as const, mute_time_intervals: [nights] };
      const settings = { receiver: ops, mute_time_intervals: [nights] };
      return [
        home,
        ops,
        nights,
        notificationPolicy({ receiver: ops, routes: [route] }),
        group(home, "g", [{ ...page, notification_settings: settings }]),
      ];
    };
    const [former, name] = [grafana.name("former"), grafana.name("renamed")];
    await converge(context, code(former));

    await converge(context, code(name), { prune: true });

    expect((await get(grafana, `${TIMINGS}/${former}`)) === undefined).toBe(MARKS);
    expect(await get(grafana, `${TIMINGS}/${name}`)).toBeDefined();
    expect(await tree(grafana)).toMatchObject({ routes: [{ mute_time_intervals: [name] }] });
    expect(await ruleOf(grafana, page.title)).toMatchObject({ notification_settings: { mute_time_intervals: [name] } });
  });
});

describe("objects in use are not deleted", () => {
  test.runIf(MARKS)(
    "each deletion is skipped before the first write, and the plan names the users; the rest is applied [needs marks]",
    async () => {
      const grafana = await alertingGrafana();
      const context = await grafana.context(grafana.name("own"));
      const [away, home] = [place(grafana.name("away")), place(grafana.name("home"))];
      const renamed = { ...home, title: "Renamed" };
      const source = datasource({
        uid: grafana.name("ds"),
        name: grafana.name("ds"),
        type: "loki",
        url: "http://loki",
      });
      const point = contactPoint({ name: grafana.name("point"), integrations: [hook()] });
      const routed = contactPoint({ name: grafana.name("routed"), integrations: [hook()] });
      const nights = muteTiming({ name: grafana.name("nights"), time_intervals: [{ weekdays: ["sunday"] }] });
      const words = messageTemplate({
        name: grafana.name("words"),
        template: `{{ define "${grafana.name("words")}.title" }}Hello{{ end }}`,
      });
      const free = contactPoint({ name: grafana.name("free"), integrations: [hook()] });
      await converge(context, [away, home, source, point, routed, nights, words, free]);
      await make(grafana, "folder", grafana.name("theirs"), { spec: { title: "Theirs" } });
      const uses: AlertRule = {
        ...alert(grafana.name("uses"), { uid: grafana.name("uses") }),
        data: [
          {
            refId: "B",
            datasource: existing.datasource(source.uid ?? ""),
            relativeTimeRange: { from: 60, to: 0 },
            model: {},
          },
          { refId: "A", model: { type: "math", expression: "1 > 0" } },
        ],
        notification_settings: {
          receiver: existing.contactPoint(point.name),
        },
      };
      const settings = { receiver: point.name, mute_time_intervals: [nights.name] };
      const theirs = { ...uses, notification_settings: settings } as unknown as AlertRule;
      await theirGroup(grafana, grafana.name("theirs"), "g", [theirs]);
      await theirGroup(grafana, away.uid ?? "", "inside", [alert("inside", { uid: grafana.name("inside") })]);
      await theirPoint(grafana, grafana.name("their-point"), {
        message: `{{ template "${grafana.name("words")}.title" . }}`,
      });
      await theirTree(grafana, { receiver: routed.name });

      const prepared = await planFor(context, [renamed], { prune: true });
      grafana.requests.length = 0;
      const outcomes = await carryOut(context, prepared);

      const message = (name: string) => changeOf(prepared, name).left?.message;
      const group = `rule-group/${grafana.name("theirs")}/g`;
      expect(message(`contact-point/${point.name}`)).toBe(`it is used by ${group}`);
      expect(message(`datasource/${source.uid}`)).toBe(`it is used by ${group}`);
      expect(message(`mute-timing/${nights.name}`)).toBe(`it is used by ${group}`);
      expect(message(`contact-point/${routed.name}`)).toBe("it is used by notification-policy/default");
      expect(message(`message-template/${words.name}`)).toBe(
        `it is used by contact-point/${grafana.name("their-point")}`,
      );
      expect(message(`folder/${away.uid}`)).toBe(`it contains rule-group/${away.uid}/inside, which is not deleted`);
      expect(statuses(outcomes)).toEqual({ [`folder/${home.uid}`]: "done", [`contact-point/${free.name}`]: "done" });
      expect(exitCodeOf(outcomes, prepared.plan)).toBe(EXIT.partlyApplied);
      const deleted = grafana.requests.filter(({ method }) => method === "DELETE");
      expect(deleted).toHaveLength(1);
      // The objects are still owned, and are deleted when they are no longer in use.
      await grafana.other.send({ method: "DELETE", path: POLICIES });
      await grafana.other.send({ method: "DELETE", path: groupPath(grafana.name("theirs"), "g") });
      await grafana.other.send({ method: "DELETE", path: groupPath(away.uid ?? "", "inside") });
      await grafana.other.send({
        method: "DELETE",
        path: `/api/v1/provisioning/contact-points/${grafana.name("their-point")}`,
      });
      await converge(context, [renamed], { prune: true });
      expect(await datasourceNow(grafana, source.uid ?? "")).toBeUndefined();
      expect((await points(grafana)).filter(({ name }) => name.includes(grafana.name("")))).toEqual([]);
    },
  );
});

describe("versions of rules", () => {
  test("a run without changes creates no versions, and changing one rule leaves the other groups unchanged", async () => {
    const grafana = await alertingGrafana();
    const context = await grafana.context(grafana.name("own"));
    const home = place(grafana.name("home"));
    const [one, two, far] = [alert(grafana.name("one")), alert(grafana.name("two")), alert(grafana.name("far"))];
    const titles = [one.title, two.title, far.title];
    await converge(context, [home, group(home, "a", [one, two]), group(home, "b", [far])]);
    const before = await histories(grafana, titles);

    const same = await converge(context, [home, group(home, "a", [one, two]), group(home, "b", [far])]);
    expect(same.plan.changes).toEqual([]);
    expect(await histories(grafana, titles)).toEqual(before);

    const { plan } = await converge(context, [
      home,
      group(home, "a", [one, { ...two, for: "5m" }]),
      group(home, "b", [far]),
    ]);
    expect(plan.changes).toMatchObject([{ id: `${home.uid}/a`, action: "update", origin: origin("code") }]);
    expect(plan.changes[0]?.differences.map(({ labels }) => labels)).toEqual([[`rule "${two.title}"`, "for"]]);
    const after = await histories(grafana, titles);
    expectMoved(before, after, { [one.title]: "a", [two.title]: "a", [far.title]: "b" });
    expect(after[far.title]).toEqual(before[far.title]);
  });
});

describe("provenance", () => {
  const provenances = async (grafana: TestGrafana) => ({
    "message-template": (await get(grafana, `${TEMPLATES}/${grafana.name("words")}`))?.["provenance"] ?? "",
    "mute-timing": (await get(grafana, `${TIMINGS}/${grafana.name("nights")}`))?.["provenance"] ?? "",
    "contact-point": (await points(grafana)).find(({ name }) => name === grafana.name("ops"))?.provenance ?? "",
    "notification-policy": (await tree(grafana))["provenance"] ?? "",
    "rule-group": (await ruleOf(grafana, grafana.name("page"))).provenance ?? "",
  });
  const all = (value: string) => Object.fromEntries(ALERTING_KINDS.map((kind) => [kind, value]));

  test("is api for new objects; existing objects without one keep none", async () => {
    const grafana = await alertingGrafana();
    const context = await grafana.context(grafana.name("own"));
    await converge(context, team(grafana).all);
    expect(await provenances(grafana)).toEqual(all("api"));
  });

  test.runIf(MARKS)(
    "with none in the configuration, everything stays editable, also after updates; api must be requested [needs marks]",
    async () => {
      const grafana = await alertingGrafana();
      const context = await grafana.context(grafana.name("own"));
      const editable = { ...context, settings: { provenance: "none" } as const };
      await converge(editable, team(grafana).all);
      expect(await provenances(grafana)).toEqual(all(""));

      // Without the setting, objects keep their provenance.
      await converge(context, team(grafana, ALERTING_KINDS).all);
      expect(await provenances(grafana)).toEqual(all(""));

      const { plan } = await converge(
        { ...context, settings: { provenance: "api" } },
        team(grafana, ALERTING_KINDS).all,
      );
      expect(plan.changes.map(({ kind, origin }) => [kind, origin])).toEqual(
        ALERTING_KINDS.map((kind) => [kind, "code"]),
      );
      expect(await provenances(grafana)).toEqual(all("api"));
    },
  );

  test("a provenance that Grafana can't remove prevents the write, and rules become editable again", async () => {
    const grafana = await alertingGrafana();
    const context = await grafana.context(grafana.name("own"));
    await converge(context, team(grafana).all);
    const editable = { ...context, settings: { provenance: "none" } as const };

    const prepared = await planFor(editable, team(grafana).all);
    expect(actions(prepared)).toEqual(
      Object.fromEntries(
        ALERTING_KINDS.map((kind) => [addressOf(grafana, kind), kind === "rule-group" ? "update" : "left: obstacle"]),
      ),
    );
    for (const kind of ALERTING_KINDS.slice(0, 4)) {
      expect(changeOf(prepared, addressOf(grafana, kind)).left?.message).toContain(
        'delete it and apply again, or remove alerting.provenance "none"',
      );
    }
    expect(statuses(await carryOut(editable, prepared))).toEqual({ [addressOf(grafana, "rule-group")]: "done" });
    expect(await provenances(grafana)).toEqual({ ...all("api"), "rule-group": "" });

    // Follows the message; deletes manually if the tool can't.
    if (MARKS) await converge(editable, [team(grafana).home], { prune: true });
    else await cleanUp(grafana);
    await converge(editable, team(grafana).all);
    expect(await provenances(grafana)).toEqual(all(""));
  });
});

describe("an organization with existing objects", () => {
  const snapshot = async (grafana: TestGrafana) => ({
    points: (await points(grafana)).filter(({ name }) => name.startsWith("their")),
    tree: await tree(grafana),
    // Grafana lists groups in any order.
    rules: (await rules(grafana))
      .filter(({ title }) => title.startsWith("their"))
      .toSorted((a, b) => (a.uid < b.uid ? -1 : 1)),
    timings: await Promise.all(
      ["api", "none"].map((stem) => get(grafana, `${TIMINGS}/${grafana.name(`their-${stem}`)}`)),
    ),
    templates: await Promise.all(
      ["api", "none"].map((stem) => get(grafana, `${TEMPLATES}/${grafana.name(`their-${stem}`)}`)),
    ),
  });

  async function settle(grafana: TestGrafana): Promise<void> {
    const folder = grafana.name("their-folder");
    await make(grafana, "folder", folder, { spec: { title: "Theirs" } });
    for (const [stem, headers] of Object.entries({ api: {}, none: EDITABLE })) {
      const name = grafana.name(`their-${stem}`);
      await theirPoint(grafana, name, { headers });
      await theirTiming(grafana, name, "friday", headers);
      await theirTemplate(grafana, name, "theirs", headers);
      await theirGroup(grafana, folder, stem, [alert(name, { uid: name })], headers);
    }
    const routes = [{ receiver: grafana.name("their-none"), object_matchers: [["team", "=", "theirs"]] }];
    await theirTree(grafana, { receiver: grafana.name("their-api"), routes }, EDITABLE);
  }

  test("keeps all of them through apply --prune and destroy", async () => {
    const grafana = await alertingGrafana();
    const context = await grafana.context(grafana.name("own"));
    await settle(grafana);
    const before = await snapshot(grafana);
    const { home, words, nights, ops, pages } = team(grafana);

    await converge(context, [home, words, nights, ops, pages], { prune: true });
    expect(await snapshot(grafana)).toEqual(before);
    const { outcomes } = await converge(context, [], { prune: true });

    expect(outcomes).toHaveLength(MARKS ? 5 : 0);
    expect(await snapshot(grafana)).toEqual(before);
  });

  test("replaces its policy tree only with --adopt; destroy resets the tree to Grafana's default", async () => {
    const grafana = await alertingGrafana();
    const context = await grafana.context(grafana.name("own"));
    await settle(grafana);
    const before = await snapshot(grafana);

    const prepared = await planFor(context, team(grafana).all);
    const outcomes = await carryOut(context, prepared);
    expect(changeOf(prepared, "notification-policy/default").left).toMatchObject({
      reason: "foreign",
      hint: expect.stringContaining("--adopt notification-policy/default"),
    });
    expect(exitCodeOf(outcomes, prepared.plan)).toBe(EXIT.partlyApplied);
    expect(await snapshot(grafana)).toEqual(before);

    await converge(context, team(grafana).all, { adopt: only("notification-policy/default") });
    expect(await tree(grafana)).toMatchObject({ receiver: grafana.name("ops") });

    await converge(context, [], { prune: true });
    const now = await tree(grafana);
    // If the owner is unknown, the object stays.
    expect(["empty", "grafana-default-email"].includes(textOf(now["receiver"]))).toBe(MARKS);
    expect(now["routes"] === undefined).toBe(MARKS);
    expect({ ...(await snapshot(grafana)), tree: {} }).toEqual({ ...before, tree: {} });
  });

  test("an unmodified default tree counts as absent and needs no adoption", async () => {
    const grafana = await alertingGrafana();
    const context = await grafana.context(grafana.name("own"));
    const { plan } = await converge(context, team(grafana).all);
    expect(plan.changes.find(({ kind }) => kind === "notification-policy")).toMatchObject({ action: "create" });
  });

  test.runIf(MARKS)("two projects in the same folder don't change each other's objects [needs marks]", async () => {
    const grafana = await alertingGrafana();
    const [first, second] = [
      await grafana.context(grafana.name("first")),
      await grafana.context(grafana.name("second")),
    ];
    const home = place(grafana.name("home"));
    const borrowed = existing.folder(home.uid ?? "");
    const [ours, theirs] = [alert(grafana.name("ours")), alert(grafana.name("other"))];
    await converge(first, [home, group(home, "first", [ours])], { prune: true });
    const before = await histories(grafana, [ours.title]);
    const guest = { ...group(home, "second", [theirs]), folder: borrowed };
    await converge(second, [guest], { prune: true });
    const both = await histories(grafana, [ours.title, theirs.title]);
    expect(both).toMatchObject(before);

    await converge(first, [home, group(home, "first", [ours])], { prune: true });
    expect(await histories(grafana, [ours.title, theirs.title])).toEqual(both);
    const prepared = await planFor(first, [], { prune: true });
    expect(statuses(await carryOut(first, prepared))).toEqual({ [`rule-group/${home.uid}/first`]: "done" });
    expect(changeOf(prepared, `folder/${home.uid}`).left?.message).toContain(`rule-group/${home.uid}/second`);
    expect(await find(grafana, "folder", home.uid ?? "")).toBeDefined();

    await converge(second, [], { prune: true });
    expect((await rules(grafana)).filter(({ namespace_uid: uid }) => uid === home.uid)).toEqual([]);
  });

  test("a rule with the uid of a rule in another owner's group is rejected, with the fix", async () => {
    const grafana = await alertingGrafana();
    const context = await grafana.context(grafana.name("own"));
    const home = place(grafana.name("home"));
    const uid = grafana.name("taken");
    await make(grafana, "folder", grafana.name("theirs"), { spec: { title: "Theirs" } });
    await theirGroup(grafana, grafana.name("theirs"), "g", [alert("theirs", { uid })], EDITABLE);
    const before = await ruleOf(grafana, "theirs");

    const prepared = await planFor(context, [home, group(home, "g", [alert("ours", { uid })])]);
    await carryOut(context, prepared);

    expect(changeOf(prepared, `rule-group/${home.uid}/g`).left).toMatchObject({
      reason: "obstacle",
      message: `the rule ${uid} is in rule-group/${grafana.name("theirs")}/g, which is not owned by this project; change the uid of this rule, or delete the other one first`,
    });
    expect(await ruleOf(grafana, "theirs")).toEqual(before);
  });
});

describe.each(ALERTING_KINDS)("a %s", (kind: AlertingKind) => {
  test.runIf(MARKS)(
    "that was changed in Grafana is skipped with exit 8, unless --overwrite-drift is passed [needs marks]",
    async () => {
      const grafana = await alertingGrafana();
      const context = await grafana.context(grafana.name("own"));
      const { all } = team(grafana);
      await converge(context, all);
      const ours = await wordOf(grafana, kind);
      await meddle(grafana, kind);
      const theirs = await wordOf(grafana, kind);
      expect(theirs).not.toEqual(ours);

      const prepared = await planFor(context, all);
      const name = addressOf(grafana, kind);
      expect(actions(prepared)).toEqual({ [name]: "left: drift" });
      expect(changeOf(prepared, name)).toMatchObject({ origin: "grafana" });
      expect(changeOf(prepared, name).differences.length).toBeGreaterThan(0);
      const outcomes = await carryOut(context, prepared);
      expect(exitCodeOf(outcomes, prepared.plan)).toBe(EXIT.driftLeft);
      expect(await wordOf(grafana, kind)).toEqual(theirs);

      await converge(context, all, { overwriteDrift: only(name) });
      expect(await wordOf(grafana, kind)).toEqual(ours);
    },
  );

  test("that another user changes between plan and apply is a conflict, and keeps the change", async () => {
    const grafana = await alertingGrafana();
    const context = await grafana.context(grafana.name("own"));
    await converge(context, team(grafana).all);
    const code = team(grafana, ALERTING_KINDS).all;

    const prepared = await planFor(context, code);
    await meddle(grafana, kind);
    const theirs = await wordOf(grafana, kind);
    const outcomes = await carryOut(context, prepared);

    const name = addressOf(grafana, kind);
    expect(statuses(outcomes)[name]).toBe("conflict");
    expect(exitCodeOf(outcomes, prepared.plan)).toBe(EXIT.conflict);
    expect(await wordOf(grafana, kind)).toEqual(theirs);
    // A pending write that did not happen does not count as the tool's own work: the next run reports drift, if marks
    // show it.
    const again = await planFor(context, code);
    expect(actions(again)[name]).toBe(MARKS ? "left: drift" : "update");
    await carryOut(context, again);
    expect(equal(toJson(await wordOf(grafana, kind)), toJson(theirs))).toBe(MARKS);
    await converge(context, code, { overwriteDrift: only(name) });
  });

  test("that another user creates between plan and apply is a conflict, and is not owned afterwards", async () => {
    const grafana = await alertingGrafana();
    const context = await grafana.context(grafana.name("own"));
    const { home, all } = team(grafana);
    await converge(context, [home]);
    if (kind === "notification-policy") await theirPoint(grafana, grafana.name("their-own"));

    const prepared = await planFor(context, all);
    await meddle(grafana, kind);
    const theirs = await wordOf(grafana, kind);
    const outcomes = await carryOut(context, prepared);

    const name = addressOf(grafana, kind);
    expect(statuses(outcomes)[name]).toBe("conflict");
    expect(await wordOf(grafana, kind)).toEqual(theirs);
    expect(actions(await planFor(context, all))[name]).toBe(MARKS ? "left: foreign" : "update");
  });

  test("that another user deletes between plan and apply is not created by the update", async () => {
    const grafana = await alertingGrafana();
    const context = await grafana.context(grafana.name("own"));
    const parts = (changed: readonly string[]) => {
      const { home, words, nights, ops, policy, pages } = team(grafana, changed);
      const own = {
        "message-template": [words],
        "mute-timing": [nights],
        "contact-point": [words, ops],
        "notification-policy": [words, nights, ops, policy],
        "rule-group": [words, ops, pages],
      };
      return [home, ...own[kind]];
    };
    await converge(context, parts([]));

    const prepared = await planFor(context, parts([kind]));
    const path = {
      "message-template": `${TEMPLATES}/${grafana.name("words")}`,
      "mute-timing": `${TIMINGS}/${grafana.name("nights")}`,
      "contact-point": `${POINTS}/${grafana.name("ops")}`,
      "notification-policy": POLICIES,
      "rule-group": groupPath(grafana.name("home"), "pages"),
    };
    await grafana.other.send({ method: "DELETE", path: path[kind] });
    const gone = await wordOf(grafana, kind);
    const outcomes = await carryOut(context, prepared);

    expect(outcomes).toHaveLength(1);
    expect(outcomes[0]?.status).toMatch(/^(conflict|failed)$/);
    expect(await wordOf(grafana, kind)).toEqual(gone);
    // The next plan creates the object again.
    const { plan } = await converge(context, parts([kind]));
    expect(plan.changes).toMatchObject([{ kind, action: "create" }]);
  });

  test.runIf(MARKS)("that another user changes before its deletion is kept [needs marks]", async () => {
    const grafana = await alertingGrafana();
    const context = await grafana.context(grafana.name("own"));
    const { home, all } = team(grafana);
    await converge(context, all);

    const prepared = await planFor(context, [home], { prune: true });
    await meddle(grafana, kind);
    const theirs = await wordOf(grafana, kind);
    const outcomes = await carryOut(context, prepared);

    expect(statuses(outcomes)[addressOf(grafana, kind)]).toBe("conflict");
    expect(await wordOf(grafana, kind)).toEqual(theirs);
    // The object is still owned and was changed by another user, so it is deleted only on request.
    await converge(context, [home], { prune: true, overwriteDrift: only(addressOf(grafana, kind)) });
  });
});

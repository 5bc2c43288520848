import { describe, expect, test } from "vitest";
import type { Report } from "../../src/index.ts";
import {
  alert,
  alertingGrafana,
  POINTS,
  POLICIES,
  rules,
  TEMPLATES,
  theirGroup,
  TIMINGS,
  tree,
} from "../alerting/support.ts";
import { declare, edit, editDatasource, make, remove, repository, uidsOf } from "../engine/support.ts";
import { APPLY, states } from "../faults/support.ts";
import type { TestProject } from "../helpers/cli.ts";
import type { TestGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";

interface Scene {
  readonly grafana: TestGrafana;
  readonly project: TestProject;
  readonly codes: readonly [readonly object[], readonly object[]];
  readonly name: (stem: string) => string;
  readonly run: (...args: string[]) => Promise<{ code: number | null; stdout: string; stderr: string }>;
  /** The report of `drift -o json`, with addresses without the names of this test. */
  readonly drift: () => Promise<{ code: number | null; states: Record<string, string>; report: Report }>;
}

/** A project that was applied and not changed since. */
async function scene(): Promise<Scene> {
  const grafana = await alertingGrafana();
  const codes = states(grafana);
  const project = await repository(grafana.name("own"), codes[0]);
  const run = (...args: string[]) => project.run(args, grafana.variables);
  const first = await run(...APPLY);
  expect(first.code, first.stdout + first.stderr).toBe(0);
  return {
    grafana,
    project,
    codes,
    name: (stem) => grafana.name(stem),
    run,
    async drift() {
      const { code, stdout, stderr } = await run("drift", "-o", "json");
      const report = JSON.parse(stdout) as Report;
      expect(report.error, stderr).toBeUndefined();
      const states = (report.drift ?? []).map(({ address, state }) => [address.replace(grafana.name(""), ""), state]);
      return { code, states: Object.fromEntries(states) as Record<string, string>, report };
    },
  };
}

const put = ({ grafana }: Scene, path: string, body: object) => grafana.other.send({ method: "PUT", path, body });

async function pointNamed({ grafana, name }: Scene, stem: string): Promise<{ uid: string; name: string }> {
  const all = (await grafana.other.send({ method: "GET", path: POINTS })) as { uid: string; name: string }[];
  const found = all.find((point) => point.name === name(stem));
  if (!found) throw new Error(`no contact point ${stem}`);
  return found;
}

describe.runIf(MARKS)("drift", () => {
  test("is not reported after an apply or a change only in the code", async () => {
    const { drift, project, codes, run } = await scene();
    expect(await drift()).toMatchObject({ code: 0, states: {} });

    await declare(project, codes[1]);
    const { code, states: found } = await drift();
    const { stdout } = await run("drift");

    // An object that does not exist may have been deleted in Grafana.
    expect(new Set(Object.values(found))).toEqual(new Set(["code", "missing"]));
    expect(code).toBe(2);
    expect(stdout).toMatch(/ - dashboard\/b-two\S* "two one": missing\b/);
  });

  test.each<{ what: string; act: (scene: Scene) => Promise<unknown>; found: Record<string, string> }>([
    {
      what: "a dashboard that was saved",
      act: ({ grafana, name }) =>
        edit(grafana, "dashboard", name("board"), ({ spec }) => void (spec["title"] = "Theirs")),
      found: { "dashboard/board": "changed" },
    },
    {
      what: "a dashboard that was saved without changes",
      act: ({ grafana, name }) => edit(grafana, "dashboard", name("board"), () => {}),
      found: {},
    },
    {
      what: "a dashboard that was deleted",
      act: ({ grafana, name }) => remove(grafana, "dashboard", name("board")),
      found: { "dashboard/board": "missing" },
    },
    {
      what: "a folder that was renamed",
      act: ({ grafana, name }) => edit(grafana, "folder", name("home"), ({ spec }) => void (spec["title"] = "Theirs")),
      found: { "folder/home": "changed" },
    },
    {
      what: "a datasource whose URL was changed",
      act: ({ grafana, name }) => editDatasource(grafana, name("ds"), { url: "http://theirs:3100" }),
      found: { "datasource/ds": "changed" },
    },
    {
      what: "a mute timing that was changed",
      act: (one) =>
        put(one, `${TIMINGS}/${one.name("nights")}`, {
          name: one.name("nights"),
          time_intervals: [{ weekdays: ["friday"] }],
        }),
      found: { "mute-timing/nights": "changed" },
    },
    {
      what: "a template that was changed",
      act: (one) =>
        put(one, `${TEMPLATES}/${one.name("words")}`, {
          template: `{{ define "${one.name("words")}" }}theirs{{ end }}`,
        }),
      found: { "message-template/words": "changed" },
    },
    {
      what: "a contact point that was changed",
      act: async (one) => {
        const point = await pointNamed(one, "ops");
        await put(one, `${POINTS}/${point.uid}`, { ...point, settings: { url: "http://127.0.0.1:1/theirs" } });
      },
      found: { "contact-point/ops": "changed" },
    },
    {
      what: "a policy tree that was changed",
      act: async (one) => put(one, POLICIES, { ...(await tree(one.grafana)), group_interval: "7m" }),
      found: { "notification-policy/default": "changed" },
    },
    {
      what: "a rule group that was deleted",
      act: async ({ grafana, name }) => {
        const [rule] = (await rules(grafana)).filter(({ title }) => title === name("right"));
        const path = `/api/v1/provisioning/folder/${rule?.namespace_uid}/rule-groups/${rule?.rule_group}`;
        await grafana.other.send({ method: "DELETE", path });
      },
      found: { "rule-group/home/right": "missing" },
    },
    {
      what: "a rule that was changed",
      act: async ({ grafana, name }) => {
        const [rule] = (await rules(grafana)).filter(({ title }) => title === name("right"));
        if (!rule) throw new Error("no such rule");
        const theirs = alert(name("right"), { uid: rule.uid, for: "9m" });
        await theirGroup(grafana, rule.namespace_uid, rule.rule_group, [theirs]);
      },
      found: { "rule-group/home/right": "changed" },
    },
  ])("includes $what", async ({ act, found }) => {
    const stage = await scene();
    await act(stage);
    const { code, states: states_ } = await stage.drift();

    expect({ code, found: states_ }).toEqual({ code: Object.keys(found).length > 0 ? 2 : 0, found });
  });

  test("is shown with the author and the next command", async () => {
    const { grafana, run, name } = await scene();
    await edit(grafana, "dashboard", name("board"), ({ spec }) => void (spec["title"] = "Theirs"));
    const { stdout } = await run("drift");

    expect(stdout).toMatch(/ ~ dashboard\/board\S* "one two": changed in Grafana, last by \S+ at \d{4}-\S+Z\n/);
    expect(stdout).toContain('renamed from "one two" to "Theirs"');
    expect(stdout).toContain(`--overwrite-drift dashboard/${name("board")}`);
    expect(stdout).toMatch(/\nDrift: 1 changed in Grafana\. \d+ /);
  });

  test("is shown for both sides if the code was changed too, with the conflicts", async () => {
    const { grafana, project, codes, drift, run, name } = await scene();
    await edit(grafana, "dashboard", name("board"), ({ spec }) => {
      spec["title"] = "Theirs";
      spec["tags"] = ["theirs"];
    });
    const changed = codes[0].map((object) => {
      const { kind, uid, spec } = object as { kind: string; uid?: string; spec?: object };
      return kind === "dashboard" && uid === name("board")
        ? { ...object, spec: { ...spec, title: "Ours", description: "ours" } }
        : object;
    });
    await declare(project, changed);
    const { report, code } = await drift();
    const [found] = report.drift ?? [];

    expect({ code, state: found?.state, conflicts: found?.conflicts }).toEqual({
      code: 2,
      state: "conflict",
      conflicts: ["title"],
    });
    expect(found?.inGrafana?.map(({ path }) => path).toSorted()).toEqual(["tags", "title"]);
    expect(found?.inCode?.map(({ path }) => path).toSorted()).toEqual(["description", "title"]);
    const { stdout } = await run("drift");
    expect(stdout).toMatch(/In Grafana:\n(.*\n)+? {6}In the code:\n(.*\n)+? {6}Both changed: title\n/);
  });

  test("distinguishes an object whose mark another client removed from an object of another owner; both can be adopted", async () => {
    const { grafana, project, codes, drift, run, name } = await scene();
    const theirs = name("theirs");
    await make(grafana, "dashboard", theirs, { spec: { title: "Theirs" } });
    await edit(grafana, "dashboard", theirs, () => {});
    await declare(project, [...codes[0], { kind: "dashboard", uid: theirs, spec: { title: "Ours" } }]);
    const body = {
      dashboard: { uid: name("board"), title: "By another client" },
      folderUid: name("home"),
      overwrite: true,
    };
    await grafana.other.send({ method: "POST", path: "/api/dashboards/db", body });

    const { code, states: found, report } = await drift();
    expect({ code, found }).toEqual({
      code: 2,
      found: { "dashboard/board": "lost-mark", "dashboard/theirs": "foreign" },
    });
    expect(report.drift?.find(({ state }) => state === "lost-mark")?.inGrafana?.map(({ path }) => path)).toEqual([
      "title",
    ]);

    const adopted = await run("apply", "--adopt", `dashboard/${name("board")}`, `dashboard/${theirs}`);
    expect(adopted.code, adopted.stdout + adopted.stderr).toBe(0);
    expect((await drift()).code).toBe(0);
  });

  test("includes changes of an object that is no longer in the code", async () => {
    const { grafana, project, codes, drift, name } = await scene();
    const without = codes[0].filter((object) => !("uid" in object && object.uid === name("b-one")));
    await edit(grafana, "dashboard", name("b-one"), ({ spec }) => void (spec["title"] = "Theirs"));
    await declare(project, without);

    expect(await drift()).toMatchObject({ code: 2, states: { "dashboard/b-one": "changed" } });
    expect(await uidsOf(grafana, "dashboard"), "nothing is deleted").toContain(name("b-one"));
  });
});

import { describe, expect, test } from "vitest";
import type { Report } from "../../src/index.ts";
import { POINTS, POLICIES, rules, TEMPLATES, theirGroup, TIMINGS, tree } from "../alerting/support.ts";
import { declare, edit, editDatasource, make } from "../engine/support.ts";
import { inventory } from "../faults/support.ts";
import { MARKS } from "../helpers/mode.ts";
import { APPLY, scene, type Scene } from "./saved-plan-scene.ts";

describe.runIf(MARKS)("apply of a saved plan", () => {
  const name = ({ grafana }: Scene, stem: string) => grafana.name(stem);
  test.each<{
    what: string;
    act: (scene: Scene) => Promise<unknown>;
    names: readonly [string, RegExp];
    keeps?: readonly string[];
  }>([
    {
      what: "a dashboard was saved",
      act: (one) => edit(one.grafana, "dashboard", name(one, "board"), ({ spec }) => void (spec["title"] = "Theirs")),
      names: ["dashboard/board", /^would be skipped now: changed in Grafana and in the code since the last apply/],
    },
    {
      what: "a dashboard that the plan changes was saved without changes",
      act: (one) => edit(one.grafana, "dashboard", name(one, "board"), () => {}),
      names: ["dashboard/board", /^has changed in Grafana\b.*, last by /],
    },
    {
      what: "a folder was renamed",
      act: (one) => edit(one.grafana, "folder", name(one, "home"), ({ spec }) => void (spec["title"] = "Theirs")),
      names: ["folder/home", /^would be skipped now: changed in Grafana and in the code/],
    },
    {
      what: "a dashboard that the plan creates was created by another user",
      act: (one) => make(one.grafana, "dashboard", name(one, "b-two"), { spec: { title: "Theirs" } }),
      names: ["dashboard/b-two", /^was to be created\b.*\badopted now/],
    },
    {
      what: "a datasource was changed",
      act: (one) => editDatasource(one.grafana, name(one, "ds"), { url: "http://theirs:3100" }),
      names: ["datasource/ds", /^would be skipped now: changed in Grafana and in the code/],
    },
    {
      what: "a rule was changed",
      act: async (one) => {
        const [rule] = (await rules(one.grafana)).filter(({ title }) => title === name(one, "right"));
        await theirGroup(one.grafana, rule?.namespace_uid ?? "", rule?.rule_group ?? "", []);
        const folder = `/api/v1/provisioning/folder/${rule?.namespace_uid}/rule-groups/${rule?.rule_group}`;
        await one.grafana.other.send({ method: "DELETE", path: folder });
      },
      names: ["rule-group/home", /^was to be updated\b.*\bcreated now/],
    },
    {
      what: "a mute timing was changed",
      act: (one) =>
        one.grafana.other.send({
          method: "PUT",
          path: `${TIMINGS}/${name(one, "nights")}`,
          body: { name: name(one, "nights"), time_intervals: [{ weekdays: ["friday"] }] },
        }),
      names: ["mute-timing/nights", /^would be skipped now: changed in Grafana and in the code/],
    },
    {
      what: "a template was changed",
      act: (one) =>
        one.grafana.other.send({
          method: "PUT",
          path: `${TEMPLATES}/${name(one, "words")}`,
          body: { template: `{{ define "${name(one, "words")}" }}theirs{{ end }}` },
        }),
      names: ["message-template/words", /^would be skipped now: changed in Grafana and in the code/],
    },
    {
      what: "a contact point was changed",
      act: async (one) => {
        const all = (await one.grafana.other.send({ method: "GET", path: POINTS })) as { uid: string; name: string }[];
        const point = all.find((candidate) => candidate.name === name(one, "ops"));
        const body = { ...point, settings: { url: "http://127.0.0.1:1/theirs" } };
        await one.grafana.other.send({ method: "PUT", path: `${POINTS}/${point?.uid}`, body });
      },
      names: ["contact-point/ops", /^would be skipped now: changed in Grafana and in the code/],
    },
    {
      what: "the policy tree was changed",
      act: async (one) => {
        const body = { ...(await tree(one.grafana)), group_interval: "7m" };
        await one.grafana.other.send({ method: "PUT", path: POLICIES, body });
      },
      names: ["notification-policy/default", /^would be skipped now: changed in Grafana and in the code/],
      // The policy tree still uses them.
      keeps: ["contact-point/desk-one", "mute-timing/t-one"],
    },
    {
      what: "the code was changed",
      act: async (one) => {
        const changed = one.codes[1].map((object) => {
          const text = JSON.stringify(object);
          return "kind" in object && object.kind === "dashboard" && text.includes(name(one, "board"))
            ? (JSON.parse(text.replace('"two one"', '"three"')) as object)
            : object;
        });
        await declare(one.project, changed);
      },
      names: ["dashboard/board", /^has changed in the code\b/],
    },
    {
      what: "a resource was removed from the code",
      act: (one) =>
        declare(
          one.project,
          one.codes[1].filter((object) => !JSON.stringify(object).includes(name(one, "b-two"))),
        ),
      names: ["dashboard/b-two", /^was to be created\b/],
    },
  ])("is rejected if $what", async ({ act, names: [stem, why], keeps = [] }) => {
    const stage = await scene();
    await act(stage);
    const before = await inventory(stage.grafana);
    const applied = await stage.run(...APPLY, "-o", "json");

    const { error } = JSON.parse(applied.stdout) as Report;
    expect({ code: applied.code, name: error?.name }, applied.stderr).toEqual({ code: 7, name: "StalePlan" });
    expect(error?.moved?.map(({ address }) => address)).toEqual(
      [stem, ...keeps].map((one) => expect.stringMatching(`^${one}`)),
    );
    expect(error?.moved?.[0]?.why).toMatch(why);
    expect(await inventory(stage.grafana), "nothing was changed").toEqual(before);
  });
});

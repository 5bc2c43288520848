import { describe, expect, test } from "vitest";
import type { Report } from "../../src/index.ts";
import { alertingGrafana } from "../alerting/support.ts";
import { actions, repository } from "../engine/support.ts";
import { APPLY, guids, inventory, start, states } from "../faults/support.ts";
import { planFor } from "../helpers/converge.ts";
import { MARKS } from "../helpers/mode.ts";

const JSON_APPLY = [...APPLY, "-o", "json"];

/** The changes that a run reports. */
function changesOf({ changes = [] }: Report): readonly string[] {
  return changes.map(({ action, address }) => `${action} ${address}`).toSorted();
}

describe.runIf(MARKS)("ten concurrent applies of two versions of the code", () => {
  test("leave one of the two states, report correctly, and create no duplicates", async () => {
    const grafana = await alertingGrafana({ apart: true });
    const codes = states(grafana);
    const owner = grafana.name("own");
    const context = await grafana.context(owner);
    const projects = await Promise.all(codes.map((code) => repository(owner, code)));
    const run = async (version: 0 | 1) => {
      const project = projects[version];
      if (!project) throw new Error("two projects were expected");
      const { code, stdout, stderr } = await start(project, grafana.variables, JSON_APPLY).ended;
      return { version, code, stderr, report: JSON.parse(stdout) as Report };
    };
    // The changes from one version to the other without concurrent runs.
    const references = [];
    for (const version of [0, 1, 0, 1] as const) references.push(await run(version));
    const expected = [references[2], references[3]].map((one) => one && changesOf(one.report));
    const inventories: (readonly string[])[] = [];
    for (const version of [0, 1] as const) {
      await run(version);
      inventories.push(await inventory(grafana));
    }
    const history = await guids(grafana);

    const all = await Promise.all(Array.from({ length: 10 }, (_, index) => run(index % 2 === 0 ? 0 : 1)));

    for (const { code, stderr, report } of all) {
      expect({ code, error: report.error, failed: report.summary?.failed, left: report.summary?.left }, stderr).toEqual(
        {
          code: 0,
          error: undefined,
          failed: 0,
          left: 0,
        },
      );
    }
    // One after the other, each from the state that the previous one left: this gives the expected reports.
    const wrote = all
      .filter(({ report }) => report.run)
      .toSorted((a, b) => ((a.report.run?.id ?? "") < (b.report.run?.id ?? "") ? -1 : 1));
    expect(wrote.length).toBeGreaterThan(0);
    let before: 0 | 1 = 1;
    for (const { version, report } of wrote) {
      expect(version, "a run that finds its own version writes nothing").not.toBe(before);
      expect(changesOf(report)).toEqual(expected[version]);
      before = version;
    }
    const left = await Promise.all(
      codes.map(async (code) => actions(await planFor(context, code as { kind: string }[], { prune: true }))),
    );
    expect(left[before], "the version of the last run is complete").toEqual({});
    expect(await inventory(grafana)).toEqual(inventories[before]);
    expect(await guids(grafana), "no rule was created again").toEqual(history);
  });

  test("work on an empty Grafana", async () => {
    const grafana = await alertingGrafana({ apart: true });
    const codes = states(grafana);
    const owner = grafana.name("own");
    const projects = await Promise.all(codes.map((code) => repository(owner, code)));
    const runs = Array.from({ length: 10 }, (_, index) => projects[index % 2]).flatMap((project) =>
      project ? [start(project, grafana.variables).ended] : [],
    );
    for (const { code, stdout, stderr } of await Promise.all(runs)) expect(code, stdout + stderr).toBe(0);

    const context = await grafana.context(owner);
    const left = await Promise.all(
      codes.map(async (code) => actions(await planFor(context, code as { kind: string }[], { prune: true }))),
    );
    expect(left.filter((plan) => Object.keys(plan).length === 0)).toHaveLength(1);
  });
});

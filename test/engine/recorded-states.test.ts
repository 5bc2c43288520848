import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { apply } from "../../src/engine/apply.ts";
import { stableStringify, toJson, type JsonObject } from "../../src/util/json.ts";
import type { KindContext } from "../../src/engine/kind-context.ts";
import { EXIT } from "../../src/util/errors.ts";
import type { Report } from "../../src/index.ts";
import { kinds } from "../../src/kinds/index.ts";
import { converge, only, planFor } from "../helpers/converge.ts";
import { MARKS } from "../helpers/mode.ts";
import {
  changeRecord,
  FORMS,
  grafanaOf,
  recordIn,
  SUBJECTS,
  withForm,
  type Declared,
  type RecordedState,
} from "./recorded-states.ts";
import { actions, carryOut, changeOf, edit, editDatasource, place, remove, repository, stored } from "./support.ts";
import type { TestGrafana } from "../helpers/grafana.ts";

const MARK = "grafana-provision/applied";
/** Lower than the form of every kind. */
const OUTDATED = 0;

async function scene(form: number): Promise<{
  grafana: TestGrafana;
  state: RecordedState;
  context: KindContext;
  writes: () => number;
}> {
  const { grafana, state } = await grafanaOf(form);
  const context = await grafana.context(state.project);
  const writes = () =>
    grafana.requests.filter(({ method, path }) => method !== "GET" && !path.includes("dryRun")).length;
  return { grafana, state, context, writes };
}

async function outdated() {
  const made = await scene(2);
  await withForm(made.grafana, OUTDATED);
  return made;
}

describe.runIf(MARKS).each(FORMS)("a Grafana that a version with form %i has written", (form) => {
  test("needs no write for the same code, and --prune deletes all of it", async () => {
    const { state, context, writes } = await scene(form);
    const { plan } = await converge(context, state.code);
    expect(plan.changes).toEqual([]);
    expect(writes()).toBe(0);
    expect(new Set(Object.values(actions(await planFor(context, [], { prune: true }))))).toEqual(new Set(["delete"]));
  });

  test("accepts changes of the code without consent", async () => {
    const { state, context } = await scene(form);
    const code = SUBJECTS.reduce<Declared[]>((all, { change }) => change(all), [...state.code]);
    const { plan } = await converge(context, code);
    expect(plan.changes.map(({ origin }) => origin)).toEqual(SUBJECTS.map(() => "code"));
  });

  test("keeps changes made in Grafana, whether or not the code has the object", async () => {
    const { grafana, state, context } = await scene(form);
    for (const { meddle } of SUBJECTS) await meddle(grafana);
    const left = Object.fromEntries(SUBJECTS.map(({ address }) => [address, "left: drift"]));
    const prepared = await planFor(context, state.code);
    expect(actions(prepared)).toEqual(left);
    expect(prepared.plan.changes.map(({ origin }) => origin)).toEqual(SUBJECTS.map(() => "grafana"));
    expect(actions(await planFor(context, [], { prune: true }))).toMatchObject(left);
  });
});

describe.runIf(MARKS)("marks whose hashes are not comparable", () => {
  test("need no write for the same code", async () => {
    const { state, context, writes } = await outdated();
    expect((await converge(context, state.code)).plan.changes).toEqual([]);
    expect(writes()).toBe(0);
  });

  test.each(SUBJECTS)("$address, changed in Grafana, is skipped without --overwrite-drift", async (subject) => {
    const { grafana, state, context, writes } = await outdated();
    await subject.meddle(grafana);
    for (const code of [state.code, subject.change(state.code)]) {
      const prepared = await planFor(context, code);
      expect(actions(prepared)).toEqual({ [subject.address]: "left: drift" });
      await carryOut(context, prepared);
    }
    expect(writes()).toBe(0);
    const { plan } = await converge(context, state.code, { overwriteDrift: only(subject.address) });
    expect(plan.changes.map(({ kind, id }) => `${kind}/${id}`)).toEqual([subject.address]);
  });

  test.each(SUBJECTS)(
    "$address, changed in the code, is written where Grafana's version proves it unedited",
    async (subject) => {
      const { state, context } = await outdated();
      const change = changeOf(await planFor(context, subject.change(state.code)), subject.address);
      expect(change.origin).toBe(subject.versioned ? "code" : "unknown");
      expect(change.left?.uncertain).toBe(subject.versioned ? undefined : true);
    },
  );

  test("a dashboard that was saved without a change counts as unchanged", async () => {
    const { grafana, state, context } = await outdated();
    await edit(grafana, "dashboard", "state-board", () => {});
    const subject = SUBJECTS.find(({ address }) => address === "dashboard/state-board");
    const change = changeOf(await planFor(context, subject?.change(state.code) ?? []), "dashboard/state-board");
    expect(change).toMatchObject({ origin: "code" });
    expect(change.left).toBeUndefined();
  });

  test("the history of a dashboard shows whether the code was changed as well", async () => {
    const { grafana, state, context } = await outdated();
    const subject = SUBJECTS.find(({ address }) => address === "dashboard/state-board");
    await subject?.meddle(grafana);
    expect(changeOf(await planFor(context, state.code), "dashboard/state-board").origin).toBe("grafana");
    expect(changeOf(await planFor(context, subject?.change(state.code) ?? []), "dashboard/state-board").origin).toBe(
      "both",
    );
  });

  test("a dashboard without history is skipped as possibly changed", async () => {
    const { grafana, state, context } = await outdated();
    await SUBJECTS.find(({ address }) => address === "dashboard/state-board")?.meddle(grafana);
    const dashboards = { ...context.grafana.dashboards, history: () => Promise.resolve(undefined) };
    const without = { ...context, grafana: { ...context.grafana, dashboards } };
    expect(changeOf(await planFor(without, state.code), "dashboard/state-board")).toMatchObject({
      origin: "unknown",
      left: { reason: "drift", uncertain: true },
    });
  });

  test("the history is read only for objects that differ and may have been edited", async () => {
    const { grafana, state, context } = await outdated();
    const histories = () => grafana.requests.filter(({ path }) => path.includes("get-history")).length;
    await planFor(
      context,
      SUBJECTS.reduce<Declared[]>((all, { change }) => change(all), [...state.code]),
    );
    expect(histories()).toBe(0);
    await SUBJECTS.find(({ address }) => address === "dashboard/state-board")?.meddle(grafana);
    await planFor(context, state.code);
    expect(histories()).toBe(1);
  });

  test("do not allow --prune to delete objects that may have been edited", async () => {
    const { context } = await outdated();
    const planned = actions(await planFor(context, [], { prune: true }));
    expect(planned["datasource/state-loki"]).not.toBe("left: drift");
    expect(planned["message-template/state-words"]).toBe("left: drift");
    expect(planned["dashboard/state-board"]).toBe("delete");
  });

  test("the ledger gets comparable hashes of objects that equal the code when it is next written", async () => {
    const { grafana, state, context } = await outdated();
    expect(await recordIn(grafana)).toMatchObject({ form: OUTDATED });
    const words = { kind: "message-template", name: "state-more", template: '{{ define "state-more" }}x{{ end }}' };
    const { outcomes } = await converge(context, [...state.code, words]);
    expect(outcomes.map(({ change }) => change.id)).toEqual(["state-more"]);
    await SUBJECTS.find(({ address }) => address === "mute-timing/state-nights")?.meddle(grafana);
    const next = changeOf(await planFor(context, [...state.code, words]), "mute-timing/state-nights");
    expect(next).toMatchObject({ origin: "grafana" });
    await converge(context, state.code, { prune: true, overwriteDrift: only("mute-timing/state-nights") });
  });

  test("an entry of an object that is not selected keeps its form", async () => {
    const { grafana, state, context } = await outdated();
    await SUBJECTS.find(({ address }) => address === "mute-timing/state-nights")?.meddle(grafana);
    const [subject] = SUBJECTS.filter(({ address }) => address === "message-template/state-words");
    await carryOut(
      context,
      await planFor(context, subject?.change(state.code) ?? [], {
        overwriteDrift: only("message-template/state-words"),
      }),
    );
    const change = changeOf(await planFor(context, subject?.change(state.code) ?? []), "mute-timing/state-nights");
    expect(change).toMatchObject({ origin: "unknown", left: { uncertain: true } });
  });

  test("`apply` exits 8, and `drift` exits 2 and lists the object", async () => {
    const { grafana, state } = await outdated();
    await SUBJECTS.find(({ address }) => address === "rule-group/state-home/state-pages")?.meddle(grafana);
    const project = await repository(state.project, state.code);
    const applied = await project.run(["apply", "--yes"], grafana.variables);
    expect(applied.code, applied.stdout + applied.stderr).toBe(EXIT.driftLeft);
    const drift = await project.run(["drift", "-o", "json"], grafana.variables);
    expect(drift.code).toBe(EXIT.differences);
    expect(JSON.parse(drift.stdout)).toMatchObject({
      drift: [{ address: "rule-group/state-home/state-pages", state: "possibly-changed" }],
    });
  });

  test("an object with a pending entry of an older version is skipped unless it has the announced content", async () => {
    const { grafana, state, context } = await scene(2);
    const name = "message-template/state-words";
    await changeRecord(grafana, ({ entries, ...rest }) => ({
      ...rest,
      entries: { ...entries, [name]: (entries[name] ?? []).with(2, "pending") },
    }));
    const subject = SUBJECTS.find(({ address }) => address === name);
    expect(actions(await planFor(context, state.code))).toEqual({});
    expect(changeOf(await planFor(context, subject?.change(state.code) ?? []), name)).toMatchObject({ origin: "code" });
    await subject?.meddle(grafana);
    expect(changeOf(await planFor(context, state.code), name)).toMatchObject({ left: { uncertain: true } });
  });
});

describe.runIf(MARKS)("data of a newer version is rejected, and nothing is written", () => {
  const HASH = "a".repeat(32);
  const newer = [
    ["with this version's fields", (uid: string) => `99:${HASH}:${HASH}:1:${uid}`],
    ["with other fields", () => "99:sha512/abc:{}"],
  ] as const;

  test.each(newer)("a dashboard's mark %s", async (_what, mark) => {
    const { grafana, state, context } = await scene(2);
    await edit(grafana, "dashboard", "state-board", ({ metadata }) => {
      metadata.annotations[MARK] = mark("state-board");
    });
    await expect(planFor(context, state.code)).rejects.toMatchObject({
      name: "WrittenByNewer",
      exitCode: EXIT.failure,
    });
  });

  test.each(newer)("a folder's mark %s", async (_what, mark) => {
    const { grafana, state, context } = await scene(2);
    await edit(grafana, "folder", "state-inner", ({ metadata }) => {
      metadata.annotations[MARK] = mark("state-inner");
    });
    await expect(planFor(context, state.code)).rejects.toMatchObject({ name: "WrittenByNewer" });
  });

  test.each(newer)("a datasource's mark %s", async (_what, mark) => {
    const { grafana, state, context } = await scene(2);
    const own = { owner: state.project, applied: mark("state-loki") };
    await editDatasource(grafana, "state-loki", { jsonData: { "grafana-provision": own } });
    await expect(planFor(context, state.code)).rejects.toMatchObject({ name: "WrittenByNewer" });
  });

  test.each([
    ["with this version's fields", (record: object) => ({ ...record, form: 99 })],
    ["with other fields", () => ({ form: 99, objects: [] })],
  ])("the record %s", async (_what, change) => {
    const { grafana, state, context } = await scene(2);
    await changeRecord(grafana, change);
    await expect(planFor(context, state.code)).rejects.toMatchObject({ name: "WrittenByNewer" });
    const project = await repository(state.project, state.code);
    const before = await recordIn(grafana);
    const applied = await project.run(["apply", "--yes"], grafana.variables);
    expect(applied.code, applied.stdout + applied.stderr).toBe(EXIT.failure);
    expect(applied.stderr).toContain("Upgrade grafana-provision");
    expect(await recordIn(grafana)).toEqual(before);
  });

  test.each([
    ["of a later version", (plan: JsonObject) => ({ ...plan, version: 99 })],
    ["with a field that this version does not know", (plan: JsonObject) => ({ ...plan, more: true })],
  ])("a saved plan %s", async (_what, change) => {
    const project = await repository("recorded-states", []);
    await project.run(["plan", "--sandbox", "--out", "plan.json"]);
    const path = join(project.directory, "plan.json");
    const { digest: _, ...plan } = JSON.parse(await readFile(path, "utf8")) as JsonObject;
    const newer = toJson(change(plan));
    const digest = `sha256:${createHash("sha256").update(stableStringify(newer)).digest("hex")}`;
    await writeFile(path, JSON.stringify({ ...Object(newer), digest }));

    const applied = await project.run(["apply", "plan.json", "--sandbox"]);

    expect(applied.code).toBe(EXIT.conflict);
    expect(applied.stderr).toContain("Upgrade grafana-provision");
  });

  test("a run's record", async () => {
    const { grafana, state } = await scene(2);
    const project = await repository(state.project, [...state.code, place("state-more")]);
    const applied = await project.run(["apply", "--yes", "-o", "json"], grafana.variables);
    const { run } = JSON.parse(applied.stdout) as Report;
    const path = join(run?.directory ?? "", "run.json");
    await writeFile(path, JSON.stringify({ ...Object(JSON.parse(await readFile(path, "utf8"))), version: 99 }));

    const undone = await project.run(["rollback", run?.id ?? "", "--yes"], grafana.variables);

    expect(undone.code).not.toBe(EXIT.done);
    expect(undone.stdout + undone.stderr).toContain("newer version of grafana-provision");
    expect((await stored(grafana, "folder", "state-more")).metadata.name).toBe("state-more");
    await remove(grafana, "folder", "state-more");
  });

  test("except fields that a later version added to a mark of this form", async () => {
    const { grafana, state, context } = await scene(2);
    await edit(grafana, "dashboard", "state-board", ({ metadata }) => {
      const fields = (metadata.annotations[MARK] ?? "").split(":").with(3, String(metadata.generation + 1));
      metadata.annotations[MARK] = [...fields, "", "more=1"].join(":");
    });
    const subject = SUBJECTS.find(({ address }) => address === "dashboard/state-board");
    expect(changeOf(await planFor(context, subject?.change(state.code) ?? []), "dashboard/state-board")).toMatchObject({
      origin: "code",
    });
    const prepared = await planFor(context, state.code);
    expect(await apply(context, prepared, { kinds, concurrency: 8, emit: () => {} })).toEqual([]);
  });
});

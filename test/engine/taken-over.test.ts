import { describe, expect, test } from "vitest";
import type { KindContext } from "../../src/engine/kind-context.ts";
import { datasource, folder } from "../../src/index.ts";
import { EXIT } from "../../src/util/errors.ts";
import { converge, planFor } from "../helpers/converge.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";
import { readIn, saveInV2, storedVersion } from "../helpers/schema-v2.ts";
import {
  board,
  carryOut,
  changeOf,
  datasourceNow,
  declare,
  edit,
  editDatasource,
  repository,
  setExpr,
  stored,
} from "./support.ts";

// A change made in Grafana that the code took over is what was applied from the next apply on.

interface Subject {
  readonly name: string;
  readonly code: (value: string) => { kind: string };
  readonly save: (value: string) => Promise<void>;
  /** What every write of the object changes. */
  readonly version: () => Promise<unknown>;
}

const SUBJECTS: readonly [string, (grafana: TestGrafana, uid: string) => Subject][] = [
  [
    "dashboard",
    (grafana, uid) => ({
      name: `dashboard/${uid}`,
      code: (value) => board(uid, { expr: value }),
      save: (value) => edit(grafana, "dashboard", uid, (object) => setExpr(object, value)),
      version: async () => (await stored(grafana, "dashboard", uid)).metadata.resourceVersion,
    }),
  ],
  [
    "folder",
    (grafana, uid) => ({
      name: `folder/${uid}`,
      code: (value) => folder({ uid, title: uid, description: value }),
      save: (value) => edit(grafana, "folder", uid, ({ spec }) => (spec["description"] = value)),
      version: async () => (await stored(grafana, "folder", uid)).metadata.resourceVersion,
    }),
  ],
  [
    "datasource",
    (grafana, uid) => ({
      name: `datasource/${uid}`,
      code: (value) => datasource({ uid, name: uid, type: "loki", url: `http://${value}:3100` }),
      save: (value) => editDatasource(grafana, uid, { url: `http://${value}:3100` }),
      version: async () => (await datasourceNow(grafana, uid))?.version,
    }),
  ],
];

interface Scene extends Subject {
  readonly grafana: TestGrafana;
  readonly context: KindContext;
}

/** An object that was changed to `two` in Grafana, like the code now. */
async function scene(subjectOf: (grafana: TestGrafana, uid: string) => Subject): Promise<Scene> {
  const grafana = await testGrafana();
  const context = await grafana.context(grafana.name("own"));
  const subject = subjectOf(grafana, grafana.name("taken"));
  await converge(context, [subject.code("one")]);
  await subject.save("two");
  return { grafana, context, ...subject };
}

describe.runIf(MARKS).each(SUBJECTS)(
  "a change of a %s that was copied into the code [needs marks]",
  (kind, subjectOf) => {
    test("becomes the applied content: undoing it in Grafana is a change made there", async () => {
      const { context, name, code, save } = await scene(subjectOf);
      await converge(context, [code("two")]);
      await save("one");

      const prepared = await planFor(context, [code("two")]);

      expect(changeOf(prepared, name)).toMatchObject({ origin: "grafana", left: { reason: "drift" } });
    });

    test("is not a change made in Grafana when the code changes again", async () => {
      const { context, name, code } = await scene(subjectOf);
      await converge(context, [code("two")]);

      const prepared = await planFor(context, [code("three")]);

      expect(changeOf(prepared, name)).toMatchObject({ action: "update", origin: "code" });
      expect(changeOf(prepared, name).left).toBeUndefined();
      await converge(context, [code("three")]);
    });

    test("is not a change in the plan, but noted; one apply writes the mark, and the next one writes nothing", async () => {
      const { grafana, context, name, code, version } = await scene(subjectOf);
      const project = await repository(context.owner, [code("two")]);
      const before = await version();

      const planned = await project.run(["plan", "--detailed-exitcode", "-o", "json"], grafana.variables);
      expect(planned.code, planned.stdout + planned.stderr).toBe(EXIT.done);
      const { notes } = JSON.parse(planned.stdout) as { notes: string[] };
      expect(notes.filter((note) => note.includes(name))).toHaveLength(1);
      expect(await version()).toBe(before);

      expect((await project.run(["apply"], grafana.variables)).code).toBe(EXIT.done);
      const marked = await version();
      expect(marked).not.toBe(before);

      const again = await project.run(["plan", "-o", "json"], grafana.variables);
      expect((JSON.parse(again.stdout) as { notes: string[] }).notes).toEqual([]);
      expect((await project.run(["apply"], grafana.variables)).code).toBe(EXIT.done);
      expect(await version()).toBe(marked);
    });

    test("is not recorded if another user changes the object between plan and apply", async () => {
      const { context, name, code, save } = await scene(subjectOf);
      const prepared = await planFor(context, [code("two")]);
      await save("three");

      expect(await carryOut(context, prepared)).toEqual([]);

      const left = changeOf(await planFor(context, [code("two")]), name);
      expect(left.left, kind).toMatchObject({ reason: "drift" });
    });
  },
);

test.runIf(MARKS)("does not change the schema that a dashboard is stored in [needs marks]", async () => {
  const grafana = await testGrafana();
  const context = await grafana.context(grafana.name("own"));
  const uid = grafana.name("v2");
  const code = (title: string) => board(uid, { title });
  await converge(context, [code("one")]);
  const saved = await saveInV2(grafana, uid, (spec) => (spec["title"] = "two"));
  expect((await planFor(context, [code("two")])).takenOver.size).toBe(1);

  await converge(context, [code("two")]);

  expect((await readIn(grafana, "v2beta1", uid)).spec).toEqual(saved);
  expect(await storedVersion(grafana, uid)).toMatch(/^v2/);
  const marked = await stored(grafana, "dashboard", uid);
  await converge(context, [code("two")]);
  expect(await stored(grafana, "dashboard", uid)).toEqual(marked);
  expect(changeOf(await planFor(context, [code("three")]), `dashboard/${uid}`)).toMatchObject({ origin: "code" });
});

test.runIf(MARKS)("is recorded together with other changes of the same apply [needs marks]", async () => {
  const grafana = await testGrafana();
  const [taken, other] = [grafana.name("taken"), grafana.name("other")];
  const project = await repository(grafana.name("own"), [board(taken), board(other)]);
  await project.run(["apply"], grafana.variables);
  await edit(grafana, "dashboard", taken, (object) => setExpr(object, "two"));
  await declare(project, [board(taken, { expr: "two" }), board(other, { expr: "two" })]);
  expect((await project.run(["apply"], grafana.variables)).code).toBe(EXIT.done);
  await declare(project, [board(taken, { expr: "three" }), board(other, { expr: "two" })]);

  const applied = await project.run(["apply"], grafana.variables);

  expect(applied.code, applied.stdout).toBe(EXIT.done);
});

test.runIf(MARKS)(
  "of a datasource is recorded without its secrets, and a secret that was set manually is kept [needs marks]",
  async () => {
    const grafana = await testGrafana();
    const context = await grafana.context(grafana.name("own"));
    const uid = grafana.name("ds");
    const code = (host: string) => datasource({ uid, name: uid, type: "loki", url: `http://${host}:3100` });
    await converge(context, [code("one")]);
    await editDatasource(grafana, uid, { url: "http://two:3100", secureJsonData: { basicAuthPassword: "by-hand" } });
    await converge(context, [code("two")]);
    const marked = await datasourceNow(grafana, uid);
    expect(marked).toMatchObject({ secureJsonFields: { basicAuthPassword: true } });
    await converge(context, [code("two")]);
    expect(await datasourceNow(grafana, uid)).toMatchObject({ version: marked?.version });
    expect(changeOf(await planFor(context, [code("three")]), `datasource/${uid}`)).toMatchObject({ origin: "code" });
  },
);

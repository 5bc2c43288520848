import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { secretValues } from "../../src/secrets/values.ts";
import { datasource } from "../../src/index.ts";
import { alertingGrafana, cleanUp, points } from "../alerting/support.ts";
import { faultsIn } from "../cli/support.ts";
import { actions, keepDefault } from "../engine/support.ts";
import { testProject, type TestProject } from "../helpers/cli.ts";
import { only, planFor } from "../helpers/converge.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { MARKS } from "../helpers/mode.ts";
import { GENERATED, runs as casesOf, SEED, timeShare } from "../helpers/seed.ts";
import { codeOf, state, type State } from "./arbitraries.ts";
import { carriedOut, dump, expectSame, filesIn, runsFolder, runsIn, undoOf } from "./support.ts";

const KEY = { GRAFANA_PROVISION_KEY: "0123456789abcdef-of-tests" };

interface Scene {
  readonly grafana: TestGrafana;
  readonly project: TestProject;
  readonly owner: string;
  /** Writes the code: the word is in texts, properties and names of properties. */
  readonly code: (word: string, version?: number) => Promise<void>;
  readonly run: (...args: string[]) => Promise<{ code: number | null; stdout: string; stderr: string }>;
  readonly done: (...args: string[]) => Promise<string>;
  readonly now: () => ReturnType<typeof dump>;
  /** Replaces values of variables. */
  readonly set: (values: Readonly<Record<string, string>>) => void;
}

async function scene(password: string): Promise<Scene> {
  const grafana = await alertingGrafana();
  const owner = grafana.name("own");
  let variables: Record<string, string> = { ...grafana.variables, PASSWORD: password, ...KEY };
  const project = await testProject({
    "grafana.config.ts": `export default { project: "${owner}", resources: ["./resources"] };\n`,
  });
  const run = (...args: string[]) => project.run(args, variables);
  return {
    grafana,
    project,
    owner,
    run,
    now: () => dump(grafana, owner),
    set: (values) => void (variables = { ...variables, ...values }),
    async done(...args) {
      const { code, stdout, stderr } = await run(...args);
      expect(code, stdout + stderr).toBe(0);
      return stdout;
    },
    code: (word, version = 1) =>
      project.write({
        "resources/all.ts": `
          import { contactPoint, dashboard, datasource, env, folder, messageTemplate, secret } from "grafana-provision";
          const word = ${JSON.stringify(word)};
          export const home = folder({ uid: "${grafana.name("home")}", title: "Home ${version}", description: "about " + word });
          export const ds = datasource({ uid: "${grafana.name("ds")}", name: "${grafana.name("ds")}", type: "prometheus",
            url: "http://prometheus:9090/" + encodeURIComponent(word) + "/${version}", jsonData: { note: word, [word]: ["${version}", word] },
            basicAuth: true, basicAuthUser: "me", secureJsonData: { basicAuthPassword: secret(env("PASSWORD")) } });
          export const board = dashboard({ uid: "${grafana.name("board")}", folder: home, spec: {
            title: "About " + word + " ${version}", tags: [word], panels: [
            { id: 1, type: "text", title: word, gridPos: { h: 8, w: 12, x: 0, y: 0 },
              options: { content: "the " + word + " of ${version}, " + btoa(unescape(encodeURIComponent(word))) } } ] } });
          export const words = messageTemplate({ name: "${grafana.name("words")}", template: "${version} " + word });
          export const hook = contactPoint({ name: "${grafana.name("hook")}", integrations: [{ type: "webhook", uid: "${grafana.name("hook")}",
            settings: { url: "http://127.0.0.1:1/ours", title: word + " ${version}", password: secret(env("PASSWORD")) } }] });`,
      }),
  };
}

/** The texts of the recorded bodies. */
async function bodies(project: TestProject): Promise<string> {
  const files = Object.entries(await filesIn(join(project.directory, ".grafana-provision")));
  return files.flatMap(([file, text]) => (file.includes("/before/") ? [text] : [])).join("\n");
}

const WORDS = {
  "a common word": "prometheus",
  "several words": "the text of a panel",
  "quotes and escapes": 'quote"s \\ and <b>&amp; %41',
  "letters of several scripts": "Paßwort-漢字-😀",
};
const SHORT = { "one letter": "e", "two letters": "up", "a short word": "options", "a number": "1" };

describe.runIf(MARKS)("a run is rolled back completely if objects contain a secret that is", () => {
  for (const [what, word] of Object.entries(WORDS)) {
    test(`${what}, and no recorded body contains it`, async () => {
      const { grafana, project, code, done, now } = await scene(word);
      await code(word);
      await done("apply");
      const before = await now();
      await code(word, 2);
      await done("apply");
      const recorded = await bodies(project);
      for (const form of [
        word,
        JSON.stringify(word).slice(1, -1),
        encodeURIComponent(word),
        btoa(unescape(encodeURIComponent(word))),
      ])
        expect(recorded).not.toContain(form);
      await done("rollback", "latest");
      expectSame(await now(), before);

      await code("another text", 3);
      await done("apply", "--overwrite-drift");
      await done("rollback", "latest");
      expectSame(await now(), before);
      await done("destroy", "--yes");
      await done("rollback", "latest");
      expect((await points(grafana)).find(({ uid }) => uid === grafana.name("hook"))?.settings["title"]).toBe(
        `${word} 1`,
      );
    });
  }

  for (const [what, word] of Object.entries(SHORT)) {
    test(`${what}, which stays in texts as it is`, async () => {
      const { project, code, run, done, now } = await scene(word);
      await code(word);
      await done("apply");
      const before = await now();
      await code(word, 2);
      const { stderr } = await run("apply");
      expect(stderr).toContain("PASSWORD has fewer than 8 characters");
      expect(await bodies(project)).toContain(`the ${word} of 1`);
      await done("rollback", "latest");
      expectSame(await now(), before);
    });
  }

  test("the password of the tool's own user", async () => {
    const { project, code, done, now, set } = await scene("hunter2-password");
    await code("prometheus");
    await done("apply");
    const before = await now();
    // Sent nowhere: the header is not used.
    set({ GRAFANA_HTTP_HEADERS: '{"X-Unused":"prometheus"}' });
    await code("prometheus", 2);
    await done("apply");
    expect(await bodies(project)).not.toContain("prometheus");
    await done("rollback", "latest");
    expectSame(await now(), before);
  });
});

describe.runIf(MARKS)("a recorded text with a secret", () => {
  test("is restored only with the value that the secret had, and another value is not sent", async () => {
    const { project, code, done, run, now, set } = await scene("prometheus-is-it");
    await code("prometheus-is-it");
    await done("apply");
    const before = await now();
    await code("another text", 2);
    await done("apply");
    for (const value of ["prometheus-is-not", ""]) {
      set({ PASSWORD: value });
      const { code: exit, stdout, stderr } = await run("rollback", "latest");
      expect(exit, stdout + stderr).toBe(4);
      expect(stdout).toContain("set PASSWORD to that value");
      expect(JSON.stringify(await now())).not.toContain("prometheus-is-not");
    }
    set({ PASSWORD: "prometheus-is-it" });
    const [, second = ""] = await runsIn(project);
    await done("rollback", second, "--overwrite-drift");
    expectSame(await now(), before);
  });

  test("is not read from a variable that the code of the run did not name", async () => {
    const { project, code, done, run, set } = await scene("prometheus-is-it");
    await code("prometheus-is-it");
    await done("apply");
    await code("another text", 2);
    await done("apply");
    const runs = join(project.directory, ".grafana-provision", "runs");
    const before = join(
      runs,
      (await readdir(runs)).filter((name) => name.startsWith("2")).toSorted()[1] ?? "",
      "before",
    );
    for (const file of await readdir(before)) {
      const text = await readFile(join(before, file), "utf8");
      await writeFile(join(before, file), text.replaceAll('"PASSWORD"', '"OTHER"'));
    }
    set({ OTHER: "prometheus-is-it" });
    const { stdout } = await run("rollback", "latest");
    expect(stdout).toMatch(/! dashboard\/.*set OTHER to that value/);
  });

  test("is kept if an object in Grafana only looks like an encrypted one", async () => {
    const { grafana, code, done, now } = await scene("prometheus");
    await code("prometheus");
    await done("apply");
    const path = `/api/datasources/uid/${grafana.name("ds")}`;
    const there = (await grafana.other.send({ method: "GET", path })) as { jsonData: object };
    const forged = {
      "$secret-text": 0,
      deep: { "$secret-entries": [[{ "$secret-text": 0 }, "x"]] },
      $$secret: "PASSWORD",
    };
    await grafana.other.send({ method: "PUT", path, body: { ...there, jsonData: { ...there.jsonData, forged } } });
    const before = await now();
    expect(JSON.stringify(before)).toContain("$secret-entries");
    await done("apply", "--overwrite-drift");
    await done("rollback", "latest");
    expectSame(await now(), before);
  });
});

test("a short secret is a warning of validate and plan, with a code", async () => {
  const { project, code, run, set } = await scene("abc1234");
  await code("x");
  for (const command of ["validate", "plan"]) {
    const faults = faultsIn(await run(command));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatchObject({
      level: "warning",
      place: expect.stringContaining("secureJsonData.basicAuthPassword"),
      message: expect.not.stringContaining("abc1234"),
    });
  }
  set({ PASSWORD: "long-enough" });
  expect(faultsIn(await run("validate"))).toEqual([]);
  expect((await project.run(["validate"])).code).toBe(0);
});

describe.runIf(MARKS)("an empty secret", () => {
  test("is missing: nothing is written", async () => {
    const { grafana, code, run, set } = await scene("");
    await code("x");
    for (const value of ["", undefined]) {
      if (value !== undefined) set({ PASSWORD: value });
      const { code: exit } = await run("apply");
      expect(exit).toBe(65);
      expect((await points(grafana)).filter(({ uid }) => uid === grafana.name("hook"))).toEqual([]);
    }
  });
});

/** Values that occur in the generated states, and values of other forms. */
const passwords = fc.oneof(
  fc.constantFrom("up", "one", "drei", "50%", "e", "0", "ü ✓", "Panel 0"),
  fc.constantFrom("timeseries", "rate(x[5m])", "schemaVersion", "Panel 1\n", "fieldConfig"),
  fc.constantFrom(
    "line one\nline two",
    "a\nb\n",
    "-----BEGIN KEY-----\r\nTUlJRXZnSUJBREFO\r\n-----END KEY-----\r\n",
    "\n\n  \n",
  ),
  fc.string({ minLength: 1, maxLength: 24, unit: "binary" }),
);
const urls = fc.constantFrom("http://one:9090", "http://two:9090", "http://h:1", "https://hooks.example.org/one/up");

describe.runIf(MARKS)("generated short, common and multi-line secrets", GENERATED, () => {
  test("an apply and its rollback restore the former state, and no file of a run contains a secret", async () => {
    const grafana = await testGrafana();
    await keepDefault(grafana);
    const owner = grafana.name("common");
    const base = await grafana.context(owner);
    const datasources = ["prometheus", "loki", "grafana-testdata-datasource"].map((type, index) => {
      const uid = grafana.name(`source${index}`);
      return { ...datasource({ uid, name: uid, type, url: "http://127.0.0.1:9090", isDefault: false }), uid };
    });
    const surroundings = { name: (stem: string) => grafana.name(stem), datasources };
    onTestFinished(() => cleanUp(grafana));
    const isOver = timeShare();
    await fc.assert(
      fc.asyncProperty(
        state(grafana.real),
        state(grafana.real),
        fc.tuple(passwords, passwords, urls, urls),
        async (one, two, [a, b, url, other]) => {
          if (isOver()) return;
          const variables = { SECRET_A: a, SECRET_B: b, SECRET_URL: url, SECRET_OTHER_URL: other, ...KEY };
          const runs = await runsFolder();
          const context = { ...base, secrets: secretValues({ variables }) };
          for (const variable of Object.keys(variables)) context.secrets.hide(variable);
          const applied = async (sketch?: State) => {
            const code = sketch ? codeOf(sketch, surroundings) : [];
            const prepared = await planFor(context, code, {
              prune: true,
              ...(sketch ? { adopt: only("notification-policy/default") } : {}),
            });
            expect(prepared.plan.changes.filter(({ left }) => left)).toEqual([]);
            return carriedOut(context, prepared, runs);
          };
          await applied(one);
          const before = await dump(grafana, owner);
          const { run } = await applied(two);
          const values = Object.values(variables).filter((value) => value.trim().length >= 8);
          const leaks = Object.entries(await filesIn(runs)).flatMap(([file, text]) => {
            const found = values.filter((value) =>
              [value, JSON.stringify(value).slice(1, -1)].some((form) => text.includes(form)),
            );
            return found.map((value) => [file, value]);
          });
          expect(leaks).toEqual([]);
          const undo = run && (await undoOf(context, run));
          expect(undo?.plan.changes.filter(({ left }) => left) ?? []).toEqual([]);
          if (undo) await carriedOut(context, undo, runs);
          expectSame(await dump(grafana, owner), before);
          expect(run ? actions(await undoOf(context, run)) : {}).toEqual({});
          // The next case has other secrets.
          await applied();
        },
      ),
      { seed: SEED, numRuns: casesOf(10, 20), endOnFailure: true },
    );
  });
});

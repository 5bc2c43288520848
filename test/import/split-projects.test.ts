import { existsSync, globSync, readFileSync } from "node:fs";
import { readFile, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import {
  above,
  alertRule,
  contactPoint,
  dashboard,
  datasource,
  existing,
  folder,
  ImportSchema,
  libraryPanel,
  messageTemplate,
  muteTiming,
  notificationPolicy,
  playlist,
  promql,
  ruleGroup,
  type Report,
} from "../../src/index.ts";
import { alertingGrafana, cleanUp } from "../alerting/support.ts";
import { makeDatasource } from "../engine/support.ts";
import { testProject, type TestProject } from "../helpers/cli.ts";
import { converge } from "../helpers/converge.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { KUBERNETES } from "../helpers/mode.ts";
import { onTestFinished } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");

/** Runs `import --split folder` for the objects of a test. */
async function split(project: TestProject, grafana: TestGrafana, ...args: string[]) {
  const names = `*/*${grafana.name("").slice(1)}*`;
  const only = ["folder", "dashboard", "datasource", "library-panel", "playlist", "rule-group", "contact-point"];
  const patterns = [...only, "mute-timing", "message-template"].map((kind) => names.replace("*", kind));
  const done = await project.run(
    ["import", "--split", "folder", "-o", "json", "--only", ...patterns, "notification-policy", ...args],
    grafana.variables,
  );
  return { ...done, report: ImportSchema.parse(JSON.parse(done.stdout)) };
}

const fileNamesIn = (project: TestProject) =>
  globSync("**/*.ts", { cwd: project.directory, exclude: ["node_modules"] }).toSorted();

/** `plan`, `apply` and others of one of the projects. */
async function runIn(project: TestProject, grafana: TestGrafana, own: string, ...args: string[]) {
  const [command = "", ...rest] = args;
  const done = await project.run([command, "--config", own, "-o", "json", ...rest], grafana.variables);
  return { ...done, report: JSON.parse(done.stdout) as Report };
}

async function typeErrors(project: TestProject): Promise<string> {
  await symlink(join(ROOT, "node_modules"), join(project.directory, "node_modules"));
  await project.write({
    "tsconfig.json": JSON.stringify({
      extends: join(ROOT, "tsconfig.json"),
      compilerOptions: { types: ["node"], paths: { "grafana-provision": [join(ROOT, "src/index.ts")] } },
      include: ["*/**/*.ts"],
      exclude: ["node_modules"],
    }),
  });
  const { spawnSync } = await import("node:child_process");
  const done = spawnSync(join(ROOT, "node_modules/.bin/tsc"), ["-p", "."], {
    cwd: project.directory,
    encoding: "utf8",
  });
  return done.stdout;
}

test.runIf(KUBERNETES)(
  "--split folder writes a project for each folder, and each plans empty after all are applied, in any order",
  async () => {
    const grafana = await alertingGrafana();
    const name = (stem: string) => grafana.name(stem);
    const [a, b] = [
      folder({ uid: name("a"), title: name("Alpha") }),
      folder({ uid: name("b"), title: name("Bravo") }),
    ] as const;
    const inner = folder({ uid: name("inner"), title: "Inner", parent: b });
    const source = (stem: string) => ({
      ...datasource({ uid: name(stem), name: name(stem), type: "prometheus", url: "http://p" }),
      uid: name(stem),
    });
    const [both, onlyB] = [source("both"), source("only-b")];
    const point = (stem: string) =>
      contactPoint({
        name: name(stem),
        integrations: [{ type: "email", settings: { addresses: `${stem}@example.invalid` } }],
      });
    const [ops, teamA, teamB] = [point("ops"), point("team-a"), point("team-b")];
    const nights = muteTiming({
      name: name("nights"),
      time_intervals: [{ times: [{ start_time: "00:00", end_time: "06:00" }] }],
    });
    const template = messageTemplate({ name: name("mail"), template: `{{ define "${name("mail")}" }}Hi{{ end }}` });
    const policy = notificationPolicy({
      receiver: ops,
      routes: [{ receiver: ops, object_matchers: [["team", "=", "b"]], mute_time_intervals: [nights] }],
    });
    const stat = ({ uid }: typeof both) => {
      const { ref } = existing.datasource(uid, "prometheus");
      const gridPos = { x: 0, y: 0, w: 8, h: 4 };
      return {
        type: "stat",
        title: "Requests",
        gridPos,
        datasource: ref,
        targets: [{ refId: "A", expr: "up", datasource: ref }],
      };
    };
    const library = libraryPanel({ uid: name("lib"), name: name("Shared panel"), folder: a, model: stat(both) });
    const board = (stem: string, where: typeof a | null, ...panels: object[]) =>
      dashboard({ uid: name(stem), folder: where, spec: { title: name(stem), panels: panels as never } });
    const used = { gridPos: { x: 0, y: 4, w: 8, h: 4 }, id: 2, title: "", libraryPanel: library };
    const boards = [
      board("in-a", a, stat(both)),
      board("in-inner", inner, stat(onlyB), used),
      board("in-b", b, stat(both)),
      board("at-root", null, stat(both)),
    ];
    const group = (where: typeof a, title: string, receiver: typeof ops) =>
      ruleGroup({
        folder: where,
        title: name(title),
        interval: 60,
        rules: [
          alertRule({
            title: `Down ${title}`,
            query: promql(both, "up"),
            when: above(1),
            notification_settings: { receiver },
          }),
        ],
      });
    const groups = [group(a, "rules-a", teamA), group(a, "rules-a2", teamB), group(b, "rules-b", teamB)];
    const list = playlist({ uid: name("list"), title: name("Wall"), interval: "1m", items: [boards[0] as never] });
    await converge(await grafana.context(name("source")), [
      a,
      b,
      inner,
      both,
      onlyB,
      ops,
      teamA,
      teamB,
      nights,
      template,
      policy,
      library,
      ...boards,
      ...groups,
      list,
    ]);

    const project = await testProject();
    await project.remove("grafana.config.ts");
    const { code, report, stderr } = await split(project, grafana);
    expect(code, stderr).toBe(0);
    const directories = report.projects?.map(({ directory }) => directory) ?? [];
    const [alpha = "", bravo = "", shared = ""] = directories;
    expect([alpha, bravo, shared]).toEqual([alpha, bravo, "shared"]);
    expect(alpha).toMatch(/^alpha-/);
    expect(bravo).toMatch(/^bravo-/);
    const owners = new Map(report.objects?.map(({ address, file }) => [address, file.split("/")[0]]));
    const ownerOf = (kind: string, stem: string) => owners.get(`${kind}/${name(stem)}`);
    expect([ownerOf("folder", "a"), ownerOf("folder", "b"), ownerOf("folder", "inner")]).toEqual([alpha, bravo, bravo]);
    expect(["in-a", "in-b", "in-inner", "at-root"].map((one) => ownerOf("dashboard", one))).toEqual([
      alpha,
      bravo,
      bravo,
      shared,
    ]);
    expect([ownerOf("datasource", "both"), ownerOf("datasource", "only-b")]).toEqual([shared, bravo]);
    // Two projects use the contact point of team B, and one uses that of team A.
    expect(["ops", "team-a", "team-b"].map((one) => ownerOf("contact-point", one))).toEqual([shared, alpha, shared]);
    expect([
      ownerOf("mute-timing", "nights"),
      ownerOf("message-template", "mail"),
      ownerOf("playlist", "list"),
    ]).toEqual([shared, shared, shared]);
    expect(ownerOf("library-panel", "lib")).toBe(alpha);
    expect(new Set(owners.keys()).size).toBe(report.objects?.length);
    expect(
      owners.get("notification-policy/default") ??
        [...owners].find(([one]) => one.startsWith("notification-policy"))?.[1],
    ).toBe(shared);

    // No project imports the code of another one.
    for (const file of fileNamesIn(project)) {
      const text = await readFile(join(project.directory, file), "utf8");
      const [own = ""] = file.split("/");
      for (const [, from = ""] of text.matchAll(/from "(\.[^"]*)"/g))
        expect(join(file, "..", from).split("/")[0], `${file} imports ${from}`).toBe(own);
    }
    const codeIn = (own: string) =>
      fileNamesIn(project)
        .filter((file) => file.startsWith(`${own}/`))
        .map((file) => readFileSync(join(project.directory, file), "utf8"))
        .join("\n");
    expect(codeIn(alpha)).toContain(`existing.datasource("${name("both")}"`);
    expect(codeIn(alpha)).toContain(`existing.contactPoint("${name("team-b")}")`);
    expect(codeIn(bravo)).toContain(`existing.libraryPanel("${name("lib")}"`);
    expect(codeIn(shared)).toContain(`existing.dashboard("${name("in-a")}")`);
    expect(await typeErrors(project)).toBe("");
    expect(existsSync(join(project.directory, "package.json"))).toBe(true);

    // The name is not unique on a Grafana that other tests use.
    const config = join(project.directory, shared, "grafana.config.ts");
    const text = await readFile(config, "utf8");
    await project.write({ [`${shared}/grafana.config.ts`]: text.replace('"shared"', JSON.stringify(name("shared"))) });
    for (const own of directories) {
      const { report: plan } = await runIn(project, grafana, own, "plan", "--adopt");
      expect(plan.changes?.map(({ action }) => action)).not.toContain("create");
      expect(plan.changes?.flatMap(({ differences }) => differences)).toEqual([]);
    }
    for (const own of [bravo, shared, alpha]) {
      const applied = await runIn(project, grafana, own, "apply", "--adopt", "--yes");
      expect(applied.code, applied.stderr + applied.stdout).toBe(0);
    }
    for (const own of directories) {
      const plan = await runIn(project, grafana, own, "plan", "--prune", "--detailed-exitcode");
      expect(plan.report.changes).toEqual([]);
      expect(plan.code, plan.stderr).toBe(0);
    }

    // A project without code deletes only its own objects.
    for (const file of fileNamesIn(project))
      if (file.startsWith(`${bravo}/`) && !file.endsWith("grafana.config.ts")) await project.remove(file);
    const prune = ["--prune", "--allow-empty", "--yes", "--max-deletes", "100"];
    const { report: pruned } = await runIn(project, grafana, bravo, "plan", ...prune.slice(0, 2));
    const ownOfB = [...owners].flatMap(([address, own]) => (own === bravo ? [address] : []));
    expect(pruned.changes?.map(({ address }) => address).toSorted()).toEqual(ownOfB.toSorted());
    expect(pruned.changes?.every(({ action }) => action === "delete")).toBe(true);
    const done = await runIn(project, grafana, bravo, "apply", ...prune);
    expect(done.code, done.stderr).toBe(0);
    for (const own of [alpha, shared])
      expect((await runIn(project, grafana, own, "plan", "--prune")).report.changes).toEqual([]);
  },
);

test.runIf(KUBERNETES)("titles that give one name get directories of their own, also in later imports", async () => {
  const grafana = await testGrafana();
  const name = (stem: string) => grafana.name(stem);
  const context = await grafana.context(name("source"));
  const titled = (uid: string, title: string) => folder({ uid: name(uid), title });
  const at = (uid: string, where: ReturnType<typeof titled>) =>
    dashboard({ uid: name(uid), folder: where, spec: { title: "Same", panels: [] } });
  const [one, two, three, four] = [
    titled("1", `Team  ${name("x")}`),
    titled("2", `team-${name("x")}`),
    titled("3", "共有"),
    titled("4", "Shared"),
  ] as const;
  await converge(context, [one, two, three, four, at("d1", one), at("d2", two), at("d3", three), at("d4", four)]);
  const project = await testProject({ ".gitignore": "" });
  await project.remove("grafana.config.ts");
  const { code, report, stderr } = await split(project, grafana, "--out", "teams");
  expect(code, stderr).toBe(0);
  const found = report.projects ?? [];
  expect(new Set(found.map(({ directory }) => directory.toLowerCase())).size).toBe(4);
  expect(new Set(found.map(({ project: owner }) => owner)).size).toBe(4);
  expect(found.map(({ directory }) => directory)).toContain("shared-2");
  for (const { directory } of found) {
    const { report: plan } = await runIn(project, grafana, join("teams", directory), "plan", "--adopt");
    expect(plan.changes?.flatMap(({ differences }) => differences)).toEqual([]);
    expect(plan.changes?.map(({ kind }) => kind).toSorted()).toEqual(["dashboard", "folder"]);
  }

  // A folder that is listed before the others must not take the directory of one of them.
  const zero = titled("0", `TEAM ${name("x")}`);
  await converge(context, [
    one,
    two,
    three,
    four,
    at("d1", one),
    at("d2", two),
    at("d3", three),
    at("d4", four),
    zero,
    at("d0", zero),
    at("d5", one),
  ]);
  const before = new Map(
    fileNamesIn(project).map((file) => [file, readFileSync(join(project.directory, file), "utf8")]),
  );
  const again = await split(project, grafana, "--out", "teams");
  expect(again.code, again.stderr).toBe(0);
  for (const [file, text] of before) expect(readFileSync(join(project.directory, file), "utf8"), file).toBe(text);
  const places = new Map(again.report.objects?.map(({ address, file }) => [address, file.split("/")[0]]));
  const first = report.objects?.find(({ address }) => address === `dashboard/${name("d1")}`)?.file.split("/")[0];
  expect(places.get(`dashboard/${name("d5")}`)).toBe(first);
  expect(found.map(({ directory }) => directory)).not.toContain(places.get(`dashboard/${name("d0")}`));
  expect([...places.keys()].toSorted()).toEqual(
    [`dashboard/${name("d0")}`, `dashboard/${name("d5")}`, `folder/${name("0")}`].toSorted(),
  );
  const last = await split(project, grafana, "--out", "teams");
  expect(last.report.written).toEqual([]);
});

test.runIf(KUBERNETES)("each project lists only its own variables, and no two have the same", async () => {
  const grafana = await testGrafana();
  if (grafana.real) onTestFinished(() => cleanUp(grafana));
  const name = (stem: string) => grafana.name(stem);
  const [a, b] = [folder({ uid: name("a"), title: "Alpha" }), folder({ uid: name("b"), title: "Bravo" })] as const;
  const at = (where: typeof a, stem: string) => {
    const { ref } = existing.datasource(name(stem), "prometheus");
    const panel = { type: "stat", title: "S", datasource: ref, targets: [{ refId: "A", expr: "up", datasource: ref }] };
    return dashboard({ uid: name(`d-${stem}`), folder: where, spec: { title: "Board", panels: [panel] } });
  };
  for (const stem of ["first", "second"])
    await makeDatasource(grafana, name(stem), {
      basicAuth: true,
      basicAuthUser: "u",
      secureJsonData: { basicAuthPassword: "not-a-real-password" },
    });
  await converge(await grafana.context(name("source")), [a, b, at(a, "first"), at(b, "second")]);
  const project = await testProject();
  await project.remove("grafana.config.ts");
  const { code, report, stderr } = await split(project, grafana);
  expect(code, stderr).toBe(0);
  const variables = ["alpha", "bravo"].map((own) =>
    [...readFileSync(join(project.directory, own, ".env.example"), "utf8").matchAll(/^(\w+)=$/gm)].map(
      ([, one]) => one,
    ),
  );
  expect(variables.map((all) => all.length)).toEqual([1, 1]);
  expect(new Set(variables.flat()).size).toBe(2);
  expect(new Set(report.variables)).toEqual(new Set(variables.flat()));
});

test.each([
  ["--split", "folder", "dashboard.json"],
  ["--split", "folder", "--update"],
  ["--split", "team"],
])("import %j is rejected", async (...args) => {
  const project = await testProject();
  expect((await project.run(["import", ...args])).code).toBe(64);
});

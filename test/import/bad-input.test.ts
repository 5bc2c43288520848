import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, globSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { dashboard } from "../../src/index.ts";
import { testProject } from "../helpers/cli.ts";
import { converge } from "../helpers/converge.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";

const TITLES = [
  'a/b\\c:d*e?"<>|',
  ".",
  "..",
  "CON",
  "con.txt",
  "trailing dot.",
  "tab\tand\nnew line",
  "`${process.env.HOME}`",
  "\u202egnp.exe",
  "😀",
  "constructor",
  "__proto__",
  "العربية",
  "שלום",
  "日本語のタイトル",
  "Ελληνικά",
  "кириллица",
  "हिन्दी",
  // One name on file systems that normalize: composed and decomposed.
  "caf\u00e9",
  "cafe\u0301",
  "CAFÉ",
  "x".repeat(400),
];

async function created(grafana: TestGrafana, titles: readonly string[]): Promise<string[]> {
  const uids = titles.map((_, index) => grafana.name(`t${index}`));
  const all = titles.map((title, index) => dashboard({ uid: uids[index] ?? "", folder: null, spec: { title } }));
  await converge(await grafana.context(grafana.name("source")), all);
  return uids;
}

test("titles in all scripts, and with characters that file systems don't allow, have files of their own", async () => {
  const grafana = await testGrafana();
  const uids = await created(grafana, TITLES);
  const project = await testProject({
    "grafana.config.ts": `export default { project: "${grafana.name("other")}" };\n`,
  });
  const only = ["--only", ...uids.map((uid) => `dashboard/${uid}`)];
  const { code, stdout, stderr } = await project.run(["import", ...only], grafana.variables);
  expect(code, stdout + stderr).toBe(0);

  const files = globSync("dashboards/**/*.ts", { cwd: project.directory });
  expect(files).toHaveLength(TITLES.length);
  const names = files.map((file) => basename(file, ".ts"));
  expect(names.filter((name) => !/^[\p{L}\p{N}\p{M}][\p{L}\p{N}\p{M}-]*$/u.test(name))).toEqual([]);
  expect(names.filter((name) => /^(con|prn|aux|nul|com\d|lpt\d)$/i.test(name))).toEqual([]);
  expect(new Set(names.map((name) => name.normalize("NFKC").toLowerCase())).size).toBe(TITLES.length);
  expect(Math.max(...names.map((name) => Buffer.byteLength(name)))).toBeLessThan(200);

  const plan = await project.run(["plan", "--adopt", "-o", "json"], grafana.variables);
  expect(plan.code, plan.stderr).toBe(0);
  const { changes } = JSON.parse(plan.stdout) as { changes: { address: string; differences: unknown[] }[] };
  expect(changes.map(({ address }) => address).toSorted()).toEqual(uids.map((uid) => `dashboard/${uid}`).toSorted());
  expect(changes.flatMap(({ differences }) => differences)).toEqual([]);
});

test("an import deletes what a killed import left, but not what a running one has written", async () => {
  const grafana = await testGrafana();
  const [uid = ""] = await created(grafana, ["Shop"]);
  const project = await testProject({
    "grafana.config.ts": `export default { project: "${grafana.name("other")}" };\n`,
  });
  const { pid: ended } = spawnSync(process.execPath, ["-e", "0"]);
  const running = spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)"]);
  await once(running, "spawn");
  const left = [ended, running.pid].map(
    (pid) => `.grafana-provision-import-${hostname().replaceAll(/\W/g, "_")}-${pid}-abcdef`,
  );
  for (const name of left) {
    mkdirSync(join(project.directory, name, "dashboards"), { recursive: true });
    writeFileSync(join(project.directory, name, "dashboards/shop.ts"), "export const half =");
  }
  const { code, stdout, stderr } = await project.run(["import", "--only", `dashboard/${uid}`], grafana.variables);
  running.kill();
  expect(code, stdout + stderr).toBe(0);
  expect(existsSync(join(project.directory, "dashboards/shop.ts"))).toBe(true);
  expect(readdirSync(project.directory).filter((name) => name.startsWith(".grafana-provision-import-"))).toEqual([
    left[1],
  ]);
});

import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { parse } from "yaml";
import {
  above,
  alertRule,
  dashboard,
  datasource,
  folder,
  libraryPanel,
  playlist,
  promql,
  ruleGroup,
} from "../../src/index.ts";
import { fileWriter } from "../../src/import/files.ts";
import { wholeText, type SourceText } from "../../src/import/format.ts";
import { NOTHING } from "../../src/engine/selection.ts";
import { alertingGrafana } from "../alerting/support.ts";
import { converge, planFor } from "../helpers/converge.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { KUBERNETES } from "../helpers/mode.ts";
import { imported } from "./support.ts";

test.runIf(KUBERNETES)("playlists, library panels and rule groups are equal to their imported code", async () => {
  const grafana = await alertingGrafana();
  const name = (stem: string) => grafana.name(stem);
  const home = folder({ uid: name("home"), title: name("Home") });
  const source = {
    ...datasource({ uid: name("prom"), name: name("Prom"), type: "prometheus", url: "http://p" }),
    uid: name("prom"),
  };
  const panel = libraryPanel({
    uid: name("panel"),
    name: name("Requests"),
    folder: home,
    model: {
      type: "stat",
      title: "Requests",
      options: { colorMode: "background" },
      targets: [{ refId: "A", expr: "up" }],
    },
  });
  const board = dashboard({
    uid: name("board"),
    folder: home,
    spec: { title: name("Board"), tags: ["tv"], panels: [] },
  });
  const list = playlist({ uid: name("list"), title: name("Office"), interval: "1m", items: [board, { tag: "tv" }] });
  const rules = [
    alertRule({ title: "Many errors", query: promql(source, "job:errors:ratio"), when: above(0.05), for: "5m" }),
    alertRule({ title: "Slow", query: promql(source, "job:latency", { refId: "Q" }), reduce: "max", when: above(2) }),
    alertRule({ title: "Down", query: promql(source, "up < 1"), reduce: false, when: above(0) }),
  ];
  const group = ruleGroup({ folder: home, title: name("group"), interval: 60, rules });
  const resources = [home, source, panel, board, list, group];
  await converge(await grafana.context(name("team")), resources);

  const other = await grafana.context(name("other"));
  const isOwn = ({ id }: { readonly id: string }) => id.includes(grafana.name("").slice(1));
  const { files, resources: code, left } = await imported(other, { selected: isOwn });
  expect(left).toEqual([]);
  const { plan } = await planFor(other, code, { adopt: { ...NOTHING, all: true } });
  expect(plan.changes.map(({ kind }) => kind)).toEqual(expect.arrayContaining(resources.map(({ kind }) => kind)));
  expect(plan.changes.map(({ action }) => action)).not.toContain("create");
  expect(plan.changes.flatMap(({ differences }) => differences)).toEqual([]);
  const text = [...files.values()].join("\n");
  expect(text.match(/ alertRule\(\{|\[alertRule\(\{/g)).toHaveLength(rules.length);
  expect(text).toContain('reduce: "max", when: above(2)');

  const inJson = await imported(other, { selected: isOwn, format: "json" });
  const documents = [...inJson.files].filter(([file]) => file.endsWith(".json"));
  expect(documents.map(([, json]) => (JSON.parse(json) as { kind: string }).kind)).toEqual(["Dashboard"]);
  const others = resources.map(({ kind }) => kind).filter((kind) => kind !== "dashboard");
  expect(inJson.resources.map(({ kind }) => kind).toSorted()).toEqual(others.toSorted());
});

test.runIf(KUBERNETES)("dashboards are also written as YAML, which has their content", async () => {
  const grafana = await testGrafana();
  const uid = grafana.name("board");
  const home = folder({ uid: grafana.name("home"), title: grafana.name("Home") });
  const text = "null\n- 012\n# é\t'\"";
  const spec = {
    title: "Yes: no",
    tags: ["on", "1e3"],
    panels: [{ type: "text", title: "T", options: { content: text } }],
  };
  await converge(await grafana.context(grafana.name("team")), [home, dashboard({ uid, folder: home, spec })]);
  const context = await grafana.context(grafana.name("other"));
  const { files } = await imported(context, { selected: ({ id }) => id === uid, format: "yaml" });
  const [path = "", yaml = ""] = [...files].find(([name]) => name.endsWith(".yaml")) ?? [];
  expect(path).toMatch(/^dashboards\/home-.*\/yes-no\.yaml$/);
  expect(parse(yaml)).toMatchObject({
    kind: "Dashboard",
    metadata: { name: uid, annotations: { "grafana.app/folder": home.uid } },
    spec: {
      title: "Yes: no",
      tags: expect.arrayContaining(["on", "1e3"]) as unknown,
      panels: [{ options: { content: text } }],
    },
  });
});

test.runIf(KUBERNETES)("a dashboard of 10 MB is equal to its imported code", async () => {
  const grafana = await testGrafana();
  const uid = grafana.name("large");
  const content = "0123456789 `${x}` \\ ".repeat(25_000);
  const panels = Array.from({ length: 20 }, (_, index) => ({
    type: "text",
    title: `Text ${index}`,
    options: { mode: "markdown", content: `${index} ${content}` },
    gridPos: { x: 0, y: index * 4, w: 24, h: 4 },
  }));
  const context = await grafana.context(grafana.name("team"));
  await converge(context, [dashboard({ uid, folder: null, spec: { title: "Large", panels } })]);
  const { files, resources } = await imported(context, { selected: ({ id }) => id === uid });
  expect(files.get("dashboards/large.ts")?.length).toBeGreaterThan(10_000_000);
  const { plan } = await planFor(context, resources);
  expect(plan.changes).toEqual([]);
});

test("an import that was killed leaves no file, and the next one writes all of them", async () => {
  const directory = mkdtempSync(join(tmpdir(), "import-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const plain = async (_: string, text: SourceText) => wholeText(text);
  const killed = fileWriter(directory, plain, false);
  await killed.add("dashboards/a.ts", "a");
  expect(existsSync(join(directory, "dashboards"))).toBe(false);
  expect(readdirSync(directory).every((name) => name.startsWith("."))).toBe(true);
  const next = fileWriter(directory, plain, false);
  await next.add("dashboards/a.ts", "a");
  await next.add("dashboards/b.ts", "b");
  expect(next.finish()).toEqual({ written: ["dashboards/a.ts", "dashboards/b.ts"], unchanged: [], kept: [] });
  next.close();
});

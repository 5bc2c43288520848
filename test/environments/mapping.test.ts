import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { faultsIn, untouchable } from "../cli/support.ts";
import { edit, make, stored } from "../engine/support.ts";
import { testProject } from "../helpers/cli.ts";
import { MARKS } from "../helpers/mode.ts";
import { CLASSIC, CODE, environment, furnished, projectFor, RULES, VARIABLES } from "./mapped-project.ts";
import { api, config, typeErrors } from "./support.ts";

describe.runIf(process.env["TEST_GRAFANA_URL"] === undefined)("one codebase for two Grafanas", () => {
  test("--only selects a rule group in a folder that is mapped by its name, by its id in Grafana", async () => {
    const eu = await furnished("eu");
    const project = await projectFor([environment(eu, "eu")]);

    const planned = await project.run(
      ["plan", "--env", "eu", "--only", "rule-group/folder-eu/critical", "-o", "json"],
      VARIABLES,
    );
    const wrong = await project.run(["plan", "--env", "eu", "--only", "rule-group/folder-eu/other"], VARIABLES);
    const adopted = await project.run(["plan", "--env", "eu", "--adopt", "rule-group/folder-eu/critical"], VARIABLES);

    expect(planned.code, planned.stderr).toBe(0);
    const { changes } = JSON.parse(planned.stdout) as { readonly changes: readonly { readonly address: string }[] };
    expect(changes.map(({ address }) => address)).toEqual(["rule-group/folder-eu/critical"]);
    expect(wrong.code).toBe(64);
    expect(adopted.code, adopted.stderr).toBe(0);
  });

  test("each gets its own datasources, folder and contact point, and the second plan is empty", async () => {
    const [eu, us] = [await furnished("eu"), await furnished("us")];
    const project = await projectFor([environment(eu, "eu"), environment(us, "us")]);

    for (const [grafana, env] of [
      [eu, "eu"],
      [us, "us"],
    ] as const) {
      const applied = await project.run(["apply", "--env", env, "--yes"], VARIABLES);
      expect(applied.code, applied.stdout + applied.stderr).toBe(0);
      const again = await project.run(["plan", "--env", env, "--detailed-exitcode"], VARIABLES);
      expect(again.code, again.stdout).toBe(0);

      for (const uid of ["code", "classic"]) {
        const { spec } = await stored(grafana, "dashboard", uid);
        const text = JSON.stringify(spec);
        expect(text).toContain(`"mimir-${env}"`);
        expect(text).not.toContain('"uid":"prometheus"');
      }
      expect((await stored(grafana, "dashboard", "code")).metadata.annotations["grafana.app/folder"]).toBe(
        `folder-${env}`,
      );
      const { spec } = await stored(grafana, "dashboard", "classic");
      const { list } = spec["templating"] as { list: { current?: { value: string } }[] };
      expect(list[0]?.current?.value).toBe(`mimir-${env}`);
      const logs = JSON.stringify((await stored(grafana, "dashboard", "exported")).spec);
      expect(logs).toContain(`"loki-${env}"`);
      const [rule] = (await grafana.other.send({ method: "GET", path: "/api/v1/provisioning/alert-rules" })) as {
        folderUID: string;
        data: { datasourceUid: string; model: { datasource?: { uid: string } } }[];
        notification_settings: { receiver: string };
      }[];
      expect(rule).toMatchObject({
        folderUID: `folder-${env}`,
        data: [
          { datasourceUid: `mimir-${env}`, model: { datasource: { uid: `mimir-${env}` } } },
          { datasourceUid: "__expr__" },
        ],
        notification_settings: { receiver: `team-${env}` },
      });
      const tree = await grafana.other.send({ method: "GET", path: "/api/v1/provisioning/policies" });
      expect(tree).toMatchObject({ receiver: "own", routes: [{ receiver: `team-${env}` }] });
      const path = "/apis/dashboard.grafana.app/v2beta1/namespaces/default/dashboards/v2";
      const v2 = MARKS ? JSON.stringify(await grafana.other.send({ method: "GET", path })) : `"name":"mimir-${env}"`;
      expect(v2).toContain(`"name":"mimir-${env}"`);
    }
  });

  test.runIf(MARKS)("`drift --write` writes an edit with the ids of the code", async () => {
    const eu = await furnished("eu");
    const us = { url: "http://127.0.0.1:1" };
    const project = await projectFor([environment(eu, "eu"), environment(us, "us")]);
    expect((await project.run(["apply", "--env", "eu", "--yes"], VARIABLES)).code).toBe(0);
    await edit(eu, "dashboard", "classic", ({ spec }) => {
      const [panel] = spec["panels"] as { title: string; targets: object[] }[];
      if (!panel) throw new Error("no panel");
      panel.title = "Requests per second";
      panel.targets.push({ refId: "B", expr: "rate(x[5m])", datasource: { type: "prometheus", uid: "mimir-eu" } });
    });

    const written = await project.run(["drift", "--write", "--env", "eu", "--yes"], VARIABLES);

    expect(written.code, written.stdout + written.stderr).toBe(0);
    const text = await readFile(join(project.directory, "resources/classic.json"), "utf8");
    expect(text).toContain("Requests per second");
    expect(text).toContain("rate(x[5m])");
    expect(text).not.toContain("mimir-eu");
    const again = await project.run(["plan", "--env", "eu", "--detailed-exitcode"], VARIABLES);
    expect(again.code, again.stdout).toBe(0);
  });

  test.runIf(MARKS).each(["datasource", "folder"])(
    "`drift --write` leaves an edit of a %s for which the mappings give no id",
    async (edited) => {
      const eu = await furnished("eu");
      const project = await projectFor([environment(eu, "eu")]);
      await make(eu, "folder", "other", { spec: { title: "Other" } });
      expect((await project.run(["apply", "--env", "eu", "--yes"], VARIABLES)).code).toBe(0);
      await edit(eu, "dashboard", "code", ({ metadata, spec }) => {
        const [panel] = spec["panels"] as { datasource: object }[];
        if (edited === "folder") metadata.annotations["grafana.app/folder"] = "other";
        else if (panel) panel.datasource = { type: "prometheus", uid: "prometheus" };
      });

      const run = await project.run(["drift", "--write", "--env", "eu", "--yes", "-o", "json"], VARIABLES);

      expect(run.code, run.stdout + run.stderr).toBe(4);
      const { writeBack } = JSON.parse(run.stdout) as {
        writeBack: { written: unknown[]; left: { address: string; reason: string }[] };
      };
      expect(writeBack.written).toEqual([]);
      const left = new Set(writeBack.left.map(({ address, reason }) => `${address} ${reason}`));
      expect([...left]).toEqual(["dashboard/code not-mapped"]);
      expect(await readFile(join(project.directory, "resources/code.ts"), "utf8")).toBe(CODE);
    },
  );

  test("a name that Grafana lacks: exit 65 with resource, environment and name, and nothing is written", async () => {
    const eu = await furnished("eu");
    const project = await testProject({
      "grafana.config.ts": config(
        `{ eu: { url: "${eu.url}", datasources: { prometheus: { name: "Metrics eu", type: "loki" } } } }`,
      ),
      "resources/classic.json": JSON.stringify(CLASSIC),
    });

    const { code, stderr } = await project.run(["apply", "--env", "eu", "--yes"], VARIABLES);

    expect(code).toBe(65);
    const [fault] = faultsIn({ stderr });
    expect(fault?.place).toContain("resources/classic.json");
    for (const word of ['"eu"', '"Metrics eu"', '"loki"']) expect(fault?.message).toContain(word);
    await expect(stored(eu, "dashboard", "classic")).rejects.toThrow("classic");
  });

  test("dashboards that share one spec keep it if only their folder is mapped", async () => {
    const eu = await furnished("eu");
    const project = await testProject({
      "grafana.config.ts": config(`{ eu: { url: "${eu.url}", folders: { platform: "folder-eu" } } }`),
      "resources/a.ts": api(`const place = existing.folder("platform");
const spec = { title: "Shared", panels: [{ id: 1, type: "text", title: "Kept", gridPos: { x: 0, y: 0, w: 6, h: 4 } }] };
export const one = dashboard({ uid: "one", folder: place, spec });
export const two = dashboard({ uid: "two", folder: place, spec });`),
    });

    const { code, stdout, stderr } = await project.run(["apply", "--env", "eu", "--yes"], VARIABLES);

    expect(code, stdout + stderr).toBe(0);
    for (const uid of ["one", "two"]) {
      const { spec, metadata } = await stored(eu, "dashboard", uid);
      expect(spec["panels"]).toEqual([expect.objectContaining({ title: "Kept" })]);
      expect(metadata.annotations["grafana.app/folder"]).toBe("folder-eu");
    }
  });

  test("a name is looked up for places that are no references, too", async () => {
    const eu = await furnished("eu");
    const environments = (name: string) =>
      config(`{ eu: { url: "${eu.url}", datasources: { prometheus: { name: "${name}" } } } }`);
    const variable = {
      type: "datasource",
      name: "ds",
      query: "prometheus",
      current: { text: "p", value: "prometheus" },
    };
    const several = { ...variable, name: "all", multi: true, current: { text: ["p"], value: ["prometheus", "other"] } };
    const internal = { datasourceUid: "prometheus", datasourceName: "Prometheus", query: { expr: "up" } };
    const defaults = { links: [{ title: "Explore", url: "", internal }] };
    const panels = [{ id: 1, type: "table", title: "Linked", fieldConfig: { defaults, overrides: [] } }];
    const project = await testProject({
      "grafana.config.ts": environments("Metrics eu"),
      "resources/a.json": JSON.stringify({ uid: "a", title: "A", panels, templating: { list: [variable, several] } }),
      "resources/b.ts": api(
        `export const b = datasource({ uid: "b", name: "B", type: "tempo", url: "http://localhost:3200", jsonData: { tracesToMetrics: { datasourceUid: "prometheus" } } });`,
      ),
    });

    const { code, stdout, stderr } = await project.run(["apply", "--env", "eu", "--yes"], VARIABLES);

    expect(code, stdout + stderr).toBe(0);
    const { spec } = await stored(eu, "dashboard", "a");
    expect(spec["templating"]).toMatchObject({
      list: [{ current: { value: "mimir-eu" } }, { current: { value: ["mimir-eu", "other"] } }],
    });
    expect(spec["panels"]).toMatchObject([
      { fieldConfig: { defaults: { links: [{ internal: { datasourceUid: "mimir-eu" } }] } } },
    ]);
    const b = await eu.other.send({ method: "GET", path: "/api/datasources/uid/b" });
    expect(b).toMatchObject({ jsonData: { tracesToMetrics: { datasourceUid: "mimir-eu" } } });

    await project.write({ "grafana.config.ts": environments("Unknown") });
    const refused = await project.run(["apply", "--env", "eu", "--yes"], VARIABLES);
    expect(refused.code).toBe(65);
    expect(faultsIn(refused)).toHaveLength(2);
  });

  test("labels and annotations of rules are not mapped", async () => {
    const eu = await furnished("eu");
    const texts = { receiver: "on-call", datasource: "prometheus", datasourceUid: "prometheus" };
    const project = await testProject({
      "grafana.config.ts": config(
        `{ eu: { url: "${eu.url}", datasources: { prometheus: "mimir-eu" }, folders: { platform: "folder-eu" }, contactPoints: { "on-call": "team-eu" } } }`,
      ),
      "resources/a.ts": RULES.replace(
        'title: "Down",',
        `title: "Down", labels: ${JSON.stringify(texts)}, annotations: ${JSON.stringify(texts)},`,
      ),
    });

    const { code, stdout, stderr } = await project.run(["apply", "--env", "eu", "--yes"], VARIABLES);

    expect(code, stdout + stderr).toBe(0);
    const [rule] = (await eu.other.send({ method: "GET", path: "/api/v1/provisioning/alert-rules" })) as object[];
    expect(rule).toMatchObject({
      labels: texts,
      annotations: texts,
      data: [{ datasourceUid: "mimir-eu" }, {}],
      notification_settings: { receiver: "team-eu" },
    });
  });

  test("a mapped datasource that the code defines is not applied", async () => {
    const eu = await furnished("eu");
    const project = await testProject({
      "grafana.config.ts": config(
        `{ eu: { url: "${eu.url}", datasources: { prometheus: "mimir-eu" } }, local: { url: "${eu.url}", datasources: {} } }`,
      ),
      "resources/a.ts":
        api(`export const prometheus = datasource({ uid: "prometheus", name: "Prometheus", type: "prometheus", url: "http://localhost:9090" });
export const board = dashboard({ uid: "board", spec: { title: "Board", panels: [{ type: "stat", title: "Up", datasource: prometheus.ref, targets: [{ refId: "A", expr: "up", datasource: prometheus.ref }] }] } });`),
    });
    const planned = async (env: string) => {
      const { stdout } = await project.run(["plan", "--env", env, "-o", "json"], VARIABLES);
      return (JSON.parse(stdout) as { changes: { address: string }[] }).changes
        .map(({ address }) => address)
        .toSorted();
    };

    expect(await planned("eu")).toEqual(["dashboard/board"]);
    expect(await planned("local")).toEqual(["dashboard/board", "datasource/prometheus"]);
  });
});

describe("a mapping that one environment lacks", () => {
  test("exit 65 with resource, environment and id, before any request", async () => {
    const grafana = await untouchable();
    const project = await testProject({
      "grafana.config.ts": config(
        `{ eu: { url: "${grafana.url}", datasources: { prometheus: "mimir-eu" } }, us: { url: "${grafana.url}" } }`,
      ),
      "resources/classic.json": JSON.stringify(CLASSIC),
      "resources/code.ts": CODE,
    });

    const { code, stderr } = await project.run(["plan", "--env", "us"], { GRAFANA_TOKEN: "a-secret-token" });

    expect(code).toBe(65);
    expect(grafana.seen).toEqual([]);
    const faults = faultsIn({ stderr });
    expect(new Set(faults.map(({ place }) => place.split(" ")[0]))).toEqual(
      new Set(["resources/classic.json", "resources/code.ts"]),
    );
    for (const { message } of faults)
      for (const word of ['"us"', '"prometheus"', "eu"]) expect(message).toContain(word);
    expect((await project.run(["validate"])).code).toBe(65);
  });

  test("mapped to itself, it is no fault", async () => {
    const project = await testProject({
      "grafana.config.ts": config(
        `{ eu: { datasources: { prometheus: "mimir-eu" } }, us: { datasources: { prometheus: "prometheus" } } }`,
      ),
      "resources/classic.json": JSON.stringify(CLASSIC),
    });

    const { code, stderr } = await project.run(["validate"]);

    expect(code).toBe(0);
    expect(stderr).not.toMatch(/^error|config-mapping|"prometheus"/m);
  });

  test.each([
    ["an empty uid", 'datasources: { prometheus: "" }', "environments.eu.datasources.prometheus"],
    ["no name", "folders: { a: { type: 'x' } }", "environments.eu.folders.a.name"],
    ["an unknown property", "contactPoints: { a: { name: 'x', uid: 'y' } }", "environments.eu.contactPoints.a.uid"],
  ])("%s is a fault of the configuration", async (_name, text, place) => {
    const project = await testProject({
      "grafana.config.ts": `export default { project: "test", environments: { eu: { ${text} } } };`,
    });

    const { code, stderr } = await project.run(["validate"]);

    expect(code).toBe(65);
    expect(faultsIn({ stderr })[0]?.place).toContain(place);
  });
});

test("types: mappings", async () => {
  const project = await testProject({
    "grafana.config.ts": config(`{
      eu: { datasources: { prometheus: "mimir", loki: { name: "Loki", type: "loki" } }, folders: { a: { name: "A" } } },
      // @ts-expect-error: not a uid
      us: { contactPoints: { a: 5 } },
    }`),
    "resources/a.ts": "export {};",
  });

  expect(await typeErrors(project)).toBe("");
});

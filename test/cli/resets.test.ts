import { describe, expect, onTestFinished, test } from "vitest";
import { testProject } from "../helpers/cli.ts";
import { faultyProxy, type Decide, type FaultyProxy } from "../helpers/faulty-proxy.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { lockFolder } from "../../src/ownership/lock.ts";
import { collection, make, stored } from "../engine/support.ts";
import { remarks } from "../helpers/mode.ts";
import { api } from "./support.ts";

/** What happens to the first request that creates each object. */
type Fault = "reset after it was executed" | "reset before it was executed";

interface Connection {
  readonly url: string;
  /** The names of objects that Grafana created. */
  readonly created: string[];
  /** The names of objects whose first request was reset. */
  readonly broken: string[];
}

/** A proxy to a Grafana that resets the connection during the first creation of every object. */
async function unreliableConnection(grafana: TestGrafana, fault: Fault): Promise<Connection> {
  const created: string[] = [];
  const broken: string[] = [];
  const { url } = await line(grafana, async ({ method, path, body, forward }) => {
    const name = method === "POST" && !path.includes("dryRun") ? nameIn(body) : undefined;
    if (name === undefined) return "pass";
    const breaks = !broken.includes(name);
    if (breaks) broken.push(name);
    if (breaks && fault === "reset before it was executed") return "reset";
    const { status } = await forward();
    if (status < 300) created.push(name);
    return breaks ? "reset" : "pass";
  });
  return { url, created, broken };
}

async function line(grafana: TestGrafana, decide: Decide): Promise<FaultyProxy> {
  const proxy = await faultyProxy(grafana.url, decide);
  onTestFinished(() => proxy.close());
  return proxy;
}

function nameIn(body: string): string {
  const { metadata, uid, dashboard } = JSON.parse(body) as {
    metadata?: { name: string };
    uid?: string;
    dashboard?: { uid: string };
  };
  return metadata?.name ?? dashboard?.uid ?? uid ?? "";
}

describe("an apply over an unreliable connection", () => {
  test.each<Fault>(["reset after it was executed", "reset before it was executed"])(
    "every first creation is %s: each object is created once, and the next plan is empty",
    async (fault) => {
      const grafana = await testGrafana();
      const line = await unreliableConnection(grafana, fault);
      const names = Object.fromEntries(
        ["outer", "inner", "ds", "one", "two"].map((stem) => [stem, grafana.name(stem)]),
      );
      const project = await testProject({
        "grafana.config.ts": `export default { project: "${grafana.name("line")}", resources: ["./resources"] };`,
        "resources/a.ts": api(`
          export const outer = folder({ uid: "${names["outer"]}", title: "Outer" });
          export const inner = folder({ uid: "${names["inner"]}", title: "Inner", parent: outer });
          export const ds = datasource({ uid: "${names["ds"]}", name: "${names["ds"]}", type: "prometheus", url: "http://prometheus:9090" });
          const panels = [{ type: "timeseries", title: "P", datasource: ds.ref, targets: [{ refId: "A", expr: "up" }] }];
          export const one = dashboard({ uid: "${names["one"]}", folder: inner, spec: { title: "One", panels } as never });
          export const two = dashboard({ uid: "${names["two"]}", spec: { title: "Two" } });`),
      });
      const variables = { ...grafana.variables, GRAFANA_URL: line.url };

      const applied = await project.run(["apply"], variables);

      expect(applied.stdout).toContain("Applied: 5 added, 0 changed, 0 destroyed.\n");
      expect({ code: applied.code, stderr: remarks(applied) }).toEqual({ code: 0, stderr: "" });
      const all = Object.values(names).toSorted();
      const isLock = (name: string) => name === lockFolder(grafana.name("line"));
      expect(line.broken.filter((name) => !isLock(name)).toSorted()).toEqual(all);
      expect(line.created.filter((name) => !isLock(name)).toSorted()).toEqual(all);

      const planned = await project.run(["plan", "--detailed-exitcode"], variables);
      expect(planned.stdout).toContain("Plan: 0 to add, 0 to change, 0 to destroy. 5 unchanged.");
      expect(planned.code).toBe(0);
    },
  );

  test("an object that another user creates during the apply is not overwritten: exit 7", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("taken");
    const owner = grafana.name("line");
    let broken = false;
    const { url } = await line(grafana, async ({ method, path }) => {
      if (method !== "POST" || broken || !path.startsWith(collection("dashboard"))) return "pass";
      broken = true;
      await make(grafana, "dashboard", uid, { spec: { title: "Theirs" } });
      return "reset";
    });
    const project = await testProject({
      "grafana.config.ts": `export default { project: "${owner}", resources: ["./resources"] };`,
      "resources/a.ts": api(`export const a = dashboard({ uid: "${uid}", spec: { title: "Ours" } });`),
    });

    const applied = await project.run(["apply"], { ...grafana.variables, GRAFANA_URL: url });

    expect(applied.stdout, applied.stderr).toMatch(/✗ dashboard\/taken\S*/);
    expect(applied.code).toBe(7);
    expect((await stored(grafana, "dashboard", uid)).spec["title"]).toBe("Theirs");
  });
});

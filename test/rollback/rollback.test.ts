import { describe, expect, test } from "vitest";
import { alertingGrafana } from "../alerting/support.ts";
import { localServer } from "../cli/support.ts";
import { declare, edit, find, make, objectPath, remove, setExpr, stored } from "../engine/support.ts";
import { MARKS } from "../helpers/mode.ts";
import { expr, projectOn } from "./project.ts";
import { runsIn } from "./support.ts";

// Tests whose results differ without marks or with the older API. Tests that are the same on every Grafana are in
// runs.test.ts.

/** A project with a folder and up to two dashboards, on a Grafana of its own. */
const scene = async () => projectOn(await alertingGrafana());

describe("rollback RUN", () => {
  test("shows the plan, asks for confirmation, and restores everything", async () => {
    const stage = await scene();
    const { a, b } = stage;
    await stage.done("apply");
    await stage.code("rate", undefined);
    await stage.done("apply", "--prune", "--yes");
    const [first = "", second = ""] = await runsIn(stage.project);

    const out = await stage.done("rollback", second);
    expect(out).toContain(`Rolling back run ${second} (apply at 20`);
    expect(out).toMatch(new RegExp(`~ dashboard/${a} "${a}"\n +panel "Requests"\n +query A\n +~ expr: "rate" → "up"`));
    expect(out).toMatch(
      new RegExp(
        `\\+ dashboard/${b} "${b}" {2}1 panel.*\n.*"Requests".*\n {6}! its version history and the permissions that were set on it are not restored`,
      ),
    );
    expect(out).toContain("Applied: 1 added, 1 changed, 0 destroyed.");
    expect([await expr(stage, a), await expr(stage, b)]).toEqual(["up", "up"]);
    await stage.code("up", "up");
    expect(await stage.done("plan", "--detailed-exitcode")).toContain("3 unchanged");

    const refused = await stage.run("rollback", first);
    expect(refused.code).toBe(64);
    expect(refused.stderr).toContain("A deletion requires confirmation");
    const few = await stage.run("rollback", first, "--yes", "--max-deletes", "2");
    expect(few.code).toBe(64);
    expect(few.stderr).toContain("This would delete 3 objects");
    expect(await find(stage.grafana, "dashboard", a)).toBeDefined();
    await stage.done("rollback", first, "--yes");
    expect(await find(stage.grafana, "folder", stage.home)).toBeUndefined();
    expect(await stage.done("rollback", first, "--yes")).toContain("No changes were made.");
  });

  test("leaves untouched objects recognizable: with marks, the next plan reads no bodies", async () => {
    const stage = await scene();
    await stage.done("apply");
    await stage.code("rate", undefined);
    await stage.done("apply", "--prune", "--yes");
    await stage.done("rollback", "latest");
    await stage.code("up", "up");
    const before = stage.grafana.requests.length;
    const proxied: string[] = [];
    const line = await localServer((incoming, response) => {
      proxied.push(`${incoming.method} ${incoming.url}`);
      void fetch(`${stage.grafana.url}${incoming.url}`, {
        headers: { authorization: incoming.headers.authorization ?? "", accept: incoming.headers.accept ?? "*/*" },
      }).then(async (answer) => {
        response.writeHead(answer.status, { "content-type": "application/json" });
        return response.end(await answer.text());
      });
    });
    const { code, stdout } = await stage.project.run(["plan", "--detailed-exitcode"], {
      ...stage.grafana.variables,
      GRAFANA_URL: line.url,
    });
    expect(code, stdout).toBe(0);
    expect(stage.grafana.requests).toHaveLength(before);
    const bodies = proxied.filter((request) => request.endsWith(objectPath("dashboard", stage.a)));
    // Without a mark, only the body shows a change.
    expect(bodies.length > 0).toBe(!MARKS);
  });

  test("skips and names objects that were changed since, with exit 8, unless --overwrite-drift is passed", async () => {
    const stage = await scene();
    const { a, b, grafana } = stage;
    await stage.done("apply");
    await stage.code("rate", "rate");
    await stage.done("apply");
    const [, second = ""] = await runsIn(stage.project);
    await edit(grafana, "dashboard", a, (object) => setExpr(object, "theirs"));

    const { code, stdout } = await stage.run("rollback", second);
    expect(code).toBe(8);
    expect(stdout).toContain(`! dashboard/${a} "${a}": was changed since the run, in Grafana`);
    expect(stdout).toMatch(/~ expr: "theirs" → "up"/);
    expect(stdout).toContain(`restore it anyway with --overwrite-drift dashboard/${a}`);
    expect([await expr(stage, a), await expr(stage, b)]).toEqual(["theirs", "up"]);

    const unknown = await stage.run("rollback", second, "--overwrite-drift", "dashboard/nothing");
    expect(unknown.code).toBe(64);
    await stage.done("rollback", second, "--overwrite-drift", `dashboard/${a}`);
    expect(await expr(stage, a)).toBe("up");
  });

  test("skips objects that a later run changed, and names them", async () => {
    const stage = await scene();
    const { a, b } = stage;
    await stage.done("apply");
    await stage.code("rate", "rate");
    await stage.done("apply");
    await stage.code("later", "rate");
    await stage.done("apply");
    const [, second = "", third = ""] = await runsIn(stage.project);

    const { code, stdout } = await stage.run("rollback", second);
    expect(code).toBe(8);
    expect(stdout).toContain(`! dashboard/${a} "${a}": was changed since the run, by run ${third}`);
    expect([await expr(stage, a), await expr(stage, b)]).toEqual(["later", "up"]);
  });

  test("reports objects that were deleted or created again since", async () => {
    const stage = await scene();
    const { a, b, grafana } = stage;
    await stage.done("apply");
    await stage.code("rate", undefined);
    await stage.done("apply", "--prune", "--yes");
    await remove(grafana, "dashboard", a);
    await make(grafana, "dashboard", b, { spec: { title: "theirs", schemaVersion: 42 } });

    const { code, stdout } = await stage.run("rollback", "latest");
    expect(code).toBe(4);
    expect(stdout).toContain(`! dashboard/${a} "${a}": was deleted since the run, in Grafana`);
    expect(stdout).toContain(
      `! dashboard/${b} "${b}": was created again since the run, and is not owned by this project`,
    );
    expect((await stored(grafana, "dashboard", b)).spec["title"]).toBe("theirs");
    const again = await stage.run("rollback", "latest", "--overwrite-drift");
    expect(again.code).toBe(4);
    expect(await expr(stage, a)).toBe("up");
    expect((await stored(grafana, "dashboard", b)).spec["title"]).toBe("theirs");
  });

  test("deletes neither objects that the project no longer owns nor a folder with other content", async () => {
    const stage = await scene();
    const { a, b, grafana, home } = stage;
    await stage.done("apply");
    await edit(grafana, "dashboard", a, ({ metadata, spec }) => {
      for (const name of Object.keys(metadata.annotations))
        if (name.startsWith("grafana.app/manage")) delete metadata.annotations[name];
      // Without marks, only the tag shows the owner.
      if (!MARKS) delete spec["tags"];
    });

    const { code, stdout } = await stage.run("rollback", "latest", "--yes");
    expect(code).toBe(4);
    expect(stdout).toContain(`! dashboard/${a} "${a}": is no longer owned by this project`);
    expect(stdout).toContain(`! folder/${home} "${home}": it contains dashboard/${a}`);
    expect(await find(grafana, "dashboard", b)).toBeUndefined();
    expect(await find(grafana, "dashboard", a)).toBeDefined();
  });

  test("restores only the objects in --only, and names missing dependencies", async () => {
    const stage = await scene();
    const { a, b, home, project, grafana } = stage;
    await stage.done("apply");
    await declare(project, []);
    await stage.done("apply", "--prune", "--allow-empty", "--yes");
    // A folder without a mark is not pruned.
    if (!MARKS) await remove(grafana, "folder", home);

    const { code, stdout } = await stage.run("rollback", "latest", "--only", `dashboard/${a}`);
    expect(code).toBe(4);
    expect(stdout).toContain(`depends on folder/${home}, which does not exist in Grafana`);
    expect(stdout).toContain(MARKS ? `add --only folder/${home}` : "the run did not change it; create it first");
    const [, second = ""] = await runsIn(project);
    if (!MARKS) await make(grafana, "folder", home, { spec: { title: home } });
    await stage.done("rollback", second, "--only", `dashboard/${a}`, `folder/${home}`);
    expect(await find(grafana, "dashboard", a)).toBeDefined();
    expect(await find(grafana, "dashboard", b)).toBeUndefined();
    expect((await stage.run("rollback", second, "--only", "dashboard/nothing")).code).toBe(64);
  });

  test("restores a change made in Grafana that the run had overwritten, which counts as drift again", async () => {
    const stage = await scene();
    const { a, grafana } = stage;
    await stage.done("apply");
    await edit(grafana, "dashboard", a, (object) => setExpr(object, "theirs"));
    await stage.done("apply", "--overwrite-drift", `dashboard/${a}`);
    expect(await expr(stage, a)).toBe("up");
    await stage.done("rollback", "latest");
    expect(await expr(stage, a)).toBe("theirs");
    const { code, stdout } = await stage.run("apply");
    expect(code).toBe(MARKS ? 8 : 0);
    expect(stdout).toContain(MARKS ? "changed in Grafana since the last apply" : "origin unknown");
  });
});

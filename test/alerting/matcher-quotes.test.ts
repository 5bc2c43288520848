import { expect, test } from "vitest";
import { testProject } from "../helpers/cli.ts";
import { alertingGrafana, POINTS, POLICIES, tree } from "./support.ts";

test("quotes that another client wrote to the policy tree are shown, and a rollback does not lose them silently", async () => {
  const grafana = await alertingGrafana();
  const name = grafana.name("theirs");
  const mail = { name, type: "email", settings: { addresses: "a@example.com" } };
  await grafana.other.send({ method: "POST", path: POINTS, body: mail });
  // Grafana removes one quote on write, and one on read.
  const routes = [{ receiver: name, object_matchers: [["team", "=~", '"""x"""']] }];
  await grafana.other.send({ method: "PUT", path: POLICIES, body: { receiver: name, routes } });
  const theirs = await tree(grafana);
  expect(theirs["routes"]).toEqual([{ receiver: name, object_matchers: [["team", "=~", '"x"']] }]);
  const project = await testProject({
    "grafana.config.ts": `export default { project: "${grafana.name("own")}", resources: ["./resources"] };`,
    "resources/tree.ts": `import { existing, notificationPolicy } from "grafana-provision";
      const receiver = existing.contactPoint("${name}");
      export default notificationPolicy({ receiver, routes: [{ receiver, object_matchers: [["team", "=~", "x"]] }] });`,
  });
  const applied = await project.run(["apply", "--yes", "--adopt"], grafana.variables);
  expect(applied.code, applied.stdout + applied.stderr).toBe(0);
  expect(applied.stdout).toContain('team=~"x"');
  const ours = await tree(grafana);
  expect(ours["routes"]).toEqual([{ receiver: name, object_matchers: [["team", "=~", "x"]] }]);

  const rolledBack = await project.run(["rollback", "latest", "--yes"], grafana.variables);

  expect(rolledBack.code, rolledBack.stdout + rolledBack.stderr).toBe(4);
  expect(rolledBack.stdout).toContain("routes[0].object_matchers[0][2]");
  expect(await tree(grafana)).toEqual(ours);
});

import { describe, expect, test } from "vitest";
import { testProject, type TestProject } from "../helpers/cli.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { KUBERNETES } from "../helpers/mode.ts";
import { createLibraryPanels } from "./library-panels.ts";
import { RECORDED } from "./recorded.ts";

const DASHBOARDS = "/apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards";

interface KubernetesDashboard {
  readonly metadata: { readonly name: string; readonly resourceVersion: string };
}

/** The whole corpus in one repository, with uids of this test. */
async function corpusProject(grafana: TestGrafana): Promise<{ project: TestProject; uids: string[] }> {
  const uids: string[] = [];
  const written: Record<string, string> = {
    "grafana.config.ts": `export default { project: "${grafana.name("corpus")}", resources: ["./resources"] };`,
  };
  for (const [index, { name, input }] of RECORDED.entries()) {
    const uid = grafana.name(`c${index}`);
    uids.push(uid);
    written[`resources/${name}.json`] = JSON.stringify({ ...input, uid });
  }
  return { project: await testProject(written), uids };
}

describe.skipIf(RECORDED.length === 0)("real dashboards as .json files", () => {
  test("are all applied, and the next plan is empty", async () => {
    const grafana = await testGrafana();
    await createLibraryPanels(grafana);
    const { project, uids } = await corpusProject(grafana);

    const applied = await project.run(["apply"], grafana.variables);
    expect(applied.stdout + applied.stderr).toContain(`Applied: ${uids.length} added, 0 changed, 0 destroyed.`);
    expect(applied.code).toBe(0);

    const again = await project.run(["plan", "--detailed-exitcode"], grafana.variables);
    expect(again.stdout).toContain("Plan: 0 to add, 0 to change, 0 to destroy.");
    expect(again.code).toBe(0);
  });

  test.skipIf(!KUBERNETES)(
    "have no differences after they were read through v1beta1 and written back unchanged",
    async () => {
      const grafana = await testGrafana();
      await createLibraryPanels(grafana);
      const { project, uids } = await corpusProject(grafana);
      expect((await project.run(["apply"], grafana.variables)).code).toBe(0);

      for (const uid of uids) {
        const path = `${DASHBOARDS}/${uid}`;
        const before = (await grafana.other.send({ method: "GET", path })) as KubernetesDashboard;
        const after = (await grafana.other.send({
          method: "PUT",
          path: `${path}?fieldValidation=Ignore`,
          body: before,
        })) as KubernetesDashboard;
        expect(after.metadata.resourceVersion, "it was written").not.toBe(before.metadata.resourceVersion);
      }
      const plan = await project.run(["plan", "--detailed-exitcode"], grafana.variables);
      expect(plan.stdout).toContain("Plan: 0 to add, 0 to change, 0 to destroy.");
      expect(plan.code).toBe(0);
    },
  );
});

import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { stateResource, stateText } from "../../foreign/state.ts";
import { ROOT } from "./pages.ts";

type Ask = (method: string, path: string, body?: object) => Promise<unknown>;
type Run = (
  cwd: string,
  command: string,
  ...more: readonly (string | Readonly<Record<string, string>>)[]
) => Promise<string>;

/** Outputs of imports from other tools. `variables` select the Grafana of `ask`. */
export async function migrationOutputs(
  home: string,
  { ask, run, variables }: { ask: Ask; run: Run; variables: Readonly<Record<string, string>> },
): Promise<ReadonlyMap<string, string>> {
  const shown = new Map<string, string>();
  await ask("POST", "/api/folders", { uid: "payments", title: "Payments" });
  for (const name of ["API", "Queue"]) {
    const dashboard = { uid: `payments-${name.toLowerCase()}`, title: name, schemaVersion: 42, panels: [] };
    await ask("POST", "/api/dashboards/db", { dashboard, folderUid: "payments" });
  }
  const board = (index: string) => ({
    type: "grafana_dashboard",
    name: "payments",
    index,
    values: { id: `1:payments-${index}`, uid: `payments-${index}` },
  });
  const state = stateText([
    stateResource({ type: "grafana_folder", name: "payments", values: { id: "1:payments", uid: "payments" } }),
    stateResource(board("api")),
    stateResource(board("queue")),
    stateResource({ type: "grafana_team", name: "payments", values: { id: "1:3" } }),
    stateResource({
      type: "aws_s3_bucket",
      name: "reports",
      provider: "registry.terraform.io/hashicorp/aws",
      values: { id: "reports" },
    }),
  ]);
  const terraform = join(home, "payments");
  await mkdir(terraform);
  await writeFile(join(terraform, "state.json"), state);
  shown.set("import-terraform", await run(terraform, "import", variables, "--terraform", "state.json"));

  const fixtures = join(ROOT, "test/fixtures/foreign");
  for (const name of ["grizzly", "gcx"]) {
    const directory = join(home, `${name}-repository`);
    await cp(join(fixtures, name), join(directory, "resources"), { recursive: true });
    shown.set(`import-${name}`, await run(directory, "import", "resources", "--out", "monitoring"));
  }
  const files = join(home, "provisioned");
  for (const name of ["provisioning", "dashboards"])
    await cp(join(fixtures, name), join(files, "grafana", name), { recursive: true });
  const given = { METRICS_URL: "http://prometheus:9090" };
  const directories = ["grafana/provisioning", "grafana/dashboards"];
  shown.set("import-provisioning", await run(files, "import", given, ...directories, "--out", "monitoring"));
  return shown;
}

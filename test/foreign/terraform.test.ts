import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { entriesOf } from "../../src/foreign/terraform/state.ts";
import { removedBlocks } from "../../src/foreign/terraform/removed.ts";
import { kinds } from "../../src/kinds/index.ts";
import { alertingGrafana } from "../alerting/support.ts";
import { testProject } from "../helpers/cli.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { SENSITIVE, stateResource, stateText, terraformState } from "./state.ts";
import { differences, typeFaults, variablesIn, writtenFiles } from "./support.ts";

const TERRAFORM = spawnSync("terraform", ["version"], { encoding: "utf8" }).status === 0;
/** What `terraform fmt` would change, and what is invalid. Empty without Terraform. */
function terraformFaults(cwd: string): string {
  if (!TERRAFORM) return "";
  const commands = [["fmt", "-check", "-diff", "removed.tf"], ["validate"]];
  const results = commands.map((args) => spawnSync("terraform", args, { cwd, encoding: "utf8" }));
  return results.map(({ status, stdout, stderr }) => (status === 0 ? "" : stdout + stderr)).join("");
}

const VPC = { type: "aws_vpc", name: "main", provider: "registry.terraform.io/hashicorp/aws", values: { id: "vpc-1" } };
const READ = { type: "grafana_dashboard", name: "read", mode: "data", values: { uid: "read" } } as const;

test("a Terraform state becomes a repository that plans empty, with removed blocks, and every address is reported", async () => {
  const grafana = await alertingGrafana();
  const { resources, modules } = await terraformState(grafana);
  const lost = grafana.name("lost");
  const left = [
    stateResource(VPC),
    stateResource(READ),
    stateResource({ type: "grafana_team", name: "shop", values: { id: "1:4", name: "Shop" } }),
    stateResource({ type: "grafana_dashboard", name: "lost", values: { id: `1:${lost}`, uid: lost } }),
    stateResource({ type: "grafana_dashboard", name: "other", values: { id: "7:other", uid: "other" } }),
  ];
  const project = await testProject({ "state.json": stateText([...resources, ...left], modules) });
  await project.remove("grafana.config.ts");
  const run = await project.run(["import", "--terraform", "state.json", "--out", "."], grafana.variables);
  expect(run.code, run.stdout + run.stderr).toBe(0);

  const entries = [...resources, ...left, ...modules.flatMap((module) => module.resources)];
  const lines = run.stdout.split("\n");
  const of = (address: string) => lines.find((line) => line.startsWith(`  ${address}: `));
  for (const { address } of entries) expect(of(address), address).toBeDefined();
  const files = writtenFiles(project);
  for (const { address, type } of [...resources, ...modules.flatMap((module) => module.resources)]) {
    const [, file = ""] = /: (\S+\.ts)$/.exec(of(address) ?? "") ?? [];
    expect(files.has(file), `${type} ${address}`).toBe(true);
  }
  expect(left.filter(({ address }) => of(address)?.endsWith(".ts") !== false)).toEqual([]);

  const written = [...files.values(), readFileSync(join(project.directory, "removed.tf"), "utf8")];
  for (const text of [...written, run.stdout, run.stderr]) expect(text).not.toContain(SENSITIVE);
  const variables = { ...grafana.variables, ...variablesIn(project) };
  const plan = await differences(project, variables);
  expect(plan.differences).toEqual([]);
  // Folders, dashboards and the others, and nothing else.
  expect(plan.addresses).toHaveLength(3 + 60 + 1 + 12 + 1 + 1 + 30 + 1 + 1);
  expect(await typeFaults(project)).toBe("");

  const blocks = readFileSync(join(project.directory, "removed.tf"), "utf8");
  const from = [...blocks.matchAll(/^ {2}from = (\S+)$/gm)].map(([, name = ""]) => name);
  expect(from.toSorted()).toEqual([
    "grafana_contact_point.team",
    "grafana_dashboard.service",
    "grafana_data_source.metrics",
    "grafana_folder.team",
    "grafana_library_panel.notes",
    "grafana_message_template.titles",
    "grafana_mute_timing.nights",
    "grafana_notification_policy.all",
    "grafana_rule_group.errors",
    "module.team.grafana_dashboard.service",
  ]);
  expect(terraformFaults(project.directory)).toBe("");

  const again = await project.run(["import", "--terraform", "state.json", "--out", "."], grafana.variables);
  expect(again.code, again.stderr).toBe(0);
  for (const address of ["grafana_folder.team", "grafana_dashboard.service[0]"])
    expect(again.stdout.split("\n").some((line) => line.startsWith(`  ${address}`) && line.endsWith(".ts"))).toBe(true);
});

test("objects of another organization, and objects that --only does not select, are reported with the reason", async () => {
  const grafana = await testGrafana();
  const [uid, second] = [grafana.name("mine"), grafana.name("second")];
  for (const one of [uid, second])
    await grafana.other.send({ method: "POST", path: "/api/folders", body: { uid: one, title: one } });
  const state = stateText([
    stateResource({ type: "grafana_folder", name: "mine", values: { id: `1:${uid}`, uid } }),
    stateResource({ type: "grafana_folder", name: "second", index: 0, values: { id: `1:${second}`, uid: second } }),
    stateResource({ type: "grafana_folder", name: "second", index: 1, values: { id: `5:${second}`, uid: second } }),
    // Version 2 and older: without the organization.
    stateResource({ type: "grafana_folder", name: "old", values: { id: "12", uid } }),
  ]);
  const project = await testProject({ "state.json": state });
  const run = await project.run(
    ["import", "--terraform", "state.json", "--out", "out", "--only", `folder/${uid}`],
    grafana.variables,
  );
  expect(run.code, run.stderr).toBe(0);
  const of = (address: string) => run.stdout.split("\n").find((line) => line.startsWith(`  ${address}: `));
  expect(of("grafana_folder.mine")).toMatch(/\.ts$/);
  expect(of("grafana_folder.old")).toMatch(/\.ts$/);
  expect(of("grafana_folder.second[0]")).toContain("--only");
  expect(of("grafana_folder.second[1]")).toContain("organization 5");
  const blocks = readFileSync(join(project.directory, "out/removed.tf"), "utf8");
  expect(blocks).toContain("from = grafana_folder.mine\n");
  expect(blocks).not.toContain("from = grafana_folder.second");
});

test("an object whose file exists with another content stays in Terraform", async () => {
  const grafana = await testGrafana();
  const [one, two] = [grafana.name("one"), grafana.name("two")];
  for (const uid of [one, two])
    await grafana.other.send({ method: "POST", path: "/api/dashboards/db", body: { dashboard: { uid, title: uid } } });
  const resources = [one, two].map((uid, index) =>
    stateResource({ type: "grafana_dashboard", name: `d${index}`, values: { id: `1:${uid}`, uid } }),
  );
  const project = await testProject({ "state.json": stateText(resources) });
  await project.remove("grafana.config.ts");
  const run = () => project.run(["import", "--terraform", "state.json", "--out", "."], grafana.variables);
  const first = await run();
  expect(first.code, first.stdout + first.stderr).toBe(0);
  const [, file = ""] = /d0: (\S+\.ts)$/m.exec(first.stdout) ?? [];
  await project.remove("removed.tf");
  await project.write({ [file]: "// A file of another tool.\nexport type Other = string;\n" });
  const second = await run();
  expect(second.code, second.stdout + second.stderr).toBe(4);
  const removed = readFileSync(join(project.directory, "removed.tf"), "utf8");
  expect(removed).toContain("from = grafana_dashboard.d1\n");
  expect(removed).not.toContain("from = grafana_dashboard.d0\n");
});

test("instances without code keep their resource in Terraform, and keys are not part of a block", () => {
  const resources = [
    stateResource({ type: "grafana_folder", name: "team", index: "a.b", values: { uid: "a" } }),
    stateResource({ type: "grafana_folder", name: "team", index: 'c"]', values: { uid: "c" } }),
    stateResource({ type: "grafana_folder", name: "one", values: { uid: "one" } }, 'module.x["y.z"].module.w[2]'),
  ];
  const entries = entriesOf(stateText(resources), "state.json", kinds);
  expect(entries.map(({ resource }) => resource)).toEqual([
    "grafana_folder.team",
    "grafana_folder.team",
    "module.x.module.w.grafana_folder.one",
  ]);
  const results = entries.map(({ address }, index) =>
    index === 0 ? { address, why: "missing" } : { address, file: "dashboards/folders.ts" },
  );
  const text = removedBlocks(entries, results) ?? "";
  expect(text).toContain("from = module.x.module.w.grafana_folder.one\n");
  expect(text).not.toContain("from = grafana_folder.team");
  expect(text).toContain(String.raw`terraform state rm 'grafana_folder.team["c\"]"]'`);
  expect(removedBlocks(entries, [])).toBeUndefined();
});

test.each([
  'grafana_folder.a\n  lifecycle {\n    destroy = true\n  }\n}\nresource "null_resource" "x" {',
  'grafana_folder.a["x\ny"]',
  "grafana_folder.a\n",
  "grafana_folder.a }",
  "grafana_folder.a[b]",
  "grafana_folder",
  "module.a",
])("a state with the address %j is invalid", (name) => {
  const resource = stateResource({ type: "grafana_folder", name: "a", values: { uid: "a" } });
  const read = () => entriesOf(stateText([{ ...resource, address: name }]), "state.json", kinds);
  expect(read).toThrow(expect.objectContaining({ code: "terraform-state-invalid", exitCode: 65 }));
});

test("addresses in nested modules with keys of any text are valid", () => {
  const name = 'module.a["x.y"].module.b-c[0].data.grafana_folder.d_1["é \\"]\\n$${x}"]';
  const resource = stateResource({ type: "grafana_folder", name: "d", mode: "data", values: {} });
  const [entry] = entriesOf(stateText([{ ...resource, address: name }]), "state.json", kinds);
  expect(entry?.resource).toBe("module.a.module.b-c.data.grafana_folder.d_1");
});

test("the ids of all types and versions of the provider name the objects", () => {
  const uid = (type: string, values: object) => stateResource({ type, name: "x", values: { ...values } });
  const resources = [
    uid("grafana_dashboard", { id: "1:a", uid: "a" }),
    uid("grafana_dashboard", { id: "1:b" }),
    uid("grafana_playlist", { id: "1:wall", name: "Wall" }),
    uid("grafana_rule_group", { id: "1:f:g:h", folder_uid: "f", name: "g:h" }),
    uid("grafana_rule_group", { id: "f;g", folder_uid: "1:f", name: "g" }),
    uid("grafana_contact_point", { id: "uid1;uid2", name: "1:on call" }),
    uid("grafana_notification_policy", { id: "policy" }),
    uid("grafana_data_source", { id: "3", uid: "metrics" }),
    uid("grafana_data_source_config", { id: "1:metrics", uid: "metrics" }),
    uid("grafana_apps_dashboard_dashboard_v2beta1", { id: "0b7e", metadata: { uid: "c", folder_uid: "f" } }),
    uid("grafana_apps_playlist_playlist_v0alpha1", { metadata: { uid: "d" } }),
    uid("grafana_apps_notifications_routingtree_v1beta1", { metadata: { uid: "user-defined" } }),
  ];
  const objects = entriesOf(stateText(resources), "state.json", kinds).map(({ is }) =>
    "object" in is ? is.object : is.why,
  );
  expect(objects).toEqual([
    "dashboard/a",
    "dashboard/b",
    "playlist/wall",
    "rule-group/f/g:h",
    "rule-group/f/g",
    "contact-point/1:on call",
    "notification-policy/default",
    "datasource/metrics",
    "datasource/metrics",
    "dashboard/c",
    "playlist/d",
    "notification-policy/default",
  ]);
});

test.each([
  ["no state", `{"password":"${SENSITIVE}"`],
  ["a state file", JSON.stringify({ version: 4, terraform_version: "1.9.0", lineage: "x", resources: [SENSITIVE] })],
  ["a plan", JSON.stringify({ format_version: "1.2", planned_values: { root_module: { secret: SENSITIVE } } })],
  ["another format", JSON.stringify({ format_version: "2.0", values: { root_module: { x: SENSITIVE } } })],
])("%s is rejected before anything is read or written, without its text", async (_what, text) => {
  const project = await testProject({ "state.json": text });
  const run = await project.run(["import", "--terraform", "state.json", "--out", "out"]);
  expect(run.code).toBe(65);
  expect(run.stdout + run.stderr).not.toContain(SENSITIVE);
});

test("--terraform needs a file that exists, and can't be combined with files, --folder or --update", async () => {
  const project = await testProject({ "state.json": stateText([]) });
  expect((await project.run(["import", "--terraform", "missing.json"])).code).toBe(64);
  for (const other of [["some.json"], ["--folder", "A"], ["--tag", "a"], ["--update"]])
    expect((await project.run(["import", "--terraform", "state.json", ...other])).code, other.join(" ")).toBe(64);
});

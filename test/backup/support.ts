import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import type { Manifest } from "../../src/backup/manifest.ts";
import { ReportSchema, type Report } from "../../src/report/json.ts";
import { BackupSchema, type BackupReport } from "../../src/report/backup-json.ts";
import type { CliResult, TestProject } from "../helpers/cli.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";

/** A Grafana with objects, and a project that can back it up. */
export interface Scene {
  readonly grafana: TestGrafana;
  readonly project: TestProject;
  readonly name: (stem: string) => string;
}

type Variables = Readonly<Record<string, string>>;

/** An empty Grafana: another sandbox, or the one at `TEST_GRAFANA_TARGET_URL`. */
export async function emptyGrafana(): Promise<Pick<TestGrafana, "url" | "variables" | "other">> {
  const given = process.env["TEST_GRAFANA_URL"];
  const target = process.env["TEST_GRAFANA_TARGET_URL"];
  if (given !== undefined && target !== undefined) process.env["TEST_GRAFANA_URL"] = target;
  try {
    return await testGrafana();
  } finally {
    if (given !== undefined) process.env["TEST_GRAFANA_URL"] = given;
  }
}

/** Whether there is a second Grafana to restore to. */
export const HAS_TARGET =
  process.env["TEST_GRAFANA_URL"] === undefined || process.env["TEST_GRAFANA_TARGET_URL"] !== undefined;

/** Runs `backup -o json` and returns its report. */
export async function backedUp(
  project: TestProject,
  variables: Variables,
  options: readonly string[] = [],
  code = 0,
): Promise<BackupReport> {
  const done = await project.run(["backup", "--out", "saved", "-o", "json", ...options], variables);
  expect(done, done.stdout + done.stderr).toMatchObject({ code });
  return BackupSchema.parse(JSON.parse(done.stdout));
}

/** Runs `restore -o json` and returns its report. */
export async function restored(
  project: TestProject,
  variables: Variables,
  options: readonly string[] = [],
): Promise<Report & { readonly stderr: string }> {
  const done = await project.run(["restore", "saved", "-o", "json", ...options], variables);
  expect(done.stdout, done.stderr).not.toBe("");
  return { ...ReportSchema.parse(JSON.parse(done.stdout)), stderr: done.stderr };
}

export async function manifestOf(project: TestProject, directory = "saved"): Promise<Manifest> {
  return JSON.parse(await readFile(join(project.directory, directory, "manifest.json"), "utf8")) as Manifest;
}

/** The content of the file of an object. */
export async function fileOf(project: TestProject, address: string): Promise<Record<string, unknown>> {
  const { objects } = await manifestOf(project);
  const entry = objects.find(({ kind, id }) => `${kind}/${id}` === address);
  expect(entry, address).toBeDefined();
  return JSON.parse(await readFile(join(project.directory, "saved", entry?.file ?? ""), "utf8")) as Record<
    string,
    unknown
  >;
}

/** All files of a directory as one text. */
export async function textIn(directory: string): Promise<string> {
  const all = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = all.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  return (await Promise.all(files.map((file) => readFile(file, "utf8")))).join("\n");
}

/** Flips a bit in the middle of a file. */
export async function damage(path: string): Promise<void> {
  const bytes = await readFile(path);
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path, bytes);
}

/** The addresses of changes that a report has, with their actions. */
export function changesIn({ changes = [] }: Report): string[] {
  return changes.map(({ action, address, left }) => `${action} ${address}${left ? ` (${left.reason})` : ""}`);
}

export function failed(done: CliResult): { readonly code?: string; readonly message: string } {
  const { error } = JSON.parse(done.stdout) as { error: { code?: string; message: string } };
  return error;
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Mode, Toggle } from "../../src/sandbox/mode.ts";
import { startSandbox, type Sandbox } from "../../src/sandbox/server.ts";

export const dashboardsPath = "/apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards";
export const foldersPath = "/apis/folder.grafana.app/v1beta1/namespaces/default/folders";
export const metadataOnly = { accept: "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1" };
export const mergePatch = { "content-type": "application/merge-patch+json" };

/** Fields of responses that the tests use. All are optional. */
interface Body {
  kind?: string;
  message?: string;
  code?: number;
  metadata?: {
    name: string;
    uid: string;
    resourceVersion: string;
    generation: number;
    continue?: string;
    labels?: Record<string, string>;
    managedFields?: { manager: string }[];
    annotations?: Record<string, string>;
  };
  spec?: Record<string, unknown>;
  items?: Body[] | null;
  isDefault?: boolean;
  version?: number;
  url?: string;
  secureJsonFields?: Record<string, boolean>;
}

export interface Answer {
  status: number;
  body: Body;
}

/** An empty directory that is removed when the test ends. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "sandbox-test-"));
  onTestFinished(async () => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** A sandbox that closes when the test ends. */
export async function sandbox(
  dataDirectory?: string,
  mode: Mode = "unified",
  toggles: readonly Toggle[] = [],
): Promise<Sandbox> {
  const started = await startSandbox({ dataDirectory: dataDirectory ?? (await temporaryDirectory()), mode, toggles });
  onTestFinished(async () => started.close());
  return started;
}

/** Sends a request as the administrator. */
export async function call(
  server: { url: string },
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const answer = await fetch(server.url + path, {
    method,
    headers: {
      authorization: `Basic ${Buffer.from("admin:admin").toString("base64")}`,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: (text === "" ? {} : JSON.parse(text)) as Body };
}

/** A dashboard as sent by a client. */
export function dashboard(name: string, spec: Record<string, unknown> = {}, metadata: Record<string, unknown> = {}) {
  return {
    apiVersion: "dashboard.grafana.app/v1beta1",
    kind: "Dashboard",
    metadata: { name, ...metadata },
    spec: { title: name, schemaVersion: 42, ...spec },
  };
}

/** A folder as sent by a client. */
export function folder(name: string, parent?: string, metadata: Record<string, unknown> = {}) {
  return {
    apiVersion: "folder.grafana.app/v1beta1",
    kind: "Folder",
    metadata: { name, ...metadata, ...(parent === undefined ? {} : { annotations: { "grafana.app/folder": parent } }) },
    spec: { title: name },
  };
}

/** Reads all pages of a list. Returns its objects and the length of each page. */
export async function listAll(
  server: { url: string },
  path: string,
  headers: Record<string, string> = {},
): Promise<{ names: string[]; pages: number[] }> {
  const names: string[] = [];
  const pages: number[] = [];
  let token: string | undefined = "";
  while (token !== undefined) {
    const separator = path.includes("?") ? "&" : "?";
    const { body } = await call(server, "GET", `${path}${separator}continue=${token}`, undefined, headers);
    const found: string[] = (body.items ?? []).map((item) => item.metadata?.name ?? "");
    names.push(...found);
    pages.push(found.length);
    token = body.metadata?.continue;
  }
  return { names, pages };
}

/** Runs a task for all items with limited concurrency. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  task: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items.values();
  const worker = async (): Promise<void> => {
    for (const item of waiting) await task(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

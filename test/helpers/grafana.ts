import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { EMPTY_LEDGER } from "../../src/ownership/ledger.ts";
import { NO_SECRETS } from "../../src/secrets/values.ts";
import type { KindContext } from "../../src/engine/kind-context.ts";
import { createClient, type Client, type ClientOptions } from "../../src/grafana/client.ts";
import { connect } from "../../src/grafana/connection.ts";
import type { Mode, Toggle } from "../../src/sandbox/mode.ts";
import { startSandbox } from "../../src/sandbox/server.ts";
import { KUBERNETES, MODE } from "./mode.ts";
import { withoutNewerApi } from "./older.ts";

/** A Grafana for one test: the one at `TEST_GRAFANA_URL`, or else a new sandbox. */
export interface TestGrafana {
  readonly url: string;
  readonly real: boolean;
  /** The directory of a sandbox's files. */
  readonly dataDirectory: string | undefined;
  /** The variables for the command line. */
  readonly variables: Readonly<Record<string, string>>;
  /** All requests of contexts that were created here, in order. */
  readonly requests: { readonly method: string; readonly path: string }[];
  /** A name that no other test uses, for projects, uids and titles. */
  name(stem: string): string;
  context(owner: string, options?: Partial<ClientOptions>): Promise<KindContext>;
  /** A client of another user, whose requests are not counted. */
  readonly other: Client;
}

export interface TestGrafanaOptions {
  readonly apart?: boolean;
  /** The feature toggles of a sandbox that is not `apart`. A real Grafana must have been started with them. */
  readonly toggles?: readonly Toggle[];
}

let counter = 0;

/**
 * Starts or finds a Grafana. On a real one, all objects with a name from `name(...)` are deleted after the test.
 * `apart`: the sandbox runs in a separate process, so that it survives a kill in this one and has its own CPU time.
 */
export async function testGrafana({ apart = false, toggles = [] }: TestGrafanaOptions = {}): Promise<TestGrafana> {
  const run = `${process.pid.toString(36)}${(++counter).toString(36)}${Date.now().toString(36).slice(-4)}`;
  const given = process.env["TEST_GRAFANA_URL"];
  const real = given !== undefined;
  const { url, dataDirectory } = real
    ? { url: await realUrl(given.replace(/\/+$/, "")), dataDirectory: undefined }
    : await sandbox(MODE, apart, toggles);
  const requests: { method: string; path: string }[] = [];
  const credentials = { type: "basic", user: "admin", password: "admin" } as const;
  const other = await createClient({ url, credentials, headers: { "User-Agent": "another-client/1.0" } });
  onTestFinished(() => other.close());
  if (real) onTestFinished(() => cleanUp(other, run));
  return {
    url,
    real,
    dataDirectory,
    requests,
    other,
    variables: { GRAFANA_URL: url, GRAFANA_USER: "admin", GRAFANA_PASSWORD: "admin" },
    name: (stem) => `${stem}-${run}`.slice(0, 40),
    async context(owner, options = {}) {
      const onRequest = (request: { method: string; path: string }) => requests.push(request);
      const client = await createClient({ url, credentials, onRequest, ...options });
      onTestFinished(() => client.close());
      const grafana = await connect(client, owner);
      return { grafana, owner, ledger: EMPTY_LEDGER, secrets: NO_SECRETS, settings: {} };
    },
  };
}

async function sandbox(
  mode: Mode,
  apart: boolean,
  toggles: readonly Toggle[],
): Promise<{ url: string; dataDirectory: string }> {
  const dataDirectory = await mkdtemp(join(tmpdir(), "grafana-sandbox-"));
  const running = apart
    ? await sandboxProcess(dataDirectory, mode)
    : await startSandbox({ dataDirectory, mode, toggles });
  onTestFinished(async () => {
    await running.close();
    await rm(dataDirectory, { recursive: true, force: true });
  });
  return { url: running.url, dataDirectory };
}

async function sandboxProcess(dataDirectory: string, mode: Mode): Promise<{ url: string; close(): Promise<void> }> {
  const child = fork(new URL("../sandbox/child.ts", import.meta.url), [dataDirectory, mode], { execArgv: [] });
  const [url] = (await once(child, "message")) as [string];
  return {
    url,
    async close() {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
  };
}

/** No older Grafana is available, so a newer one is made to look like one. */
async function realUrl(url: string): Promise<string> {
  return KUBERNETES ? url : withoutNewerApi(url);
}

const EXAMPLES = "/apis/example.grafana.app/v1alpha1/namespaces/default/examples";
const PLAYLISTS = "/apis/playlist.grafana.app/v1/namespaces/default/playlists";

interface Named {
  readonly metadata: { readonly name: string };
}

/**
 * Deletes the objects with the name of the run: dashboards, folders from the innermost, playlists, library panels and
 * datasources.
 */
async function cleanUp(client: Client, run: string): Promise<void> {
  const gone = (path: string) => client.send({ method: "DELETE", path });
  for (const [type, path] of [
    ["dash-db", "/api/dashboards/uid"],
    ["dash-folder", "/api/folders"],
  ]) {
    for (let round = 0; round < 5; round++) {
      const hits = (await client.send({ method: "GET", path: `/api/search?type=${type}&limit=5000` })) as {
        uid: string;
      }[];
      const mine = hits.filter(({ uid }) => uid.includes(run));
      if (mine.length === 0) break;
      await Promise.allSettled(mine.map(({ uid }) => gone(`${path}/${uid}`)));
    }
  }
  const playlists = KUBERNETES
    ? ((await client.send({ method: "GET", path: PLAYLISTS })) as { items: Named[] })
    : { items: [] };
  const own = playlists.items.map(({ metadata }) => metadata.name).filter((name) => name.includes(run));
  await Promise.allSettled(own.map((name) => gone(`${PLAYLISTS}/${name}`)));
  const examples = KUBERNETES
    ? ((await client.send({ method: "GET", path: EXAMPLES })) as { items: Named[] })
    : { items: [] };
  const objects = examples.items.map(({ metadata }) => metadata.name).filter((name) => name.includes(run));
  await Promise.allSettled(objects.map((name) => gone(`${EXAMPLES}/${name}`)));
  const panels = (await client.send({ method: "GET", path: "/api/library-elements?perPage=10000" })) as {
    result: { elements: { uid: string }[] };
  };
  const shared = panels.result.elements.filter(({ uid }) => uid.includes(run));
  await Promise.allSettled(shared.map(({ uid }) => gone(`/api/library-elements/${uid}`)));
  const datasources = (await client.send({ method: "GET", path: "/api/datasources" })) as { uid: string }[];
  const mine = datasources.filter(({ uid }) => uid.includes(run));
  await Promise.allSettled(mine.map(({ uid }) => gone(`/api/datasources/uid/${uid}`)));
}

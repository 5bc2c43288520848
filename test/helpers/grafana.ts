import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { EMPTY_LEDGER } from "../../src/engine/ledger.ts";
import { NO_SECRETS } from "../../src/engine/secrets.ts";
import type { KindContext } from "../../src/engine/resource.ts";
import { createClient, type Client, type ClientOptions } from "../../src/grafana/client.ts";
import { connect } from "../../src/grafana/connection.ts";
import { modes, type Mode } from "../../src/sandbox/mode.ts";
import { startSandbox } from "../../src/sandbox/server.ts";

/** A Grafana for one test: the one at `TEST_GRAFANA_URL`, else a sandbox of its own. */
export interface TestGrafana {
  readonly url: string;
  readonly real: boolean;
  /** Which Grafana it is: `TEST_GRAFANA_MODE`, which for a real one says what it was started as. */
  readonly mode: Mode;
  /** Where a sandbox keeps its files. */
  readonly dataDirectory: string | undefined;
  /** What the command line takes. */
  readonly variables: Readonly<Record<string, string>>;
  /** Every request of contexts made here, in order. */
  readonly requests: { readonly method: string; readonly path: string }[];
  /** A name that no other test uses: for projects, uids and titles. */
  name(stem: string): string;
  context(owner: string, options?: Partial<ClientOptions>): Promise<KindContext>;
  /** As somebody else: a client whose requests are not counted. */
  readonly other: Client;
}

let counter = 0;

/** `TEST_GRAFANA_MODE`; `unified` where it is not set. */
function testedMode(): Mode {
  const named = process.env["TEST_GRAFANA_MODE"] || "unified";
  const mode = modes.find((one) => one === named);
  if (mode === undefined) throw new Error(`TEST_GRAFANA_MODE is ${named}; it can be ${modes.join(", ")}`);
  return mode;
}

/**
 * Starts or finds a Grafana. On a real one everything that was made under a name of `name(...)` is deleted after the test.
 * `apart`: a sandbox runs in a process of its own, so that it survives what happens here, and has a processor to itself.
 */
export async function testGrafana({ apart = false } = {}): Promise<TestGrafana> {
  const run = `${process.pid.toString(36)}${(++counter).toString(36)}${Date.now().toString(36).slice(-4)}`;
  const given = process.env["TEST_GRAFANA_URL"];
  const mode = testedMode();
  const real = given !== undefined;
  const { url, dataDirectory } = real
    ? { url: given.replace(/\/+$/, ""), dataDirectory: undefined }
    : await sandbox(mode, apart);
  const requests: { method: string; path: string }[] = [];
  const credentials = { type: "basic", user: "admin", password: "admin" } as const;
  const other = await createClient({ url, credentials });
  onTestFinished(() => other.close());
  if (real) onTestFinished(() => cleanUp(other, run));
  return {
    url,
    real,
    mode,
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

async function sandbox(mode: Mode, apart: boolean): Promise<{ url: string; dataDirectory: string }> {
  const dataDirectory = await mkdtemp(join(tmpdir(), "grafana-sandbox-"));
  const running = apart ? await sandboxProcess(dataDirectory, mode) : await startSandbox({ dataDirectory, mode });
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

/** Deletes what carries the run's name: dashboards, then folders from the innermost, then datasources. */
async function cleanUp(client: Client, run: string): Promise<void> {
  const collections = [
    "/apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards",
    "/apis/folder.grafana.app/v1beta1/namespaces/default/folders",
  ];
  for (const path of collections) {
    for (let round = 0; round < 5; round++) {
      const { items } = (await client.send({ method: "GET", path })) as {
        items: { metadata: { name: string } }[] | null;
      };
      const mine = (items ?? []).filter(({ metadata }) => metadata.name.includes(run));
      if (mine.length === 0) break;
      await Promise.allSettled(
        mine.map(({ metadata }) => client.send({ method: "DELETE", path: `${path}/${metadata.name}` })),
      );
    }
  }
  const datasources = (await client.send({ method: "GET", path: "/api/datasources" })) as { uid: string }[];
  const mine = datasources.filter(({ uid }) => uid.includes(run));
  await Promise.allSettled(
    mine.map(({ uid }) => client.send({ method: "DELETE", path: `/api/datasources/uid/${uid}` })),
  );
}

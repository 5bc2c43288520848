import { readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { floorOf } from "./floor.ts";
import { countRequests, runNode, type Run } from "./measure.ts";

/** An import of many dashboards, and the same dashboards with one request for each. */
export interface MeasuredImport {
  readonly run: Run;
  /** Seconds of a sequential GET of each dashboard, with one connection. */
  readonly sequential: number;
  readonly requests: number;
  /** The number of files with a dashboard. */
  readonly files: number;
}

/**
 * Imports `count` new dashboards of 20 panels, no two of which have equal queries. `cli`: the path of the command. `latency`:
 * milliseconds that are added to each request.
 */
export async function measureImport(cli: string, url: string, count: number, latency = 0): Promise<MeasuredImport> {
  const prefix = `import-${process.pid}`;
  const floor = floorOf(url);
  const directory = await mkdtemp(join(tmpdir(), "grafana-import-"));
  try {
    await floor.create(prefix, count, { distinct: true });
    let sequential = 0;
    const read = async (proxy: string): Promise<void> => {
      const behind = floorOf(proxy);
      sequential = await behind.readEach(prefix);
      behind.close();
    };
    await countRequests(url, read, latency);
    const args = [cli, "import", "--out", ".", "--only", `dashboard/${prefix}-*`];
    let run: Run | undefined;
    const requests = await countRequests(
      url,
      async (proxy) => {
        const env = { GRAFANA_URL: proxy, GRAFANA_USER: "admin", GRAFANA_PASSWORD: "admin", CI: "1" };
        run = await runNode(args, { cwd: directory, env });
      },
      latency,
    );
    if (run?.code !== 0) throw new Error(`import exited ${run?.code}:\n${run?.output.slice(-2000)}`);
    const files = readdirSync(join(directory, "dashboards"));
    return { run, sequential, requests, files: files.filter((name) => name.startsWith(prefix)).length };
  } finally {
    await floor.clear(prefix);
    floor.close();
    await rm(directory, { recursive: true, force: true });
  }
}

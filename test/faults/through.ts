import { onTestFinished } from "vitest";
import { api } from "../cli/support.ts";
import { collection } from "../engine/support.ts";
import { testProject, type CliResult } from "../helpers/cli.ts";
import { faultyProxy, type Fate, type Passing } from "../helpers/faulty-proxy.ts";
import { testGrafana } from "../helpers/grafana.ts";
import { remarks } from "../helpers/mode.ts";

/** What happens to a request. */
export interface Fault {
  readonly fate: (request: Passing) => Fate | Promise<Fate>;
  /** The number of affected requests. Default: all. */
  readonly times?: number;
}

/** Runs a command on a sandbox behind a proxy that applies this fault to the requests that `meets` selects. */
export async function runThrough(
  args: readonly string[],
  meets: (request: Passing) => boolean,
  { fate, times = Infinity }: Fault,
  files: (name: (stem: string) => string) => Record<string, string>,
): Promise<CliResult & { readonly sent: number }> {
  const grafana = await testGrafana();
  let sent = 0;
  const proxy = await faultyProxy(grafana.url, (request) =>
    meets(request) && ++sent <= times ? fate(request) : "pass",
  );
  onTestFinished(() => proxy.close());
  const project = await testProject(files((stem) => grafana.name(stem)));
  const result = await project.run(args, { ...grafana.variables, GRAFANA_URL: proxy.url });
  const named = (text: string) => text.replaceAll(proxy.url, "URL").replaceAll(grafana.name(""), "");
  return { ...result, stdout: named(result.stdout), stderr: named(remarks(result)), sent };
}

export function isCreation({ method, path }: Passing): boolean {
  return method === "POST" && path.startsWith(collection("dashboard")) && !path.includes("dryRun");
}

export function oneDashboard(name: (stem: string) => string): Record<string, string> {
  return {
    "grafana.config.ts": `export default { project: "${name("own")}", resources: ["./resources"] };`,
    "resources/a.ts": api(`export const d = dashboard({ uid: "${name("d")}", spec: { title: "D" } });`),
  };
}

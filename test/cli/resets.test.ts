import { once } from "node:events";
import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { describe, expect, test } from "vitest";
import { testProject } from "../helpers/cli.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { remarks } from "../helpers/mode.ts";
import { make, stored } from "../engine/support.ts";
import { api, localServer, type LocalServer } from "./support.ts";

/** What happens to the first request for each thing that is to be created. */
type Fault = "reset after it was carried out" | "reset before it was carried out";

interface Line {
  readonly url: string;
  /** Creations that Grafana carried out, by what they created. */
  readonly created: string[];
  /** Connections that were broken. */
  readonly broken: string[];
}

/** A line to a Grafana on which the first answer to every creation is lost. */
async function unreliableLine(grafana: TestGrafana, fault: Fault): Promise<Line> {
  const created: string[] = [];
  const broken: string[] = [];
  const { url } = await proxy(grafana, async (incoming, body, forward) => {
    const name = incoming.method === "POST" && !incoming.url?.includes("dryRun") ? nameIn(body) : undefined;
    if (name === undefined) return "answer";
    const breaks = !broken.includes(name);
    if (breaks) broken.push(name);
    if (breaks && fault === "reset before it was carried out") return "reset";
    const { statusCode = 500 } = await forward();
    if (statusCode < 300) created.push(name);
    return breaks ? "reset" : "answer";
  });
  return { url, created, broken };
}

type Forward = () => Promise<IncomingMessage>;
type Decide = (incoming: IncomingMessage, body: string, forward: Forward) => Promise<"answer" | "reset">;

/** Stands before a Grafana; `decide` says, for every request, whether its answer arrives or the connection breaks. */
async function proxy(grafana: TestGrafana, decide: Decide): Promise<LocalServer> {
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await whole(incoming);
    let answer: Promise<IncomingMessage> | undefined;
    const forward = (): Promise<IncomingMessage> => (answer ??= forwarded(grafana.url, incoming, body));
    if ((await decide(incoming, body, forward)) === "reset") {
      incoming.socket.resetAndDestroy();
      return;
    }
    const { statusCode = 502, headers } = await forward();
    response.writeHead(statusCode, headers);
    (await forward()).pipe(response);
  };
  return localServer((incoming, response) => void handle(incoming, response));
}

async function forwarded(url: string, { url: path, method, headers }: IncomingMessage, body: string) {
  const request = httpRequest(`${url}${path}`, { method, headers });
  request.end(body);
  const [answer] = (await once(request, "response")) as [IncomingMessage];
  return answer;
}

async function whole(incoming: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of incoming) text += String(chunk);
  return text;
}

function nameIn(body: string): string {
  const { metadata, uid, dashboard } = JSON.parse(body) as {
    metadata?: { name: string };
    uid?: string;
    dashboard?: { uid: string };
  };
  return metadata?.name ?? dashboard?.uid ?? uid ?? "";
}

describe("an apply over a line that breaks", () => {
  test.each<Fault>(["reset after it was carried out", "reset before it was carried out"])(
    "every first creation is %s: all is created once, and the next plan is empty",
    async (fault) => {
      const grafana = await testGrafana();
      const line = await unreliableLine(grafana, fault);
      const names = Object.fromEntries(
        ["outer", "inner", "ds", "one", "two"].map((stem) => [stem, grafana.name(stem)]),
      );
      const project = await testProject({
        "grafana.config.ts": `export default { project: "${grafana.name("line")}", resources: ["./resources"] };`,
        "resources/a.ts": api(`
          export const outer = folder({ uid: "${names["outer"]}", title: "Outer" });
          export const inner = folder({ uid: "${names["inner"]}", title: "Inner", parent: outer });
          export const ds = datasource({ uid: "${names["ds"]}", name: "${names["ds"]}", type: "prometheus", url: "http://prometheus:9090" });
          const panels = [{ type: "timeseries", title: "P", datasource: ds.ref, targets: [{ refId: "A", expr: "up" }] }];
          export const one = dashboard({ uid: "${names["one"]}", folder: inner, spec: { title: "One", panels } as never });
          export const two = dashboard({ uid: "${names["two"]}", spec: { title: "Two" } });`),
      });
      const variables = { ...grafana.variables, GRAFANA_URL: line.url };

      const applied = await project.run(["apply"], variables);

      expect(applied.stdout).toContain("Applied: 5 added, 0 changed, 0 destroyed.\n");
      expect({ code: applied.code, stderr: remarks(applied) }).toEqual({ code: 0, stderr: "" });
      const all = Object.values(names).toSorted();
      expect(line.broken.toSorted()).toEqual(all);
      expect(line.created.toSorted()).toEqual(all);

      const planned = await project.run(["plan", "--detailed-exitcode"], variables);
      expect(planned.stdout).toContain("Plan: 0 to add, 0 to change, 0 to destroy. 5 unchanged.");
      expect(planned.code).toBe(0);
    },
  );

  test("somebody else's object that came in between is not overwritten: exit 7", async () => {
    const grafana = await testGrafana();
    const uid = grafana.name("taken");
    const owner = grafana.name("line");
    let broken = false;
    const { url } = await proxy(grafana, async ({ method }) => {
      if (method !== "POST" || broken) return "answer";
      broken = true;
      await make(grafana, "dashboard", uid, { spec: { title: "Theirs" } });
      return "reset";
    });
    const project = await testProject({
      "grafana.config.ts": `export default { project: "${owner}", resources: ["./resources"] };`,
      "resources/a.ts": api(`export const a = dashboard({ uid: "${uid}", spec: { title: "Ours" } });`),
    });

    const applied = await project.run(["apply"], { ...grafana.variables, GRAFANA_URL: url });

    expect(applied.stdout).toMatch(
      /dashboard\/taken\S* (was changed by somebody else|exists in Grafana already: created) meanwhile/,
    );
    expect(applied.code).toBe(7);
    expect((await stored(grafana, "dashboard", uid)).spec["title"]).toBe("Theirs");
  });
});

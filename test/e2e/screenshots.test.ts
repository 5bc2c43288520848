import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { dashboards } from "../content/own.ts";
import { CHROMIUM } from "../helpers/chromium.ts";
import { testProject } from "../helpers/cli.ts";
import { picturesIn } from "../review/screenshots/support.ts";
import { defectsOf } from "./pixels.ts";

// 200 screenshots of a real Grafana: LOOKS_GRAFANA_URL has its front end and data. With LOOKS_PICTURES, they are written to this directory.

const grafana = process.env["LOOKS_GRAFANA_URL"]?.replace(/\/+$/, "");
const directory = process.env["LOOKS_PICTURES"];
/** The maximum number of screenshots of a review. */
const COUNT = 200;

describe.runIf(grafana && CHROMIUM)("with a real Grafana and data", () => {
  test("a review has 200 screenshots, none of them blank or tiled", async () => {
    const copies = [1, 2, 3].flatMap((copy) =>
      dashboards.map(({ spec }) => ({ ...spec, uid: `shots-${spec.uid}-${copy}`, title: `${spec.title} ${copy}` })),
    );
    const project = await testProject({
      "grafana.config.ts": 'export default { project: "shots", resources: ["./resources"] };\n',
      "resources/copies.ts": `import { dashboard, existing } from "grafana-provision";
const refer = (key, value) => (key === "datasource" && value?.uid && !value.uid.startsWith("-") ? existing.datasource(value.uid, value.type).ref : value);
export default JSON.parse(${JSON.stringify(JSON.stringify(copies))}, refer).map((spec) => dashboard({ spec }));
`,
    });
    const started = performance.now();
    const { code, stdout, stderr } = await project.run(["review", "--screenshots"], {
      GRAFANA_URL: grafana ?? "",
      GRAFANA_USER: "admin",
      GRAFANA_PASSWORD: "admin",
    });
    const seconds = Math.round((performance.now() - started) / 1000);
    expect(code, stderr).toBe(0);
    const html = await readFile(join(project.directory, ".grafana-provision/review/review.html"), "utf8");
    const pictures = picturesIn(html).map(({ alt, url }) => ({
      alt,
      png: Buffer.from(url.slice(url.indexOf(",") + 1), "base64"),
    }));
    if (directory !== undefined) {
      await mkdir(directory, { recursive: true });
      for (const [index, { png }] of pictures.entries()) await writeFile(join(directory, `${index}.png`), png);
    }
    const faults = pictures.flatMap(({ alt, png }, index) => {
      const defects = defectsOf(png);
      return defects.length > 0 ? [`${index} ${alt}: ${defects.join(", ")}`] : [];
    });
    const unready = stdout.split("\n").filter((line) => line.includes("No screenshot"));
    process.stdout.write(`${pictures.length} screenshots in ${seconds} s\n${unready.join("\n")}\n`);
    expect({ count: pictures.length, faults, unready }).toEqual({ count: COUNT, faults: [], unready: [] });
  });
});

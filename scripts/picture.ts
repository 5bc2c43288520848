// Takes the README's screenshot of a review of this repository's dashboards with the installed Chromium.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { startChromium } from "../test/helpers/chromium.ts";
import { reviewOfOwnChange } from "../test/report/html/scene.ts";

const PICTURE = resolve(import.meta.dirname, "../docs/review.png");

const directory = await mkdtemp(join(tmpdir(), "grafana-provision-picture-"));
const browser = await startChromium();
try {
  const file = join(directory, "review.html");
  await writeFile(file, await reviewOfOwnChange());
  const page = await browser.newPage({ viewport: { width: 1280, height: 1210 }, colorScheme: "light" });
  await page.goto(pathToFileURL(file).href);
  await page.screenshot({ path: PICTURE });
} finally {
  await browser.close();
  await rm(directory, { recursive: true, force: true });
}

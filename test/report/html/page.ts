import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect, onTestFinished } from "vitest";
import { kinds } from "../../../src/kinds/index.ts";
import { reviewHtml } from "../../../src/report/html.ts";
import type { Review } from "../../../src/report/review.ts";
import { startChromium } from "../../helpers/chromium.ts";

/**
 * Starts a browser for the tests of a file. Opens pages, also those of reviews, as files, like a reviewer. A request, a dialog or console
 * output fails the test.
 */
export function opener(): (shown: Review | string, options?: BrowserContextOptions) => Promise<Page> {
  let browser: Browser;
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "grafana-provision-html-"));
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser.close();
    await rm(directory, { recursive: true, force: true });
  });

  let count = 0;
  return async (shown, options = {}) => {
    const file = join(directory, `${count++}.html`);
    await writeFile(file, typeof shown === "string" ? shown : await reviewHtml(shown, kinds));
    const context = await browser.newContext({ viewport: { width: 1400, height: 900 }, ...options });
    const page = await context.newPage();
    const events: string[] = [];
    page.on("console", (message) => events.push(`console: ${message.text()}`));
    page.on("pageerror", (error) => events.push(`error: ${error.message}`));
    page.on("request", (request) => events.push(`request: ${request.url()}`));
    page.on("dialog", (dialog) => {
      events.push(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    onTestFinished(async () => {
      await context.close();
      expect(events).toEqual([`request: ${pathToFileURL(file).href}`]);
    });
    await page.goto(pathToFileURL(file).href);
    return page;
  };
}

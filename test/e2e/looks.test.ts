import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Browser, BrowserContext } from "playwright-core";
import { dashboards } from "../content/own.ts";
import { CHROMIUM, startChromium } from "../helpers/chromium.ts";
import { lookAt } from "./looks.ts";

// The dashboards in a real browser: LOOKS_GRAFANA_URL is a Grafana with its front end and with data, where this repository is applied.
// With LOOKS_PICTURES, the pictures are written to this directory.

const grafana = process.env["LOOKS_GRAFANA_URL"]?.replace(/\/+$/, "");
const pictures = process.env["LOOKS_PICTURES"];

/** Panels that can be empty although everything is healthy, with the reason. */
const EMPTY: Readonly<Record<string, string>> = {};

describe.runIf(grafana && CHROMIUM)("in a real browser", () => {
  let browser: Browser;
  /** One for all pages, so that the front end is in its cache. */
  let context: BrowserContext;
  beforeAll(async () => {
    browser = await startChromium();
    context = await browser.newContext({ reducedMotion: "reduce", timezoneId: "UTC", locale: "en-US" });
    await context.request.post(`${grafana}/login`, { data: { user: "admin", password: "admin" } });
  });
  afterAll(async () => {
    await browser.close();
  });

  const looks = ["light", "dark"].flatMap((theme) => [1000, 1500].map((width) => ({ theme, width })));
  const cases = dashboards.flatMap(({ spec: { uid = "", title = "" } }) =>
    looks.map((look) => ({ uid, title, ...look })),
  );

  test.each(cases)(
    "$title, $theme, $width pixels: nothing fails, is empty or is cut off",
    async ({ uid, theme, width }) => {
      const page = await context.newPage();
      // Without a pause between refreshes, panels on a busy machine are never still.
      const { panels, errors } = await lookAt(
        page,
        `${grafana}/d/${uid}?kiosk&theme=${theme}&refresh=1d`,
        width,
        pictures === undefined ? undefined : join(pictures, `${uid}-${width}-${theme}.png`),
      );
      await page.close();
      expect(panels.length).toBeGreaterThan(10);
      const titlesOf = (found: typeof panels) => found.map(({ title }) => title);
      expect({
        errors,
        failed: titlesOf(panels.filter(({ failed }) => failed)),
        empty: titlesOf(panels.filter(({ title, empty }) => empty && EMPTY[title] === undefined)),
        cut: panels.filter(({ cut }) => cut.length > 0).map(({ title, cut }) => ({ title, cut })),
      }).toEqual({ errors: [], failed: [], empty: [], cut: [] });
    },
  );
});

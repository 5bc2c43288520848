// Takes the pictures in docs/dashboards.md: the dashboards of a real Grafana with data, and three messages.
// GRAFANA_URL (admin:admin) with its front end, where this repository is applied; FROM and TO are a time range in milliseconds.
import { registerHooks } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import type { Message } from "../test/content/messages/messages.ts";
import { startChromium } from "../test/helpers/chromium.ts";

/** The package in this checkout, which has no `dist`. */
const PACKAGE = { "grafana-provision": "index.ts", "grafana-provision/testing": "testing/index.ts" };
const files = new Map(
  Object.entries(PACKAGE).map(([name, file]) => [name, pathToFileURL(join(import.meta.dirname, "../src", file)).href]),
);
registerHooks({ resolve: (specifier, context, next) => next(files.get(specifier) ?? specifier, context) });
const { messageOf } = await import("../test/content/messages/messages.ts");

const DOCS = join(import.meta.dirname, "../docs");
const { GRAFANA_URL = "http://localhost:3000", FROM = "now-1h", TO = "now" } = process.env;

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** As a mail program shows it, with links. */
function emailPage({ title, email }: Message): string {
  const lines = escaped(email).replaceAll(/https?:\/\/\S+/g, (url) => `<a>${url}</a>`);
  return `<h1>${escaped(title)}</h1><p class="from">Grafana &lt;grafana@example.com&gt;</p><pre>${lines}</pre>`;
}

/** As Slack shows it: bold text, and links with their words. */
function slackPage({ title, slack }: Message): string {
  const html = escaped(slack)
    .replaceAll(/&lt;[^|]+?\|([^&]+)&gt;/g, "<a>$1</a>")
    .replaceAll(/^\*(.*)\*$/gm, "<b>$1</b>")
    .replaceAll(":white_check_mark:", "✅");
  return `<div class="bar"><h2>${escaped(title)}</h2><pre>${html}</pre></div>`;
}

const STYLE = `body { margin: 0; padding: 20px 24px; font: 15px/1.5 sans-serif; width: 852px; background: #fff; color: #1d1c1d }
  h1 { font-size: 20px; margin: 0 } h2 { font-size: 15px; margin: 0 0 4px; color: #1264a3 } .from { color: #616061; margin: 2px 0 12px }
  pre { font: inherit; white-space: pre-wrap; overflow-wrap: anywhere; margin: 0 } a { color: #1264a3 }
  .bar { border-left: 4px solid #d63232; padding-left: 12px }`;

async function takeMessages(page: Page): Promise<void> {
  const shown = [
    ["email", "one alert", emailPage],
    ["slack", "several services", slackPage],
    ["resolved", "resolved", slackPage],
  ] as const;
  for (const [name, sample, pageOf] of shown) {
    await page.setContent(`<style>${STYLE}</style><body>${pageOf(messageOf(sample))}</body>`);
    const box = page.locator("body > *").last();
    const { y = 0, height = 0 } = (await box.boundingBox()) ?? {};
    const clip = { x: 0, y: 0, width: 900, height: y + height + 20 };
    await page.screenshot({ clip, path: join(DOCS, `message-${name}.png`) });
  }
}

/** Below the controls. */
const TOP = 58;

/** Waits until two pictures in a row are equal. */
async function takeDashboard(page: Page, uid: string, bottom: number): Promise<void> {
  const hidden = ["hideTimePicker", "hideVariables", "hideLinks"].map((one) => `_dash.${one}=true`).join("&");
  await page.goto(`${GRAFANA_URL}/d/${uid}?kiosk&theme=light&timezone=utc&from=${FROM}&to=${TO}&${hidden}`);
  let before: Buffer | undefined;
  for (;;) {
    await page.waitForTimeout(8000);
    const clip = { x: 0, y: TOP, width: 1500, height: bottom - TOP };
    const picture = await page.screenshot({ path: join(DOCS, `dashboard-${uid}.png`), clip });
    if (before?.equals(picture)) return;
    before = picture;
  }
}

const browser = await startChromium();
try {
  const page = await browser.newPage({ viewport: { width: 1500, height: 1300 } });
  await takeMessages(await browser.newPage({ viewport: { width: 900, height: 400 } }));
  await page.goto(`${GRAFANA_URL}/login`);
  await page.request.post(`${GRAFANA_URL}/login`, { data: { user: "admin", password: "admin" } });
  // Each ends between two rows.
  const bottoms = { overview: 1164, fastapi: 1126, loki: 1089, jaeger: 1243 };
  for (const [uid, bottom] of Object.entries(bottoms)) await takeDashboard(page, uid, bottom);
} finally {
  await browser.close();
}

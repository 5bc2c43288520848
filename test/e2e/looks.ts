import type { Page } from "playwright-core";
import { z } from "zod";

const PanelLook = z.object({
  title: z.string(),
  /** Grafana shows an error in the corner of the panel, or instead of its content. */
  failed: z.boolean(),
  /** "No data" is in the panel. */
  empty: z.boolean(),
  /** Texts that don't fit: titles, names in legends, numbers. */
  cut: z.array(z.string()),
});
type PanelLook = z.infer<typeof PanelLook>;

export interface Look {
  readonly panels: readonly PanelLook[];
  /** Failed requests to Grafana, and errors of its scripts. */
  readonly errors: readonly string[];
}

/** Lower than each dashboard. */
const HEIGHT = 800;
/** Milliseconds between two pictures that must be equal. */
const PAUSE = 2000;

/** Opens a dashboard and waits until all of its panels are painted. The picture is written to `path`. */
export async function lookAt(page: Page, url: string, width: number, path?: string): Promise<Look> {
  const errors: string[] = [];
  page.on("pageerror", ({ message }) => errors.push(message));
  page.on("response", (response) => {
    if (response.status() >= 400) errors.push(`${response.status()} ${response.url()}`);
  });
  page.setDefaultTimeout(0);
  await page.setViewportSize({ width, height: HEIGHT });
  await page.goto(url);
  await page.locator(PANEL).first().waitFor();
  // Grafana loads only panels that are visible.
  const height = z.number().parse(await page.evaluate("document.scrollingElement.scrollHeight"));
  await page.setViewportSize({ width, height });
  let before: Buffer | undefined;
  for (;;) {
    await page.waitForTimeout(PAUSE);
    if ((await page.locator('[aria-label="Panel loading bar"]').count()) > 0) continue;
    const picture = await page.screenshot(path === undefined ? {} : { path });
    if (before?.equals(picture)) break;
    before = picture;
  }
  return { panels: z.array(PanelLook).parse(await page.evaluate(READ)), errors };
}

const PANEL = 'section[data-testid^="data-testid Panel header"]';

/** Reads the panels of the page. A text is cut if it is wider than its element, or if its element leaves what the panel shows. */
const READ = `[...document.querySelectorAll('${PANEL}')].map((panel) => {
  const content = panel.querySelector('[data-testid="data-testid panel content"]')?.getBoundingClientRect();
  const isOutside = (one) => {
    const { left, right } = one.getBoundingClientRect();
    return content !== undefined && (left < content.left - 1 || right > content.right + 1);
  };
  const isCut = (one) => one.scrollWidth > one.clientWidth + 1 || isOutside(one);
  const texts = [
    panel.querySelector('[data-testid="data-testid header-container"] h2'),
    ...panel.querySelectorAll("table button, table td, [role=gridcell], [role=columnheader] button, [data-testid^='data-testid VizLegend series']"),
  ];
  return {
    title: panel.querySelector("h2")?.textContent ?? "",
    failed: panel.querySelector('[data-testid="data-testid Panel status error"], [data-testid="data-testid Alert error"]') !== null,
    empty: /No data/.test(panel.innerText),
    cut: texts.filter((one) => one !== null && one.clientWidth > 0 && isCut(one)).map((one) => one.textContent.trim()),
  };
})`;

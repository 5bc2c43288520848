import { describe, expect, test } from "vitest";
import { kinds } from "../../../src/kinds/index.ts";
import { reviewsHtml } from "../../../src/report/html-environments.ts";
import { CHROMIUM } from "../../helpers/chromium.ts";
import { ALERTING, DASHBOARD } from "./forms.ts";
import { opener } from "./page.ts";
import { panel, reviewOfForms } from "./reviews.ts";

const NAMES = ["staging", "europe-west", "united-states-east", "asia"];

/** The last environment has another form of the dashboard, and one environment could not be read. */
async function html(): Promise<string> {
  const same = reviewOfForms([DASHBOARD, ...ALERTING], { notes: ["A limitation of this Grafana."] });
  const after = { ...DASHBOARD.after, title: "Regional", panels: [panel(9, "Only here", [0, 0, 12, 8])] };
  const other = reviewOfForms([{ ...DASHBOARD, after }, ...ALERTING]);
  const reviews = NAMES.map((name, index) => ({ name, review: index === NAMES.length - 1 ? other : same }));
  return reviewsHtml([...reviews, { name: "down", problem: "<b>connection refused</b>" }], kinds);
}

describe.skipIf(!CHROMIUM)("a page about several environments, in a real Chromium", () => {
  const open = opener();

  test.each(["light", "dark"] as const)(
    "fits a phone and a screen, and links lead to the changes (%s)",
    async (colorScheme) => {
      for (const width of [390, 1000]) {
        const page = await open(await html(), { viewport: { width, height: 850 }, colorScheme });
        expect(await page.evaluate("document.documentElement.scrollWidth <= innerWidth")).toBe(true);
        expect(await page.locator(".matrix thead th").allInnerTexts()).toEqual([
          `${1 + ALERTING.length} resources`,
          ...NAMES,
          "down",
        ]);
        const cell = page.locator(".matrix tbody tr").filter({ hasText: "dashboard/" }).locator("td").nth(3);
        expect(await cell.locator(".letter").innerText()).toBe("B");
        await cell.locator("a").click();
        const card = page.locator("article:target");
        expect(await card.isVisible()).toBe(true);
        expect(await card.locator(".environments span").allInnerTexts()).toEqual(["asia"]);
        expect(await card.locator(".compared").innerText()).toContain("differs from A");
      }
    },
  );

  test("equal changes, risks and notes are shown once, and text from outside is not HTML", async () => {
    const page = await open(await html(), { javaScriptEnabled: false });
    expect(await page.locator("article").count()).toBe(1 + ALERTING.length + 1);
    expect(await page.locator("article", { hasText: "all 4 environments" }).count()).toBe(ALERTING.length);
    const risks = await page.locator(".risks li").allInnerTexts();
    expect(new Set(risks).size).toBe(risks.length);
    expect(await page.locator(".tail li").allInnerTexts()).toEqual([
      "A limitation of this Grafana. (staging, europe-west, united-states-east)",
    ]);
    expect(await page.locator(".problem").innerText()).toBe("<b>connection refused</b>");
  });
});

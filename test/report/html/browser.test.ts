import type { Locator, Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { largeReview } from "../../../bench/review.ts";
import { textOf, type JsonObject } from "../../../src/util/json.ts";
import { CHROMIUM } from "../../helpers/chromium.ts";
import { AFTER, ALERTING, BEFORE, DASHBOARD } from "./forms.ts";
import { opener } from "./page.ts";
import { panel, reviewOfForms } from "./reviews.ts";

describe.skipIf(!CHROMIUM)("a plan as HTML, in a real Chromium (skipped where none is found)", () => {
  const open = opener();

  const inAfter = (page: Page, title: string) =>
    page.locator(".after .p", { has: page.locator(`b:text-is("${title}")`) });
  const statusOf = async (locator: Locator) =>
    ((await locator.getAttribute("class")) ?? "")
      .split(" ")
      .find((name) => /^(added|changed|moved|removed|same)$/.test(name));
  const state = (page: Page) =>
    page.evaluate(`({
      side: document.documentElement.dataset.side,
      open: document.querySelector("#drawer").open ? document.querySelector("#drawer h2").textContent : "",
      focus: document.activeElement.querySelector("b")?.textContent ?? "",
    })`) as Promise<{ side: string; open: string; focus: string }>;

  test("panels are in the positions of the grid, before and after", async () => {
    const page = await open(reviewOfForms([DASHBOARD]));
    for (const [side, form] of [
      ["before", BEFORE],
      ["after", AFTER],
    ] as const) {
      // A row with a change is open, and its panels are in a grid of their own.
      const [upper, inner, lower] = await page.locator(`.${side} .grid`).all();
      const panels = form["panels"] as JsonObject[];
      const nested = (panels[5]?.["panels"] ?? []) as JsonObject[];
      const grids = [
        [upper, panels.slice(0, 5), 0],
        [inner, nested, 14],
        [lower, panels.slice(6), 14],
      ] as const;
      for (const [grid, drawn, top] of grids) {
        const frame = (await grid?.boundingBox())!;
        expect(await grid?.locator("> .p").count()).toBe(drawn.length);
        for (const { id, gridPos } of drawn) {
          const { x, y, w, h } = gridPos as { x: number; y: number; w: number; h: number };
          const box = (await grid?.locator(`> [data-k="${textOf(id)}"]`).boundingBox())!;
          const [column, row] = [frame.width / 24, 18];
          expect(Math.abs(box.x - 2 - frame.x - x * column), `x of ${textOf(id)}`).toBeLessThan(1);
          expect(Math.abs(box.y - 2 - frame.y - (y - top) * row), `y of ${textOf(id)}`).toBeLessThan(1);
          expect(Math.abs(box.width + 4 - w * column), `width of ${textOf(id)}`).toBeLessThan(1);
          expect(Math.abs(box.height + 4 - h * row), `height of ${textOf(id)}`).toBeLessThan(1);
        }
      }
    }
  });

  test("added, changed, moved and removed panels are distinguishable and labeled", async () => {
    const page = await open(reviewOfForms([DASHBOARD]));
    const statuses = await Promise.all(
      ["Up", "New", "Errors", "Below", "Inner left", "Inner right"].map((title) => statusOf(inAfter(page, title))),
    );
    expect(statuses).toEqual(["same", "added", "moved", "changed", "changed", "same"]);
    expect(await statusOf(page.locator('.before [data-k="5"]'))).toBe("removed");
    expect(await inAfter(page, "Up").innerText()).toMatch(
      /^Up\s+stat · requests\/sec\s+A rate\(requests_total\{panel="1"\}\[5m\]\)$/,
    );
    expect(await inAfter(page, "Inner left").locator("small").innerText()).toBe("timeseries · seconds");
    expect(await inAfter(page, "Errors").locator("small").innerText()).toContain("→ 12");
    expect(await page.locator(".figures").innerText()).toBe("1 added\n2 changed\n1 removed\n1 moved");
    // Signs, for readers who can't distinguish the colors.
    const signs = await page.evaluate(
      `["added", "changed", "moved"].map((one) => getComputedStyle(document.querySelector(".after .p." + one), "::after").content)`,
    );
    expect(signs).toEqual(['"+" / "added"', '"~" / "changed"', '"↕" / "moved"']);
  });

  test("a collapsed row without a change stays closed", async () => {
    const form = (title: string): JsonObject => ({ ...BEFORE, title });
    const page = await open(reviewOfForms([{ ...DASHBOARD, before: form("Old"), after: form("New") }]));
    await page.locator(".unchanged > summary").click();
    expect(await page.locator(".after .collapsed").getAttribute("open")).toBeNull();
    expect(await page.locator(".after .collapsed summary").innerText()).toBe("Closed 2 panels, collapsed");
    const [row, below] = [
      await page.locator(".after .collapsed").boundingBox(),
      await inAfter(page, "Below").boundingBox(),
    ];
    expect(Math.abs(below!.y - 2 - (row!.y - 2) - 20)).toBeLessThan(4);
    expect(await page.locator(".others").innerText()).toContain('renamed from "Old" to "New"');
  });

  /** 24 panels in six rows with a header each; `rename` gives some of them another unit. */
  const large = (changed: readonly number[] = [], more: JsonObject = {}): JsonObject => ({
    ...more,
    panels: Array.from({ length: 6 }, (_, index) => {
      const [y, id] = [9 * index, 10 * index];
      const header = panel(id + 9, `Row ${index}`, [0, y, 24, 1], { type: "row", targets: [] });
      const inner = [0, 1, 2, 3].map((column) => {
        const unit = changed.includes(id + column) ? { fieldConfig: { defaults: { unit: "s" } } } : {};
        return panel(id + column, `Panel ${id + column}`, [6 * column, y + 1, 6, 8], unit);
      });
      return [header, ...inner];
    }).flat(),
  });
  const shownPanels = (page: Page) => page.locator(".after .p:visible b").allInnerTexts();

  test("a changed description draws no panel until the reader opens them", async () => {
    const [before, after] = [large([], { description: "Old" }), large([], { description: "New" })];
    for (const javaScriptEnabled of [true, false]) {
      const page = await open(reviewOfForms([{ kind: "dashboard", id: "large", before, after }]), {
        javaScriptEnabled,
      });
      expect(await shownPanels(page)).toEqual([]);
      await page.locator(".unchanged > summary", { hasText: "24 unchanged panels" }).click();
      expect(await shownPanels(page)).toHaveLength(30);
    }
  });

  test("rows without a change are collapsed, and a button opens all", async () => {
    const page = await open(reviewOfForms([{ kind: "dashboard", id: "large", before: large(), after: large([21]) }]));
    const row = ["Row 2", "Panel 20", "Panel 21", "Panel 22", "Panel 23"];
    expect(await shownPanels(page)).toEqual(row);
    expect(await page.locator(".after .unchanged > summary").allInnerTexts()).toEqual([
      "8 unchanged panels",
      "12 unchanged panels",
    ]);
    await page.getByRole("button", { name: "Show all panels" }).click();
    expect(await shownPanels(page)).toHaveLength(30);
  });

  test("panels that a new one pushed down are collapsed and not counted", async () => {
    const before = large();
    const pushed = (before["panels"] as JsonObject[]).map((one) => {
      const gridPos = one["gridPos"] as { x: number; y: number; w: number; h: number };
      return { ...one, gridPos: { ...gridPos, y: gridPos.y + 4 } };
    });
    const after = { panels: [panel(99, "New", [0, 0, 24, 4]), ...pushed] };
    const page = await open(reviewOfForms([{ kind: "dashboard", id: "large", before, after }]));
    expect(await shownPanels(page)).toEqual(["New"]);
    expect(await page.locator(".figures").innerText()).toBe("1 added");
    expect(await page.locator(".overview small").innerText()).toBe("dashboard · 1 difference");
  });

  test("a changed text shows the changed line with the lines around it", async () => {
    const lines = Array.from({ length: 300 }, (_, index) => `line ${index} of a long template`);
    const template = lines.join("\n");
    const after = template.replace("line 250 of", "line 250 in");
    const difference = { path: "template", labels: ["template"], type: "changed", before: template, after } as const;
    const page = await open(
      reviewOfForms([
        {
          kind: "message-template",
          id: "a",
          before: { template },
          after: { template: after },
          change: { differences: [difference] },
        },
      ]),
    );
    expect(await page.locator(".diff del").allInnerTexts()).toEqual(["line 250 of a long template"]);
    expect(await page.locator(".diff ins").allInnerTexts()).toEqual(["line 250 in a long template"]);
    expect(await page.locator(".diff .context").allInnerTexts()).toEqual([
      `${lines[248]}\n${lines[249]}`,
      `${lines[251]}\n${lines[252]}`,
    ]);
    expect(await page.locator(".diff .omitted").allInnerTexts()).toEqual(["248 unchanged lines", "47 unchanged lines"]);
  });

  test.each([
    { where: "a desktop", viewport: { width: 1400, height: 900 }, least: 12 },
    { where: "a phone", viewport: { width: 390, height: 844 }, least: 13 },
  ])("text on $where is at least $least px high", async ({ viewport, least }) => {
    const page = await open(
      reviewOfForms([DASHBOARD, ...ALERTING, { kind: "dashboard", id: "large", before: large(), after: large([21]) }], {
        notes: ["A note."],
      }),
      { viewport },
    );
    await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
    await page.locator(".after .p.changed").first().click();
    const sizes = (await page.evaluate(SIZES)) as { text: string; size: number }[];
    expect(sizes.length).toBeGreaterThan(100);
    expect(sizes.filter(({ size }) => size < least)).toEqual([]);
  });

  test("a click on a panel shows its differences; Escape closes them", async () => {
    const page = await open(reviewOfForms([DASHBOARD]));
    await inAfter(page, "Below").click();
    const drawer = page.locator("#drawer");
    expect(await drawer.locator("h2").innerText()).toBe("Below");
    expect(await drawer.locator(".diff del").innerText()).toBe('rate(requests_total{panel="9"}[5m])');
    expect(await drawer.locator(".diff ins").innerText()).toBe("rate(other_total[5m])");
    expect(await drawer.locator("code").allInnerTexts()).toEqual([
      'A rate(requests_total{panel="9"}[5m])',
      "A rate(other_total[5m])",
    ]);
    await page.keyboard.press("Escape");
    expect(await state(page)).toEqual({ side: "both", open: "", focus: "Below" });
    // The drawer never covers the clicked panel, so the next one can be clicked.
    for (const title of ["Errors", "New", "Errors"]) await inAfter(page, title).click();
    expect(await drawer.locator("h2").innerText()).toBe("Errors");
    await page.locator(".after h4").first().click();
    expect(await drawer.isVisible(), "a click outside closes it").toBe(false);
    await page.locator('.before [data-k="5"]').click();
    expect(await drawer.locator(".figure").innerText()).toBe("removed");
    await page.keyboard.press("Escape");
    await inAfter(page, "Up").click();
    expect(await drawer.locator(".figure").innerText()).toBe("unchanged");
  });

  test("the switch shows before, after or both, also by keyboard", async () => {
    const page = await open(reviewOfForms([DASHBOARD]));
    const shown = async () => [
      await page.locator(".side.before").isVisible(),
      await page.locator(".side.after").isVisible(),
    ];
    expect(await shown()).toEqual([true, true]);
    await page.getByText("Before", { exact: true }).first().click();
    expect(await shown()).toEqual([true, false]);
    await page.getByRole("radio", { name: "After" }).focus();
    await page.keyboard.press("Space");
    expect(await shown()).toEqual([false, true]);
    await page.keyboard.press("ArrowLeft");
    expect(await shown()).toEqual([true, true]);
    await page.keyboard.press("b");
    expect(await shown()).toEqual([true, false]);
    expect(await page.getByRole("radio", { name: "Before" }).isChecked()).toBe(true);
    await page.keyboard.press("s");
    expect(await shown()).toEqual([true, true]);
  });

  test("everything can be reached without a mouse", async () => {
    const page = await open(reviewOfForms([DASHBOARD]));
    const walk: string[] = [];
    for (let step = 0; step < 4; step++) {
      await page.keyboard.press("j");
      walk.push((await state(page)).focus);
    }
    expect(walk).toEqual(["Gone", "New", "Errors", "Inner left"]);
    await page.keyboard.press("k");
    await page.keyboard.press("Enter");
    expect(await state(page)).toMatchObject({ open: "Errors" });
    await page.keyboard.press("j");
    expect(await state(page)).toMatchObject({ open: "Inner left" });
    await page.keyboard.press("Escape");
    await page.keyboard.press("ArrowRight");
    expect((await state(page)).focus, "unchanged panels are skipped").toBe("Inner right");
    await page.keyboard.press("ArrowDown");
    expect((await state(page)).focus).toBe("Below");
    // The Tab key stops at changed panels.
    await inAfter(page, "New").focus();
    await page.keyboard.press("Tab");
    expect((await state(page)).focus).toBe("Errors");
  });

  test("fits a phone", async () => {
    const page = await open(reviewOfForms([DASHBOARD, ...ALERTING]), { viewport: { width: 390, height: 844 } });
    const fits = () => page.evaluate("document.documentElement.scrollWidth <= innerWidth") as Promise<boolean>;
    expect(await state(page)).toMatchObject({ side: "after" });
    expect(await fits()).toBe(true);
    await page.getByText("Both", { exact: true }).click();
    const [before, after] = [
      await page.locator(".before").first().boundingBox(),
      await page.locator(".after").first().boundingBox(),
    ];
    expect(after!.y, "one below the other").toBeGreaterThan(before!.y + before!.height - 1);
    expect(await fits()).toBe(true);
    await inAfter(page, "Below").click();
    expect(await page.locator("#drawer").boundingBox()).toMatchObject({ x: 0, width: 390 });
    expect(await fits()).toBe(true);
  });

  test("follows the system's dark or light theme, until the reader changes it", async () => {
    const page = await open(reviewOfForms([DASHBOARD]), { colorScheme: "dark" });
    const background = () => page.evaluate("getComputedStyle(document.body).backgroundColor") as Promise<string>;
    const dark = await background();
    await page.emulateMedia({ colorScheme: "light" });
    const light = await background();
    expect(light).not.toBe(dark);
    await page.getByRole("button", { name: "Dark theme" }).click();
    expect(await background()).toBe(dark);
    await page.getByRole("button", { name: "Light theme" }).click();
    expect(await background()).toBe(light);
  });

  test.each(["light", "dark"] as const)("every text has enough contrast: %s", async (colorScheme) => {
    const page = await open(reviewOfForms([DASHBOARD, ...ALERTING]), { colorScheme });
    // WCAG requires a contrast of 4.5 to 1 for text.
    const contrasts = (await page.evaluate(CONTRASTS)) as { text: string; contrast: number }[];
    expect(contrasts.length).toBeGreaterThan(30);
    expect(contrasts.filter(({ contrast }) => contrast < 4.5)).toEqual([]);
  });

  test("new and deleted dashboards are drawn only on one side", async () => {
    const page = await open(
      reviewOfForms([
        { kind: "dashboard", id: "new", after: AFTER },
        { kind: "dashboard", id: "old", before: BEFORE },
      ]),
    );
    expect(await page.locator("#c0 .p.added").count()).toBe(8);
    expect(await page.locator("#c1 .p.removed").count()).toBe(8);
    expect(await page.locator(".none:visible").count()).toBe(0);
    await page.keyboard.press("b");
    expect(await page.locator("#c0 .none").innerText()).toBe("Does not exist yet.");
  });

  test("panels without a valid position are drawn", async () => {
    const odd = (gridPos: unknown) => ({ title: "odd", gridPos }) as JsonObject;
    const panels = [
      odd(undefined),
      odd({ x: 30, y: -4, w: 90, h: 0 }),
      odd({ x: "a", y: 1e12, w: 3.5, h: 1e9 }),
      odd([]),
      {},
    ];
    const page = await open(reviewOfForms([{ kind: "dashboard", id: "odd", after: { panels } }]));
    const boxes = await Promise.all((await page.locator(".p").all()).map((one) => one.boundingBox()));
    const grid = (await page.locator(".grid").boundingBox())!;
    expect(boxes).toHaveLength(5);
    for (const box of boxes) expect(box!.x + box!.width).toBeLessThanOrEqual(grid.x + grid.width);
    expect(grid.height).toBeLessThan(10_000);
  });

  test("alerts show when they fire, before and after, in words", async () => {
    const page = await open(reviewOfForms(ALERTING));
    const rules = (await page.locator("#c0 .rule").all()).map(async (one) => [
      await statusOfRule(one),
      (await one.locator("h4").innerText()).trim(),
      (await one.locator(".condition").innerText()).replace(/\s+/g, " "),
    ]);
    expect(await Promise.all(rules)).toEqual([
      [
        "changed",
        "High error rate critical",
        "Fires when error rate is above 5% (0.05) for 2 minutes error rate is above 10% (0.1) for 15 minutes",
      ],
      ["moved", "Service down goes to other", "Fired when up is below 1 for 5 minutes"],
      ["removed", "Old rule", "Fired when x is above 1 for 5 minutes"],
    ]);
    expect(await page.locator("#c1 .rule h4").allInnerTexts()).toEqual(["Service down comes from critical"]);
    expect(await page.locator("#c1 .rest").innerText()).toBe("1 rule unchanged.");
    const risks = await page.locator(".risks li").allInnerTexts();
    expect(risks).toEqual(
      expect.arrayContaining([
        'rule-group/f/critical rule "High error rate" fires later: its threshold goes from 0.05 to 0.1',
      ]),
    );
    await page.locator(".risks a").first().click();
    expect(page.url()).toMatch(/#c\d$/);
  });

  const statusOfRule = async (one: Locator) => ((await one.getAttribute("class")) ?? "").replace("rule ", "");

  test("the policy tree is drawn as a tree, with moved policies", async () => {
    const page = await open(reviewOfForms(ALERTING));
    const policies = async (side: string) =>
      Promise.all(
        (await page.locator(`.${side} .policy`).all()).map(async (one) => [
          ((await one.getAttribute("class")) ?? "").replace("policy ", ""),
          (await one.innerText()).replace(/\s+/g, " ").trim(),
        ]),
      );
    expect(await policies("before")).toEqual([
      ["same", "every alert mail"],
      ["changed", "severity=critical pager again after 1 hour"],
      ["same", "severity=warning chat"],
      ["moved", "team=a team was the 3rd, is the 1st"],
      ["removed", "team=b old"],
    ]);
    expect(await policies("after")).toEqual([
      ["same", "every alert mail"],
      ["moved", "team=a team was the 3rd, is the 1st"],
      ["changed", "severity=critical pager again after 4 hours"],
      ["added", "env=prod night"],
      ["same", "severity=warning chat"],
    ]);
    expect(await page.locator(".after .tree > li > ul > li > ul > li").innerText()).toContain("env=prod");
  });

  test("a policy that moves to another branch is shown as moved, not as new and deleted", async () => {
    const [a, b] = [
      { receiver: "a", object_matchers: [["team", "=", "a"]] },
      { receiver: "b", object_matchers: [["team", "=", "b"]] },
    ];
    const night = () => ({ receiver: "night", object_matchers: [["env", "=", "prod"]] });
    const before = { receiver: "mail", provenance: "api", routes: [{ ...a, routes: [night()] }, b] };
    const after = { receiver: "mail", provenance: "", routes: [a, { ...b, routes: [night()] }] };
    const page = await open(reviewOfForms([{ kind: "notification-policy", id: "default", before, after }]));
    expect(await page.locator(".policy:not(.same)").allInnerTexts()).toEqual([
      expect.stringMatching(/env=prod night\s+moves to another parent/),
      expect.stringMatching(/env=prod night\s+moves from another parent/),
    ]);
    expect(await page.locator(".policy.moved").count()).toBe(2);
    expect(await page.locator(".diff").innerText()).toContain("provenance");
  });

  test("300 changed dashboards open", async () => {
    const page = await open(reviewOfForms([]));
    await page.close();
    const large = await open(largeReview(300));
    await large.keyboard.press("j");
    expect((await state(large)).focus).toBe("Requests of service 0");
    await large.locator(".overview summary").click();
    await large.locator('.overview a[href="#c250"]').click();
    expect(await large.locator("#c250").isVisible()).toBe(true);
  });

  test("is readable without scripts", async () => {
    const page = await open(reviewOfForms([DASHBOARD, ...ALERTING]), { javaScriptEnabled: false });
    expect(await page.locator(".side:visible").count()).toBe(4);
    await page.locator(".changes summary").first().click();
    expect(await page.locator(".changes .diff").first().isVisible()).toBe(true);
  });
});

/** The font size of each visible text, also of signs that the style adds. */
const SIZES = `[...document.querySelectorAll("body *")]
  .filter((one) => one.getClientRects().length > 0 && !["SCRIPT", "STYLE"].includes(one.tagName))
  .flatMap((one) => {
    const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim() !== "") ? [undefined] : [];
    const added = ["::before", "::after"].filter((name) => /[^" ]/.test(getComputedStyle(one, name).content.replace(/^(none|normal)$/, "")));
    return [...own, ...added].map((name) => ({
      text: one.localName + "." + one.className + (name ?? "") + " " + one.textContent.trim().slice(0, 30),
      size: parseFloat(getComputedStyle(one, name).fontSize),
    }));
  })`;

/** The contrast of the signs, numbers and texts against their background. */
const CONTRASTS = `(() => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (color) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => { const [x, y, z] = [r, g, b].map((one) => { const v = one / 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * x + 0.7152 * y + 0.0722 * z; };
  const behind = (one) => { for (let at = one; at; at = at.parentElement) { const color = rgb(getComputedStyle(at).backgroundColor); if (color[3] === 255) return color; } return [255, 255, 255]; };
  const contrast = (a, b) => { const [x, y] = [light(a), light(b)].sort((m, n) => n - m); return (x + 0.05) / (y + 0.05); };
  return [...document.querySelectorAll("h1, h2, h3, h4, p, li, dd, small, a, b, code, del, ins, mark, .figure, .sign, .policy, .switch span, .legend span")]
    .filter((one) => one.getClientRects().length > 0 && !one.closest(".p.same, .p.pushed, .policy.same") && one.textContent.trim() + one.className !== "")
    .map((one) => ({ text: one.localName + "." + one.className + " " + one.textContent.trim().slice(0, 30), contrast: contrast(rgb(getComputedStyle(one).color), behind(one)) }));
})()`;

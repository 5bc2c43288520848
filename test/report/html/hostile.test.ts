import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../src/util/json.ts";
import { CHROMIUM } from "../../helpers/chromium.ts";
import { opener } from "./page.ts";
import { panel, reviewOfForms, rule, type Changed } from "./reviews.ts";

const HOSTILE = [
  `<script>alert(1)</script>`,
  `"><img src=x onerror=alert(1)><a href="javascript:alert(1)">x</a>`,
  `' onmouseover='alert(1)' style='background:url(http://127.0.0.1:9/x)`,
  `</title></style></script><script>alert(1)</script><!--`,
  `javascript:alert(1)//http://127.0.0.1:9/`,
  `</button></article><iframe src="http://127.0.0.1:9/"></iframe>`,
  `&lt;b&gt; &#60;script&#62; \${alert(1)} {{alert(1)}}`,
  "\u2028alert(1)\u2029\u0000\u001b[31m\u202egnp.exe",
  `]]><svg onload=alert(1)>`,
];

describe.skipIf(!CHROMIUM)("untrusted text in the page, in a real Chromium (skipped if none is found)", () => {
  const open = opener();

  test("is shown only as text", async () => {
    const of = (text: string, other: string): JsonObject => ({
      title: text,
      panels: [
        panel(1, text, [0, 0, 12, 4], {
          type: text,
          repeat: text,
          description: text,
          fieldConfig: { defaults: { unit: text } },
          targets: [
            { refId: text, expr: text },
            { refId: "Z", something: text },
          ],
          options: { [text]: other, content: text },
        }),
        panel(2, text, [12, 0, 12, 4], { libraryPanel: { name: text, uid: text } }),
        panel(3, text, [0, 4, 24, 1], { type: "row", panels: [panel(4, text, [0, 5, 12, 4])] }),
        { ...panel(5, text, [0, 5, 12, 4]), id: text },
      ],
      templating: { list: [{ name: text, query: other }] },
      links: [{ title: text, url: `javascript:alert(1)//${other}` }],
    });
    const changes = HOSTILE.flatMap((text, index): Changed[] => {
      const next = HOSTILE[(index + 1) % HOSTILE.length] ?? "";
      const group = (limit: string): JsonObject => ({
        interval: 60,
        rules: [
          rule(
            text,
            text,
            `${text}${limit}`,
            { type: text, params: [limit] },
            { labels: { severity: text }, for: limit },
          ),
        ],
      });
      const policy = (receiver: string): JsonObject => ({
        receiver,
        group_by: [text],
        routes: [
          { receiver: text, object_matchers: [[text, "=", next]], mute_time_intervals: [text], group_wait: text },
        ],
      });
      const change = {
        source: { file: text, export: text },
        sideEffect: text,
        updatedBy: text,
        origin: "both" as const,
        ...(index % 2 ? { left: { reason: "drift" as const, message: text, hint: text } } : {}),
      };
      return [
        { kind: "dashboard", id: `${index}${text}`, title: text, before: of(text, "a"), after: of(text, next), change },
        { kind: "dashboard", id: `new${index}${text}`, title: text, after: of(text, next), change },
        { kind: "rule-group", id: `${index}${text}`, title: text, before: group("1"), after: group("2"), change },
        {
          kind: "notification-policy",
          id: `${index}${text}`,
          title: text,
          before: policy("a"),
          after: policy(text),
          change,
        },
        {
          kind: "contact-point",
          id: `${index}${text}`,
          title: text,
          after: { integrations: [{ type: text, settings: { a: text } }] },
        },
        { kind: text, id: text, title: text, after: { [text]: text }, change },
      ];
    });
    const unseen = [{ kind: HOSTILE[0] ?? "", missing: HOSTILE[1] ?? "", resources: HOSTILE }];
    const uncheckedSecrets = HOSTILE.map((text) => ({ address: text, reason: "variable" as const, variables: [text] }));
    const more = { project: HOSTILE[3] ?? "", orphans: HOSTILE, notes: HOSTILE, uncheckedSecrets, unseen };
    const page = await open(reviewOfForms(changes, more, HOSTILE[1]));

    const titles = await page.evaluate(
      `[...document.querySelectorAll(".card h3")].map((one) => one.childNodes[1].textContent.trim())`,
    );
    const shown = (text: string) =>
      text
        .replace("\u001b[31m", "")
        .replace(/[\p{Cc}\p{Zl}\p{Zp}\u202e]/gu, " ")
        .trim();
    expect(new Set(titles as string[])).toEqual(new Set(HOSTILE.map(shown)));
    for (const panel of await page.locator("#c0 .after .p:visible").all()) {
      await panel.click({ position: { x: 3, y: 3 } });
      expect(await page.locator("#drawer h2").innerText()).toBe(HOSTILE[0]);
    }
    await page.keyboard.press("j");
    const foreign = await page.evaluate(FOREIGN);
    expect(foreign).toEqual([]);
    expect(await page.locator("script").count()).toBe(1);
    expect(await page.title()).toContain("</title>");
  });
});

/** Elements and attributes that the page itself does not create. */
const FOREIGN = `[...document.querySelectorAll("*")].flatMap((one) => {
  const tags = "html head meta title style body svg symbol path use a nav strong fieldset legend label input span p button main h1 h2 h3 h4 small section ul li details summary div article header b i code em mark ins del dl dt dd pre dialog footer kbd script br".split(" ");
  const names = "lang class id name content charset http-equiv aria-label aria-labelledby aria-hidden href type value checked hidden tabindex viewBox preserveAspectRatio d open data-k data-side data-theme title".split(" ");
  const found = tags.includes(one.localName) ? [] : [one.localName];
  for (const { name, value } of one.attributes) {
    if (!names.includes(name)) found.push(one.localName + " " + name);
    if (name === "href" && !value.startsWith("#")) found.push(value);
  }
  return found;
})`;

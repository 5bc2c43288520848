import { lexer, type Token, type Tokens } from "marked";
import { describe, expect, test } from "vitest";
import fc from "fast-check";
import type { Difference } from "../../src/engine/difference.ts";
import type { Change, Plan } from "../../src/engine/change.ts";
import { kinds } from "../../src/kinds/index.ts";
import { isInSyncMarkdown, planMarkdown } from "../../src/report/markdown.ts";
import { GENERATED, runs } from "../helpers/seed.ts";

const CHANGE: Change = {
  kind: "dashboard",
  id: "a",
  title: "A",
  action: "update",
  source: { file: "dashboards/a.ts", export: "default" },
  origin: "code",
  differences: [],
  verified: true,
  needs: [],
};

function planOf(changes: readonly Change[], more: Partial<Plan> = {}): Plan {
  return {
    version: 1,
    project: "p",
    changes,
    unchanged: 0,
    unseen: [],
    orphans: [],
    uncheckedSecrets: [],
    notes: [],
    ...more,
  };
}

function changed(path: string, before: string, after: string, labels = [path]): Difference {
  return { type: "changed", path, labels, before, after };
}

const render = (plan: Plan, limit?: number) =>
  planMarkdown(plan, kinds, { target: "Grafana 12.4.0 at https://grafana.example.org", ...(limit ? { limit } : {}) });

/** All tokens at any depth. */
function tokensOf(tokens: readonly Token[]): Token[] {
  return tokens.flatMap((token) => {
    const cells =
      token.type === "table" ? [...(token as Tokens.Table).header, ...(token as Tokens.Table).rows.flat()] : [];
    const inner = [
      ...("tokens" in token && token.tokens ? token.tokens : []),
      ...("items" in token ? (token.items as Token[]) : []),
      ...cells.flatMap((cell) => cell.tokens),
    ];
    return [token, ...tokensOf(inner)];
  });
}

function tableIn(text: string): Tokens.Table {
  const table = lexer(text).find((token) => token.type === "table");
  if (!table) throw new Error("a table was expected");
  return table as Tokens.Table;
}

/** The text of a cell as GitHub renders it: without code elements, with character references decoded. */
function shownIn(cell: Tokens.TableCell | undefined): string {
  return (cell?.text ?? "")
    .replace(/<\/?code>/g, "")
    .replace(/&#(\d+);/g, (_, number: string) => String.fromCodePoint(Number(number)));
}

describe("a plan as markdown", () => {
  test("has a summary line, a table, and collapsed differences", () => {
    const text = render(
      planOf([
        { ...CHANGE, differences: [changed("title", "Old", "New")] },
        { ...CHANGE, id: "b", action: "create" },
        {
          ...CHANGE,
          id: "c",
          left: { reason: "drift", message: "changed in Grafana", hint: "take it over" },
          updatedBy: "maria",
        },
      ]),
    );

    expect(text.split("\n")[0]).toBe("### Plan: 1 to add, 1 to change, 0 to destroy. 1 not applied. 0 unchanged.");
    expect(tableIn(text).rows.map((row) => row.map(shownIn))).toEqual([
      ["✏️ change", "dashboard/a", "A", "dashboards/a.ts", "1 difference"],
      ["➕ add", "dashboard/b", "A", "dashboards/a.ts", ""],
      ["✋ not applied", "dashboard/c", "A", "dashboards/a.ts", "changed in Grafana, last by maria"],
    ]);
    expect(text).toContain('```diff\n! title: "Old" → "New"\n```');
    expect(text.match(/<details>/g)).toHaveLength(2);
  });

  test("has no table without changes", () => {
    const text = render(planOf([]));
    expect(lexer(text).some((token) => token.type === "table")).toBe(false);
    expect(text).toMatch(/\n\nNo differences\.\n$/);
  });

  test.each<[string, Plan, boolean]>([
    ["without changes", planOf([]), true],
    ["with a change", planOf([CHANGE]), false],
    ["with a change that is not applied", planOf([{ ...CHANGE, left: { reason: "foreign", message: "m" } }]), false],
    ["with an object that is no longer in the code", planOf([], { orphans: ["dashboard/b"] }), false],
    [
      "with a kind that could not be read",
      planOf([], { unseen: [{ kind: "dashboard", missing: "dashboards:read", resources: [] }] }),
      false,
    ],
    [
      "with differences that contain the text of the marker",
      planOf([{ ...CHANGE, differences: [changed("title", "a", render(planOf([])))] }]),
      false,
    ],
  ])("a plan %s: in sync is %j", (_name, plan, isInSync) => {
    expect(isInSyncMarkdown(render(plan))).toBe(isInSync);
  });
});

describe("risks are listed first", () => {
  const rule = (rest: string, before: unknown, after: unknown, type: Difference["type"] = "changed"): Change => ({
    ...CHANGE,
    kind: "rule-group",
    id: "f/critical",
    differences: [
      {
        type,
        path: `rules[uid=r]${rest}`,
        labels: ['rule "Errors"', "x"],
        ...(before === undefined ? {} : { before: before as string }),
        ...(after === undefined ? {} : { after: after as string }),
      },
    ],
  });
  const gt = (value: number) => ({ type: "gt", params: [value] });
  const lt = (value: number) => ({ type: "lt", params: [value] });
  const threshold = ".data[refId=B].model.conditions[0].evaluator";

  test.each<[what: string, change: Change, said: string | undefined]>([
    ["a deletion", { ...CHANGE, action: "delete" }, "🛑 dashboard/a is deleted, with its history and permissions"],
    [
      "a contact point",
      { ...CHANGE, kind: "contact-point", differences: [changed("x", "1", "2")] },
      "⚠️ contact-point/a changes how notifications are sent",
    ],
    [
      "a new contact point",
      { ...CHANGE, kind: "contact-point", action: "create", differences: [changed("x", "1", "2")] },
      undefined,
    ],
    [
      "a route",
      { ...CHANGE, kind: "notification-policy", differences: [changed("routes", "1", "2")] },
      "⚠️ notification-policy/a changes notification routing",
    ],
    [
      "a datasource's URL",
      { ...CHANGE, kind: "datasource", differences: [changed("url", "http://a", "http://b")] },
      "⚠️ datasource/a queries another source: url http://a → http://b",
    ],
    ["a datasource's name", { ...CHANGE, kind: "datasource", differences: [changed("name", "a", "b")] }, undefined],
    [
      "a change that overwrites",
      { ...CHANGE, origin: "both", updatedBy: "maria" },
      "🛑 dashboard/a overwrites changes made in Grafana by maria",
    ],
    [
      "a longer wait",
      rule(".for", "5m", "1h"),
      '⚠️ rule-group/f/critical rule "Errors" waits longer before it fires: 5m → 1h',
    ],
    [
      "a wait instead of none",
      rule(".for", undefined, "5m", "added"),
      '⚠️ rule-group/f/critical rule "Errors" waits longer before it fires: 0s → 5m',
    ],
    ["a shorter wait", rule(".for", "5m", "60s"), undefined],
    [
      "a higher limit from above",
      rule(threshold, gt(0.05), gt(0.1)),
      '⚠️ rule-group/f/critical rule "Errors" fires later: its threshold goes from 0.05 to 0.1',
    ],
    ["a lower limit from above", rule(threshold, gt(0.05), gt(0.01)), undefined],
    [
      "a lower limit from below",
      rule(threshold, lt(10), lt(5)),
      '⚠️ rule-group/f/critical rule "Errors" fires later: its threshold goes from 10 to 5',
    ],
    ["a higher limit from below", rule(threshold, lt(5), lt(10)), undefined],
    [
      "a different comparison",
      rule(threshold, lt(5), gt(5)),
      '⚠️ rule-group/f/critical rule "Errors" uses a different comparison',
    ],
    ["a paused rule", rule(".isPaused", undefined, true, "added"), '🛑 rule-group/f/critical rule "Errors" is paused'],
    [
      "a deleted rule",
      rule("", "{}", undefined, "removed"),
      '🛑 rule-group/f/critical rule "Errors" is deleted: it no longer alerts',
    ],
    [
      "no alert for missing data",
      rule(".noDataState", "Alerting", "OK"),
      '⚠️ rule-group/f/critical rule "Errors" no longer alerts without data: Alerting → OK',
    ],
    ["a skipped change", { ...CHANGE, action: "delete", left: { reason: "drift", message: "m" } }, undefined],
  ])("%s", (_what, change, said) => {
    const text = render(planOf([change]));
    const lines = text.split("\n").filter((line) => /^- (🛑|⚠️) /u.test(line));
    const shown = lines.map((line) => shownIn({ text: line.slice(2) } as Tokens.TableCell));

    expect(shown).toEqual(said === undefined ? [] : [said]);
    expect(text.includes("**Review first**")).toBe(said !== undefined);
  });

  test("a rule that moves to another group is not listed as deleted", () => {
    const text = render(
      planOf([rule("", "{}", undefined, "removed"), { ...rule("", undefined, "{}", "added"), id: "f/other" }]),
    );
    expect(text).not.toContain("Review first");
  });

  test("losses before changes", () => {
    const text = render(
      planOf([
        { ...CHANGE, kind: "contact-point", differences: [changed("x", "1", "2")] },
        { ...CHANGE, action: "delete" },
      ]),
    );
    expect(text.indexOf("🛑")).toBeLessThan(text.indexOf("⚠️"));
  });
});

describe("untrusted text stays text", () => {
  const HOSTILE = [
    "a | b | c",
    "`code` ``` fence",
    "@grafana/everybody #1 GH-1",
    "<script>alert(1)</script>",
    "</code></details><img src=x onerror=alert(1)>",
    "[link](javascript:alert(1)) ![x](http://x/y.png)",
    "https://evil.example.org www.evil.example.org a@b.example",
    "**bold** _em_ ~~gone~~ \\| \\` &lt; &#60;",
    "# heading\n\n- list\n> quote\r\n| x |",
    ":smile: $x$ <!-- --> ]]> ${x}",
    "\u202egnp.exe\u0000\u001b[31m",
  ];

  function expectPlain(text: string, titles: readonly string[]): void {
    const tokens = tokensOf(lexer(text));
    const types = new Set(tokens.map(({ type }) => type));
    for (const type of ["link", "image", "em", "del", "def", "escape", "blockquote", "hr"])
      expect(types).not.toContain(type);
    expect(tokens.filter(({ type }) => type === "heading")).toHaveLength(1);
    const html = tokens.filter(({ type }) => type === "html").map(({ raw }) => raw.trim());
    const ours =
      /^(<\/?code>|<\/?details>|<details><summary>(<code>[^<>]*<\/code>|\d+ dashboards with the same changes)<\/summary>)$/;
    expect(html.filter((one) => !ours.test(one))).toEqual([]);
    const rows = tableIn(text).rows;
    expect(rows.map((row) => row.length)).toEqual(titles.map(() => 5));
  }

  test("in titles, sources, values and messages", () => {
    const changes = HOSTILE.map((text, index) => ({
      ...CHANGE,
      id: `${index}${text}`,
      title: text,
      source: { file: text, export: text },
      sideEffect: text,
      differences: [changed(`panels[${text}]`, text, `${text}.`, [`panel "${text}"`, text])],
      ...(index % 2 === 0 ? {} : { left: { reason: "drift" as const, message: text, hint: text }, updatedBy: text }),
    }));
    const uncheckedSecrets = HOSTILE.map((text) => ({ address: text, reason: "variable" as const, variables: [text] }));
    const text = render(
      planOf(changes, { project: HOSTILE[3] ?? "", orphans: HOSTILE, notes: HOSTILE, uncheckedSecrets }),
    );

    expectPlain(text, HOSTILE);
    expect(tableIn(text).rows.map((row) => shownIn(row[2]).replace(/\s+/g, " ").trim())[0]).toBe("a | b | c");
    expect(text).not.toMatch(/(?!\n)[\p{Cc}\u202e]/u);
  });

  test("with any content", GENERATED, () => {
    const anything = fc.string({
      unit: fc.constantFrom(..."|`*_~<>[]()#@!\\&;:/-+=.\n aw1é😀".match(/./gsu)!),
      maxLength: 60,
    });
    const unequal = fc.uniqueArray(anything, { minLength: 1, maxLength: 4 });
    const equal = anything.map((text) => [text, text, text]);
    fc.assert(
      fc.property(fc.oneof(unequal, equal), (titles) => {
        const changes = titles.map((text, index) => ({
          ...CHANGE,
          id: `${index}`,
          title: text,
          differences: [changed("x", text, `${text}.`, [`panel "${text}"`, "y"])],
        }));
        const text = render(planOf(changes));
        const different = [...new Set(titles)];
        expectPlain(text, different);
        expect(tableIn(text).rows, "equal changes share a row").toHaveLength(different.length);
      }),
      { numRuns: runs(300) },
    );
  });
});

describe("the length of a comment", () => {
  const long = (id: string, lines: number): Change => ({
    ...CHANGE,
    id,
    differences: Array.from({ length: lines }, (_, index) => changed(`p${index}`, "a".repeat(60), id.padEnd(60, "b"))),
  });

  test("is limited: the longest differences are omitted first, with a note", () => {
    const text = render(planOf([long("short", 1), long("longest", 30), long("long", 10)]), 4_000);

    expect(text.length).toBeLessThanOrEqual(4_000);
    expect([...text.matchAll(/<summary><code>dashboard\/(\w+)</g)].map(([, id]) => id)).toEqual(["short", "long"]);
    expect(text).toContain("The differences of 1 of 3 resources are omitted");
  });

  test("stays below GitHub's limit with 300 and 5,000 changed dashboards", () => {
    for (const count of [300, 5_000]) {
      const changes = Array.from({ length: count }, (_, index) => long(`d${index}`, 5 + (index % 30)));
      const text = render(planOf(changes, { orphans: changes.map(({ id }) => id) }));
      expect(text.length).toBeLessThanOrEqual(65_536);
      expect(text.length, "and use it fully").toBeGreaterThan(30_000);
      expect(text.split("\n")[0]).toContain(`${count} to change`);
    }
  });
});

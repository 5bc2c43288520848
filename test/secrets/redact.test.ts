import { readFileSync } from "node:fs";
import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { credentialRanges } from "../../src/secrets/credential-forms.ts";
import { createRedactor, LINE, PART } from "../../src/secrets/redact.ts";
import { FORMS, goQuoted, NOTATIONS } from "./forms.ts";
import { GENERATED, runs, SEED } from "../helpers/seed.ts";

const RUNS = runs(100);

const hidden = (secret: string, text: string, credential = false) => {
  const redactor = createRedactor();
  redactor.add(secret, { credential });
  return redactor.redacted(text);
};

const oneOf = (characters: string) => fc.constantFrom(...characters.split(""));
const character = fc.oneof(
  { weight: 8, arbitrary: oneOf("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~/:") },
  { weight: 2, arbitrary: oneOf(`"'\\&<>%+=;,#?@{}[]()$!*|\`^`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      " ",
      "\n",
      "\r\n",
      "\t",
      "\ufeff",
      "\u200b",
      "\x1b",
      "\u00a0",
      "\u2028",
      "é",
      "漢",
      "😀",
    ),
  },
);
const secrets = fc.array(character, { minLength: 6, maxLength: 120 }).map((all) => all.join(""));
const solid = (text: string) => text.replace(/[\s\p{Cc}\p{Cf}+]/gu, "");

/** A part of the secret with this length that is in the text, ignoring white space. */
function survives(secret: string, text: string, length: number): string | undefined {
  const [whole, shown] = [solid(secret), solid(text)];
  const parts = Array.from({ length: Math.max(1, whole.length - length + 1) }, (_, at) => whole.slice(at, at + length));
  return parts.find((part) => part !== "" && shown.includes(part));
}

/** The same for base64 at any offset. */
function inBase64(secret: string, text: string): string | undefined {
  const runs = text.split(/[^\w+/-]+/).flatMap((run) => [0, 1, 2, 3].map((skip) => run.slice(skip)));
  return runs
    .map((run) => survives(secret, Buffer.from(run, "base64").toString(), PART))
    .find((part) => part !== undefined);
}

describe("generated secrets", GENERATED, () => {
  for (const [form, quote] of Object.entries(FORMS)) {
    const read = NOTATIONS[form]?.read ?? ((text) => text);
    test(`leave no ${PART} consecutive characters of a secret ${form}`, () => {
      fc.assert(
        fc.property(secrets, fc.constantFrom("", "x", 'the "', "was "), (secret, before) => {
          fc.pre(solid(secret).length >= 6 && secret.isWellFormed());
          // A short one is found only as a separate word.
          const lead = solid(secret).length < LINE ? before.replace("x", "") : before;
          const left = hidden(secret, `${lead}${quote(secret)} is wrong`);
          expect(survives(secret, read(left), PART), left).toBeUndefined();
          expect(form.includes("base64") ? inBase64(secret, left) : undefined, left).toBeUndefined();
        }),
        { seed: SEED, numRuns: RUNS },
      );
    });

    test(`leave no ${PART} consecutive characters of a part of a secret ${form}`, () => {
      fc.assert(
        fc.property(secrets, fc.nat(), fc.nat(), (secret, from, size) => {
          const characters = Array.from(secret);
          fc.pre(characters.length > PART && secret.isWellFormed());
          const start = from % (characters.length - PART);
          const part = characters.slice(start, start + PART + (size % (characters.length - start))).join("");
          fc.pre(solid(part).length >= PART);
          const left = hidden(secret, `invalid: ${quote(part)} …`);
          expect(survives(part, read(left), PART), left).toBeUndefined();
        }),
        { seed: SEED, numRuns: RUNS },
      );
    });
  }

  test(`leave no line of ${LINE} or more characters`, () => {
    fc.assert(
      fc.property(fc.array(secrets, { minLength: 2, maxLength: 5 }), fc.nat(), (parts, which) => {
        const lines = parts.map((part) => part.replace(/[\r\n\u2028]/g, ""));
        const line = lines[which % lines.length] ?? "";
        fc.pre(solid(line).length >= LINE && line.isWellFormed());
        const left = hidden(lines.join("\n"), `line: ${goQuoted(line.trim())}`);
        expect(survives(line, left, Math.min(PART, solid(line).length)), left).toBeUndefined();
      }),
      { seed: SEED, numRuns: RUNS },
    );
  });
});

test.each([
  ["%2a", "é%2abcdefghijklmno", String.raw`"\303\251%2abcdefghi"`],
  ["&amp;", "é&amp;bcdefghijklmno", String.raw`"\303\251&amp;bcdefg"`],
])("%s of a secret is also found in a text with another notation", (_, secret, text) => {
  expect(hidden(secret, text)).toBe('"(secret)"');
});

describe("bytes", () => {
  const HEX = Buffer.from("hunter2-of-the-hook").toString("hex");

  test.each([
    ["Paßwort-1", "was Pa\\303\\237wort-1.", "was (secret)."],
    ["Paßwort-1", "was Pa=C3=9Fwo=\nrt-1.", "was (secret)."],
    ["100%41=yes!", "was 100%41=3Dyes!.", "was (secret)."],
    ["tok1", "was [116 111 107 49]", "was [(secret)]"],
    ["tok1", "[]byte{0x74, 0x6F, 0x6b, 0x31}", "[]byte{(secret)}"],
    ["hunter2-of-the-hook", `abc${HEX} 5`, "abc(secret) 5"],
    ["hunter2-of-the-hook", `hash ${HEX.slice(1, 28)}…`, "hash 8(secret)…"],
    ["hunter2-of-the-hook", "\x1b[31mhunter2\x1b[0m-of-the-hook\x1b[0m is", "\x1b[31m(secret)\x1b[0m is"],
  ])("of %j in %j are redacted", (secret, text, left) => {
    expect(hidden(secret, text)).toBe(left);
  });

  test.each([
    ["tok1", "116, 111, 107 and 49"],
    ["tok1", "[1116 111 107 49] and [116 111 107 490] and 746F6B3"],
    ["hunter2-of-the-hook", `uid 7468652d and ${HEX.slice(0, 22)}`],
    ["123456789012", "[1234,5678,9012] of 2026-11-29 02:24:04, 12:34:56:78:90:12"],
  ])("that are not those of %j stay in %j", (secret, text) => {
    expect(hidden(secret, text)).toBe(text);
  });
});

test("a long list of bytes does not end the redaction", () => {
  for (const text of ["63".repeat(3_000_000), `[${"99 ".repeat(2_000_000)}]`]) {
    expect(hidden("hunter2-of-the-hook", `${text} hunter2-of-the-hook`)).toBe(`${text} (secret)`);
  }
});

test("a token of some millions of characters is redacted whole", () => {
  const text = `before glsa_${"a1".repeat(3_500_000)} after`;
  expect(hidden("hunter2-of-the-hook", text)).toBe("before (secret) after");
});

test("a token at any place near the end of a part of a long text is redacted", () => {
  // Longer texts are read in parts of one mebibyte that overlap.
  const size = 1 << 20;
  const token = "glsa_0123456789abcdefghij";
  for (const end of [size, size - (1 << 14), 2 * size - (1 << 14)]) {
    for (let start = end - token.length - 1; start <= end + 1; start += 8) {
      const text = (part: string) => `${"word ".repeat(size).slice(0, start - 1)} ${part} ${"rest ".repeat(1000)}`;
      const found = credentialRanges(text(token));
      expect(found.length, String(start)).toBeGreaterThan(0);
      expect(
        found.every(([from, to]) => from === start && to === start + token.length),
        String(start),
      ).toBe(true);
    }
  }
});

test("secrets in recorded responses of Grafana are redacted", () => {
  const transcript = JSON.parse(
    readFileSync(new URL("../fixtures/contract/secrets-in-refusals.json", import.meta.url), "utf8"),
  ) as { steps: { request: { body: { settings: { url?: string } } }; response: { body: { message?: string } } }[] };
  const quoted = transcript.steps.flatMap(({ request, response }) => {
    const [{ url }, { message }] = [request.body.settings, response.body];
    return url !== undefined && message?.includes("invalid URL") ? [{ url, message }] : [];
  });
  expect(quoted).toHaveLength(2);
  for (const { url, message } of quoted) {
    expect(hidden(url, message)).toMatch(/invalid URL "\(secret\)"$/);
    expect(hidden(url, JSON.stringify({ message }))).not.toMatch(/secret\d/);
  }
});

describe("text that is not a secret is unchanged", () => {
  test.each([
    ["abc", `abcdef xabc abc "abc" \\"abc\\"`, `abcdef xabc abc "(secret)" \\"(secret)\\"`],
    ["hunt2", "hunt2x xhunt2 hunt2.", "hunt2x xhunt2 (secret)."],
    ["e", "the rest of the text", undefined],
    ["ab", "a b", "a b"],
    ["https://hooks.example.org/services/T/B/c0ffee", "lookup https://hooks.example.org/: no host", undefined],
    ["https://hooks.example.org/services/T/B/c0ffee", "POST /api/services", undefined],
    ["correct-horse-battery", "a correct horse", undefined],
  ])("of %j in %j", (secret, text, left = text) => {
    expect(hidden(secret, text)).toBe(left);
  });

  test.each([
    ["admin", "administration by admin: admin", "administration by (secret): (secret)"],
    ["1", "1 dashboard", "1 dashboard"],
    ["a-long-password", "xa-long-passwordx", "x(secret)x"],
  ])("of the credential %j in %j", (secret, text, left) => {
    expect(hidden(secret, text, true)).toBe(left);
  });

  test("a secret URL with only an origin is redacted as a whole", () => {
    expect(hidden("https://secret.example.org/", "POST https://secret.example.org/: no")).toBe("POST (secret): no");
  });

  test("JSON and HTML stay valid if only long values are redacted", () => {
    const redactor = createRedactor();
    for (const value of ["true", "1", "nabcdefghijklmno", 'quote "in it" is long\\']) redactor.add(value);
    const json = JSON.stringify({ a: true, b: 1, c: '\nabcdefghijklmno"', d: 'quote "in it" is long\\' });
    const left = redactor.redacted(json, "long");
    expect(JSON.parse(left)).toMatchObject({ a: true, b: 1 });
    expect(left).not.toContain("abcdefghijklmno");
    expect(left).not.toContain("is long");
  });
});

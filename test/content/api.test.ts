import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";

const INDEX = resolve(import.meta.dirname, "../../src/index.ts");

/** Every name of the public API, with the file that declares it. */
const names = [...readFileSync(INDEX, "utf8").matchAll(/^export (?:type )?\{([^}]*)\} from "([^"]+)"/gm)].flatMap(
  ([, list = "", file = ""]) =>
    list
      .split(",")
      .map((one) => one.replace(/\btype\b/, "").trim())
      .filter(Boolean)
      .map((name) => ({ name, file })),
);

test.each(names)("$name has a doc comment", ({ name, file }) => {
  const text = readFileSync(resolve(INDEX, "..", file), "utf8");
  const declared = new RegExp(String.raw`\*/\nexport (?:async )?(?:function|const|interface|type|class) ${name}\b`);
  expect(text).toMatch(declared);
});

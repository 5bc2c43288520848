import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { expect, test } from "vitest";
import { actionsOf } from "../../src/engine/permissions.ts";
import { kinds } from "../../src/kinds/index.ts";
import { examples } from "./readme/examples.ts";
import { outputs } from "./readme/story.ts";
import { commandsTable, optionsTable, servicesTable } from "./readme/tables.ts";

const FILE = join(import.meta.dirname, "../../README.md");
const readme = await readFile(FILE, "utf8");

test.each([...kinds.values()])("the README says what planning a $name needs", ({ name, access }) => {
  const permissions = readme.slice(readme.indexOf("### Permissions"));
  const row = permissions.split("\n").find((line) => line.startsWith("|") && line.includes(`\`${name}\``));
  const [, , plan = ""] = (row ?? "").split("|");
  expect([...plan.matchAll(/`([^`]+)`/g)].map(([, action]) => action)).toEqual(actionsOf(access.read));
});

const OUTPUT = /<!-- output: (\S+) -->\n+```text\n([\s\S]*?)```/g;
const TABLE = /<!-- (services|commands|options) -->[\s\S]*?<!-- end -->/g;

// Writes them anew where it is run with --update: `npm run docs`.
test("every output in the README, and every table of commands and options, is the tool's own", async () => {
  const told = await outputs();
  const shown = [...readme.matchAll(OUTPUT)].map(([, name = ""]) => name);
  expect(readme.match(/^```text$/gm)).toHaveLength(shown.length);
  expect([...told.keys()]).toEqual(expect.arrayContaining(shown));
  const tables = new Map([
    ["services", servicesTable()],
    ["commands", commandsTable()],
    ["options", optionsTable()],
  ]);
  expect([...readme.matchAll(TABLE)].map(([, name]) => name)).toEqual([...tables.keys()]);

  const anew = readme
    .replaceAll(
      OUTPUT,
      (_, name: string) => `<!-- output: ${name} -->\n\n\`\`\`text\n${told.get(name)?.trimEnd()}\n\`\`\``,
    )
    .replaceAll(TABLE, (_, name: string) => `<!-- ${name} -->\n\n${tables.get(name)}\n\n<!-- end -->`);
  const options = await resolveConfig(FILE);
  await expect(await format(anew, { ...options, parser: "markdown" })).toMatchFileSnapshot(FILE);
});

test("the README's examples are valid together, and their types are right", async () => {
  const { paths, validate, types } = await examples(readme);
  expect(paths).toEqual(expect.arrayContaining(["dashboards/queue.ts", "alerts/queue.ts", "datasources/tempo.ts"]));
  expect(validate).toEqual({ code: 0, stdout: expect.stringContaining("Valid: ") as unknown, stderr: "" });
  expect(types).toEqual({ code: 0, stdout: "", stderr: "" });
});

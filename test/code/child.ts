// Reads repositories of users in a process of its own: a test runner would transform their files by itself, and which
// TypeScript runs is for Node to say. Prints what was found in each as JSON.
import { loadConfig } from "../../src/code/config.ts";
import { desire } from "../../src/code/desired.ts";
import { kinds } from "../../src/kinds/index.ts";
import { load } from "../../src/code/load.ts";

const results: unknown[] = [];
for (const directory of process.argv.slice(2)) {
  const { loaded, faults } = await load(await loadConfig(undefined, directory));
  const code = desire(loaded, kinds, "test");
  results.push({
    all: [...faults, ...code.faults],
    desired: code.desired,
    expected: code.expected.map(({ reference }) => reference),
  });
}
process.stdout.write(JSON.stringify(results));

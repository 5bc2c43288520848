// Reads repositories of users in a separate process, because a test runner would transform their files itself, and
// Node must decide which TypeScript it runs. Prints the result for each as JSON.
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
    unresolved: code.unresolved.map(({ from, reference: { id, path } }) => ({ file: from.source.file, path, id })),
  });
}
process.stdout.write(JSON.stringify(results));

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { codeSecrets } from "../../src/cli/code-secrets.ts";
import { commandHere } from "../../src/util/command-line.ts";

test("the note about faults of the code contains a command that can be pasted", async () => {
  const directory = await mkdtemp(join(tmpdir(), "grafana-provision-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await writeFile(join(directory, "a.json"), "{");
  const notes: unknown[] = [];
  const config = { project: "test", resources: ["."] };
  await codeSecrets({ config, file: join(directory, "grafana.config.ts"), directory }, undefined, (event) =>
    notes.push(event),
  );
  expect(notes).toMatchObject([{ type: "note", message: expect.stringContaining(`\`${commandHere("validate")}\``) }]);
});

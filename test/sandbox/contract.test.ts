import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { replay } from "../helpers/replay.ts";
import type { Transcript } from "../helpers/replay.ts";
import { sandbox } from "./support.ts";

const directory = join(import.meta.dirname, "../fixtures/contract");

describe("the sandbox answers as Grafana 12.4.0 did", () => {
  const files = readdirSync(directory).filter((name) => name.endsWith(".json"));

  test.each(files)("%s", async (file) => {
    const transcript = JSON.parse(readFileSync(join(directory, file), "utf8")) as Transcript;
    const server = await sandbox();

    const differences = await replay(server.url, transcript);

    expect(transcript.steps.length).toBeGreaterThan(0);
    expect(differences).toEqual([]);
  });
});

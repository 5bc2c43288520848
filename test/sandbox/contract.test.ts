import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Mode, Toggle } from "../../src/sandbox/mode.ts";
import { replay, type Transcript } from "../helpers/replay.ts";
import { sandbox } from "./support.ts";

const directory = join(import.meta.dirname, "../fixtures/contract");

/** Transcripts that are identical for Grafana 12.4.0 with SQL tables and with unified storage. */
const onEitherStorage = [
  "contact-points.json",
  "correlations.json",
  "dashboards-legacy.json",
  "datasource-identity.json",
  "datasources.json",
  "discovery.json",
  "display-names.json",
  "health-and-auth.json",
  "managed-marker-lost.json",
  "matcher-quotes.json",
  "mute-timings.json",
  "notification-policies.json",
  "routing-tree.json",
  "silences.json",
  "templates.json",
];

/** Those that also apply to a Grafana without the newer API. */
const withoutNewerApi = [
  "contact-points.json",
  "correlations.json",
  "dashboards-legacy.json",
  "datasource-identity.json",
  "datasources.json",
  "matcher-quotes.json",
  "mute-timings.json",
  "notification-policies.json",
  "silences.json",
  "templates.json",
];

describe("in unified mode the sandbox answers like Grafana 12.4.0", () => {
  test.each(transcripts(""))("%s", async (file) => {
    expect(await differences(file, "unified")).toEqual([]);
  });
});

describe("with the feature toggle for several policy trees the sandbox answers like Grafana 12.4.0", () => {
  test.each(transcripts("multiple-policies"))("%s", async (file) => {
    expect(await differences(`multiple-policies/${file}`, "unified", ["alertingMultiplePolicies"])).toEqual([]);
  });
});

describe("in legacy-storage mode the sandbox answers like Grafana 12.4.0 with SQL tables", () => {
  const own = transcripts("legacy-storage").map((name) => `legacy-storage/${name}`);

  test.each([...own, ...onEitherStorage])("%s", async (file) => {
    expect(await differences(file, "legacy-storage")).toEqual([]);
  });
});

describe("in legacy-api mode the sandbox answers like the older API of Grafana 12.4.0", () => {
  test.each(withoutNewerApi)("%s", async (file) => {
    expect(await differences(file, "legacy-api")).toEqual([]);
  });
});

function transcripts(folder: string): string[] {
  return readdirSync(join(directory, folder)).filter((name) => name.endsWith(".json"));
}

async function differences(file: string, mode: Mode, toggles: readonly Toggle[] = []): Promise<string[]> {
  const transcript = JSON.parse(readFileSync(join(directory, file), "utf8")) as Transcript;
  const plays = ({ path }: { path: string }): boolean => mode !== "legacy-api" || !path.startsWith("/apis");
  expect(transcript.steps.filter(({ request }) => plays(request)).length).toBeGreaterThan(0);
  const server = await sandbox(undefined, mode, toggles);
  return replay(server.url, transcript, plays);
}

import { expect, test } from "vitest";
import { targetOf, type TargetOptions } from "../../src/cli/target.ts";
import type { Config } from "../../src/code/config.ts";

const ENVIRONMENTS = {
  staging: { url: "https://staging.example.org" },
  production: { url: "https://grafana.example.org" },
};

function target(config: Partial<Config>, options: TargetOptions, variables: Record<string, string>) {
  const loaded = { config: { project: "own", ...config }, file: "/p/grafana.config.ts", directory: "/p" };
  return targetOf(loaded, options, variables);
}

test.each(["true", "1"])("CI=%s, environments, and none selected: exit 64, with their names", (value) => {
  const select = () => target({ environments: ENVIRONMENTS }, {}, { CI: value });
  expect(select).toThrow(
    expect.objectContaining({
      exitCode: 64,
      code: "target-missing",
      message: expect.stringMatching(/staging, production/) as string,
    }),
  );
  expect(select).toThrow(expect.objectContaining({ hint: expect.stringContaining("--sandbox") as string }));
});

test.each<[string, Partial<Config>, TargetOptions, Record<string, string>, string]>([
  ["--sandbox", { environments: ENVIRONMENTS }, { sandbox: true }, { CI: "true" }, "sandbox"],
  ["--env", { environments: ENVIRONMENTS }, { env: "staging" }, { CI: "true" }, "https://staging.example.org"],
  [
    "a URL",
    { environments: ENVIRONMENTS },
    {},
    { CI: "true", GRAFANA_URL: "https://other.example.org" },
    "https://other.example.org",
  ],
  ["no CI", { environments: ENVIRONMENTS }, {}, {}, "sandbox"],
  ["CI=false", { environments: ENVIRONMENTS }, {}, { CI: "false" }, "sandbox"],
  ["no environments", {}, {}, { CI: "true" }, "sandbox"],
  ["empty environments", { environments: {} }, {}, { CI: "true" }, "sandbox"],
])("with %s, a target is selected", (_name, config, options, variables, expected) => {
  const found = target(config, options, variables);
  expect(found.type === "grafana" ? found.client.url : found.type).toBe(expected);
});

import { describe, expect, test } from "vitest";
import { fingerprintsWith } from "../../src/secrets/fingerprints.ts";

const secrets = fingerprintsWith("a key", (variable) => `value of ${variable}`);
const use = (name: string, variable: string, within?: string) => ({
  path: ["integrations", 0, "settings", name],
  variable,
  ...(within === undefined ? {} : { within }),
});

describe("the fingerprint of secrets in parts", () => {
  const [url, password] = [use("url", "URL", "one"), use("password", "PASSWORD", "one")];

  test("does not depend on their order", () => {
    const recorded = secrets.fingerprint([url, password]) ?? "";
    expect(secrets.isFingerprint(recorded, [password, url])).toBe(true);
    expect(secrets.fingerprint([password, url])).toBe(recorded);
  });

  test("depends on their places and values", () => {
    const recorded = secrets.fingerprint([url, password]) ?? "";
    expect(secrets.isFingerprint(recorded, [use("url", "PASSWORD", "one"), use("password", "URL", "one")])).toBe(false);
    expect(secrets.isFingerprint(recorded, [url])).toBe(false);
  });
});

test("the hash of older versions is compared in the order of the code, in which they made it", () => {
  const recorded = secrets.fingerprint([use("url", "URL"), use("password", "PASSWORD")]) ?? "";
  expect(recorded).not.toContain(":");
  expect(secrets.isFingerprint(recorded, [use("url", "URL", "one"), use("password", "PASSWORD", "one")])).toBe(true);
});

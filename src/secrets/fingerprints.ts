import { createHash, createHmac } from "node:crypto";
import { placeKey, type SecretUse } from "./secret.ts";

interface Fingerprints {
  fingerprint(uses: readonly SecretUse[]): string | undefined;
  isFingerprint(recorded: string, uses: readonly SecretUse[], parts?: ReadonlySet<string>): boolean;
}

/**
 * Keyed hashes of secrets. Secrets in parts with a uid have one hash for each part, `PART:HASH PART:HASH`, so that adding,
 * removing and reordering parts does not change the others. `read`: the value of a variable.
 */
export function fingerprintsWith(
  key: string | undefined,
  read: (variable: string) => string | undefined,
): Fingerprints {
  const hashOf = (uses: readonly SecretUse[], name: (use: SecretUse) => unknown): string | undefined => {
    if (key === undefined || uses.length === 0) return undefined;
    const values = uses.map((use) => [name(use), read(use.variable)] as const);
    if (values.some(([, value]) => value === undefined)) return undefined;
    return createHmac("sha256", key).update(JSON.stringify(values)).digest("hex").slice(0, 32);
  };
  /** Also the form that older versions recorded for parts. In the order of the code, as they made it. */
  const wholeHash = (uses: readonly SecretUse[]) => hashOf(uses, ({ path }) => path);
  const partHashes = (uses: readonly SecretUse[]): Map<string, string | undefined> => {
    const parts = Map.groupBy(uses, ({ within = "" }) => within);
    return new Map([...parts].map(([part, own]) => [shortName(part), hashOf(byPlace(own), placeKey)?.slice(0, 16)]));
  };
  return {
    fingerprint(uses) {
      if (!uses.some(({ within }) => within !== undefined)) return wholeHash(uses);
      const hashes = [...partHashes(uses)];
      if (hashes.some(([, hash]) => hash === undefined)) return undefined;
      return hashes
        .map(([part, hash]) => `${part}:${hash}`)
        .toSorted()
        .join(" ");
    },
    isFingerprint(recorded, uses, parts) {
      if (!recorded.includes(":")) return recorded === wholeHash(uses);
      const now = partHashes(uses);
      const then = new Map(recorded.split(" ").map((one) => one.split(":") as [string, string]));
      const compared = parts ? [...parts].map(shortName) : [...now.keys(), ...then.keys()];
      return compared.every((part) => now.get(part) === then.get(part));
    },
  };
}

/** The order of settings has no meaning. */
function byPlace(uses: readonly SecretUse[]): SecretUse[] {
  return uses.toSorted((one, other) => (placeKey(one) < placeKey(other) ? -1 : 1));
}

function shortName(part: string): string {
  return createHash("sha256").update(part).digest("hex").slice(0, 8);
}

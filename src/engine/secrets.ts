import { createHmac } from "node:crypto";
import { HIDDEN, type SecretUse } from "../secrets.ts";

/** What a run knows of the values of secrets. */
export interface SecretValues {
  /** Undefined where the variable isn't set, or empty. */
  read(variable: string): string | undefined;
  /** The same but for a stand-in, which says nothing about what Grafana should have: what comparisons go by. */
  given(variable: string): string | undefined;
  /**
   * Tells whether a secret changed, without telling what it is: a keyed hash of all of a resource's secrets. Undefined
   * without a key, or where one of them isn't set.
   */
  fingerprint(uses: readonly SecretUse[]): string | undefined;
  /** `--refresh-secrets`: send all, whatever is known of them. */
  readonly refresh: boolean;
  /** A text without the values that were read: Grafana's messages repeat what a request says. */
  redacted(text: string): string;
}

interface Options {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly refresh?: boolean;
  /** For the sandbox: what a variable that isn't set stands for. */
  readonly standIn?: (variable: string) => string;
}

/** A plain hash in Grafana would be readable by every viewer, and a short secret found from it by trying. */
export function secretValues({ variables, refresh = false, standIn }: Options): SecretValues {
  const key = variables["GRAFANA_PROVISION_KEY"] || undefined;
  const used = new Set<string>();
  const noted = (value: string | undefined) => {
    if (value !== undefined) used.add(value);
    return value;
  };
  const given = (variable: string) => noted(variables[variable] || undefined);
  const read = (variable: string) => given(variable) ?? noted(standIn?.(variable));
  return {
    read,
    given,
    refresh,
    redacted(text) {
      // As it is, as JSON or Go quote it, and as a URL has it; the longest first, since one may be within another.
      const forms = [...used].flatMap((value) => [
        value,
        JSON.stringify(value).slice(1, -1),
        encodeURIComponent(value),
      ]);
      return [...new Set(forms)]
        .toSorted((a, b) => b.length - a.length)
        .reduce((rest, value) => rest.replaceAll(value, HIDDEN), text);
    },
    fingerprint(uses) {
      if (key === undefined || uses.length === 0) return undefined;
      const values = uses.map(({ path, variable }) => [path, given(variable)] as const);
      if (values.some(([, value]) => value === undefined)) return undefined;
      return createHmac("sha256", key).update(JSON.stringify(values)).digest("hex").slice(0, 32);
    },
  };
}

export const NO_SECRETS: SecretValues = secretValues({ variables: {} });

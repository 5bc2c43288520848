import { createHmac } from "node:crypto";
import type { SecretUse } from "../secrets.ts";

/** What a run knows of the values of secrets. */
export interface SecretValues {
  /** Undefined where the variable isn't set, or empty. */
  read(variable: string): string | undefined;
  /**
   * Tells whether a secret changed, without telling what it is: a keyed hash of all of a resource's secrets. Undefined
   * without a key, or where one of them isn't set.
   */
  fingerprint(uses: readonly SecretUse[]): string | undefined;
  /** `--refresh-secrets`: send all, whatever is known of them. */
  readonly refresh: boolean;
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
  const read = (variable: string) => variables[variable] || standIn?.(variable);
  return {
    read,
    refresh,
    fingerprint(uses) {
      if (key === undefined || uses.length === 0) return undefined;
      const values = uses.map(({ path, variable }) => [path, read(variable)] as const);
      if (values.some(([, value]) => value === undefined)) return undefined;
      return createHmac("sha256", key).update(JSON.stringify(values)).digest("hex").slice(0, 32);
    },
  };
}

export const NO_SECRETS: SecretValues = secretValues({ variables: {} });

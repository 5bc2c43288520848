import { createHmac } from "node:crypto";
import { createRedactor, type Redactor } from "./redact.ts";
import type { SecretUse } from "./secret.ts";
import { variablesIn, type NamedSecrets } from "./named-secrets.ts";

/** What a run knows of the values of secrets. */
export interface SecretValues {
  /** The secrets that the code names: only their variables have values. Undefined: all variables have. */
  readonly named: NamedSecrets | undefined;
  /** The same values, for the secrets that other code names. */
  namedBy(named: NamedSecrets): SecretValues;
  /** Undefined where the variable isn't set, is empty, or isn't named by the code. */
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
  /** Redacts the value of a variable from now on, whether or not the code names it. */
  hide(variable: string): void;
  readonly redactor: Redactor;
  /** A message without the values that were read and parts of them: Grafana quotes requests in errors. */
  redacted(text: string): string;
  /** A text of an object without the values that were read. */
  withoutValues(text: string): string;
}

interface Options {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly named?: NamedSecrets;
  /** Gets the values that were read. */
  readonly redactor?: Redactor;
  readonly refresh?: boolean;
  /** For the sandbox: what a variable that isn't set stands for. */
  readonly standIn?: (variable: string) => string;
}

/** A plain hash in Grafana would be readable by every viewer, and a short secret found from it by trying. */
export function secretValues(options: Options): SecretValues {
  return valuesOf({ redactor: createRedactor(), ...options });
}

function valuesOf(options: Options & { readonly redactor: Redactor }): SecretValues {
  const { variables, named, redactor, refresh = false, standIn } = options;
  const key = variables["GRAFANA_PROVISION_KEY"] || undefined;
  const names = named && variablesIn(named);
  const mayRead = (variable: string) => names?.has(variable) ?? true;
  if (key !== undefined) redactor.add(key, { credential: true });
  const set = (variable: string) => {
    const value = variables[variable] || undefined;
    if (value !== undefined) redactor.add(value);
    return value;
  };
  const given = (variable: string) => (mayRead(variable) ? set(variable) : undefined);
  const read = (variable: string) => (mayRead(variable) ? (set(variable) ?? standIn?.(variable)) : undefined);
  for (const variable of names ?? []) set(variable);
  return {
    named,
    namedBy: (other) => valuesOf({ ...options, named: other }),
    redactor,
    hide: (variable) => void set(variable),
    read,
    given,
    refresh,
    redacted: (text) => redactor.redacted(text),
    withoutValues: (text) => redactor.redacted(text, "wholes"),
    fingerprint(uses) {
      if (key === undefined || uses.length === 0) return undefined;
      const values = uses.map(({ path, variable }) => [path, given(variable)] as const);
      if (values.some(([, value]) => value === undefined)) return undefined;
      return createHmac("sha256", key).update(JSON.stringify(values)).digest("hex").slice(0, 32);
    },
  };
}

export const NO_SECRETS: SecretValues = secretValues({ variables: {} });

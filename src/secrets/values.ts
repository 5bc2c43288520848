import { createHmac } from "node:crypto";
import { createRedactor, type Redactor } from "./redact.ts";
import type { SecretUse } from "./secret.ts";
import { variablesIn, type NamedSecrets } from "./named-secrets.ts";

/** The values of secrets in a run. */
export interface SecretValues {
  /** The secrets that the code names. Only their variables can be read; undefined: all can. */
  readonly named: NamedSecrets | undefined;
  /** The same values for other code with different secrets. */
  namedBy(named: NamedSecrets): SecretValues;
  /** Undefined if the variable is not set, empty or not named by the code. */
  read(variable: string): string | undefined;
  /** The value that a write sent if the variable was set then. For comparisons with Grafana. */
  given(variable: string): string | undefined;
  /**
   * A hash of all secrets of a resource, to detect changes. Keyed, because viewers could guess a short secret from a plain
   * hash. Undefined without a key, or if a secret is not set.
   */
  fingerprint(uses: readonly SecretUse[]): string | undefined;
  /** Whether `GRAFANA_PROVISION_KEY` is set. */
  readonly keyed: boolean;
  /** Whether to send all secrets, as with `--refresh-secrets`. */
  readonly refresh: boolean;
  /** Redacts the value of a variable from now on, even if the code does not name it. */
  hide(variable: string): void;
  readonly redactor: Redactor;
  /** Redacts values and parts of them in a message: Grafana quotes requests in errors. */
  redacted(text: string): string;
  /** Redacts only whole values, for the text of an object. */
  withoutValues(text: string): string;
}

interface Options {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly named?: NamedSecrets;
  /** Receives the values that are read. */
  readonly redactor?: Redactor;
  readonly refresh?: boolean;
  /** Sent instead of values, for the sandbox, or only of those that are not set, for the stack. */
  readonly standIn?: { readonly for: "all" | "missing"; readonly value: (variable: string) => string };
}

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
  const actual = (variable: string) => (mayRead(variable) ? set(variable) : undefined);
  const given = (variable: string) => {
    const value = actual(variable);
    return value !== undefined && standIn?.for === "all" ? standIn.value(variable) : value;
  };
  const read = (variable: string) => given(variable) ?? (mayRead(variable) ? standIn?.value(variable) : undefined);
  for (const variable of names ?? []) set(variable);
  return {
    named,
    namedBy: (other) => valuesOf({ ...options, named: other }),
    redactor,
    hide: (variable) => void set(variable),
    read,
    given,
    keyed: key !== undefined,
    refresh,
    redacted: (text) => redactor.redacted(text),
    withoutValues: (text) => redactor.redacted(text, "wholes"),
    fingerprint(uses) {
      if (key === undefined || uses.length === 0) return undefined;
      const values = uses.map(({ path, variable }) => [path, actual(variable)] as const);
      if (values.some(([, value]) => value === undefined)) return undefined;
      return createHmac("sha256", key).update(JSON.stringify(values)).digest("hex").slice(0, 32);
    },
  };
}

export const NO_SECRETS: SecretValues = secretValues({ variables: {} });

import type { KnownSecrets } from "./encrypted-text.ts";
import { fingerprintsWith } from "./fingerprints.ts";
import { createRedactor, type Redactor } from "./redact.ts";
import type { SecretVariables } from "./sources.ts";
import { SHORT_SECRET, type SecretUse } from "./secret.ts";
import { variablesIn, type NamedSecrets } from "./named-secrets.ts";

/** The values of secrets in a run. */
export interface SecretValues {
  /** The secrets that the code names. Only their variables can be read; undefined: all can. */
  readonly named: NamedSecrets | undefined;
  /** The same values for other code with different secrets. */
  namedBy(named: NamedSecrets): SecretValues;
  /** Undefined if the variable is not set, empty or not named by the code. */
  read(variable: string): string | undefined;
  /** Reads the values of these variables that come from files and commands. Returns why a value is missing, by variable. */
  fetch(variables: Iterable<string>): Promise<ReadonlyMap<string, string>>;
  /** Whether the variable has a value, as far as it was read. */
  isSet(variable: string): boolean;
  /** Whether the value comes from a file or a command, so that it is read only when it is sent. */
  isFetched(variable: string): boolean;
  /** The value that a write sent if the variable was set then. For comparisons with Grafana. */
  given(variable: string): string | undefined;
  /**
   * A hash of all secrets of a resource, to detect changes. Keyed, because viewers could guess a short secret from a plain
   * hash. Undefined without a key, or if a secret is not set.
   */
  fingerprint(uses: readonly SecretUse[]): string | undefined;
  /** Whether a recorded hash is the one of these secrets. `parts`: the uids of the parts to compare. Default: all. */
  isFingerprint(recorded: string, uses: readonly SecretUse[], parts?: ReadonlySet<string>): boolean;
  /** Whether `GRAFANA_PROVISION_KEY` is set. */
  readonly keyed: boolean;
  /** Whether to send all secrets, as with `--refresh-secrets`. */
  readonly refresh: boolean;
  /** Redacts the value of a variable from now on, even if the code does not name it. */
  hide(variable: string): void;
  readonly redactor: Redactor;
  /** Redacts values and parts of them in a message: Grafana quotes requests in errors. */
  redacted(text: string): string;
  /** All secrets that were read, and the tool's credentials, with the texts to look for in objects. A text of fewer than 8 characters would match ordinary text. */
  inText(): KnownSecrets;
}

interface Options {
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** The values of `variables` that come from files and commands. Absent: none does. */
  readonly sources?: Pick<SecretVariables, "fetch" | "isFetched">;
  readonly named?: NamedSecrets;
  /** Receives the values that are read. */
  readonly redactor?: Redactor;
  readonly refresh?: boolean;
  /** The tool's own credentials by variable, each with the parts that reveal it. */
  readonly credentials?: ReadonlyMap<string, readonly string[]>;
  /** Sent instead of values, for the sandbox, or only of those that are not set, for the stack. */
  readonly standIn?: { readonly for: "all" | "missing"; readonly value: (variable: string) => string };
}

export function secretValues(options: Options): SecretValues {
  return valuesOf({ redactor: createRedactor(), ...options, values: new Map() });
}

interface State extends Options {
  readonly redactor: Redactor;
  /** The values that were read, by variable. */
  readonly values: Map<string, string>;
}

function valuesOf(options: State): SecretValues {
  const {
    variables,
    named,
    redactor,
    refresh = false,
    standIn,
    credentials = new Map<string, readonly string[]>(),
    values,
  } = options;
  const key = variables["GRAFANA_PROVISION_KEY"] || undefined;
  const names = named && variablesIn(named);
  const mayRead = (variable: string) => names?.has(variable) ?? true;
  if (key !== undefined) redactor.add(key, { credential: true });
  const set = (variable: string) => {
    const value = variables[variable] || undefined;
    if (value === undefined) return undefined;
    redactor.add(value);
    values.set(variable, value);
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
    async fetch(wanted) {
      const all = [...wanted];
      const failures = (await options.sources?.fetch(all)) ?? new Map<string, string>();
      for (const variable of all) set(variable);
      return failures;
    },
    isSet: (variable) => Boolean(variables[variable]),
    isFetched: (variable) => options.sources?.isFetched(variable) ?? false,
    read,
    given,
    keyed: key !== undefined,
    refresh,
    redacted: (text) => redactor.redacted(text),
    inText: () => {
      const own = [...values].map(([variable, value]) => [variable, [value]] as const);
      const all = [...credentials, ...own].map(([variable, texts]) => {
        const value = variables[variable] ?? "";
        return [variable, { value, texts: texts.filter((text) => text.trim().length >= SHORT_SECRET) }] as const;
      });
      return new Map(all);
    },
    ...fingerprintsWith(key, actual),
  };
}

export const NO_SECRETS: SecretValues = secretValues({ variables: {} });

import { inspect } from "node:util";

/** How a secret reads everywhere: in plans, canonical forms, errors and JSON. @internal */
export const HIDDEN = "(secret)";

/** The name of a variable of the environment, to be read when it is needed. */
export interface EnvironmentVariable {
  readonly variable: string;
}

/** Names a variable of the environment, for `secret(env("NAME"))`. */
export function env(variable: string): EnvironmentVariable {
  return { variable };
}

/** A value that the code names and never holds. */
export class Secret {
  readonly variable: string;

  constructor(variable: string) {
    this.variable = variable;
  }

  toJSON(): string {
    return HIDDEN;
  }

  /** As a part of a text it would be sent as the word that hides it. */
  toString(): never {
    throw new TypeError(
      `secret(env("${this.variable}")) can't be a part of a text: put the whole text into the variable, as with a URL that holds a token`,
    );
  }

  /** @internal */
  [inspect.custom](): string {
    return HIDDEN;
  }
}

/**
 * A secret, at any place of a datasource's `secureJsonData` or a contact point's settings. It is read from the
 * environment when it is sent, and printed nowhere.
 *
 * @example settings: { url: secret(env("SLACK_WEBHOOK_URL")) }
 */
export function secret({ variable }: EnvironmentVariable): Secret {
  return new Secret(variable);
}

/** A secret and where it stands, in path parts. @internal */
export interface SecretUse {
  readonly path: readonly (string | number)[];
  readonly variable: string;
  /** The uid of the part of the resource that it is in, where parts are told by their uids. */
  readonly within?: string;
}

/** Every secret in a value, in the order of its keys. @internal */
export function secretsIn(value: unknown, path: readonly (string | number)[] = []): SecretUse[] {
  if (value instanceof Secret) return [{ path, variable: value.variable }];
  if (Array.isArray(value)) return value.flatMap((item, index) => secretsIn(item, [...path, index]));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) => secretsIn(item, [...path, key]));
}

/** A copy with the values of all secrets in it: for a request's body, and for nothing else. @internal */
export function revealed(value: unknown, read: (variable: string) => string | undefined): unknown {
  if (value instanceof Secret) return read(value.variable);
  if (Array.isArray(value)) return value.map((item) => revealed(item, read));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, revealed(item, read)]));
}

/** Identifies a place by the uid of its part, whatever index the part has. @internal */
export function placeKey({ path, within }: SecretUse): string {
  return JSON.stringify([within ?? null, ...(within === undefined ? path : path.slice(2))]);
}

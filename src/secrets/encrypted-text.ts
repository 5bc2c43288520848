import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from "node:crypto";
import { createRedactor, type Redactor } from "./redact.ts";

/** A text that contains secrets, encrypted with their values: only the same values decrypt it. */
export interface EncryptedText {
  /** The variables of the secrets. */
  readonly variables: readonly string[];
  readonly salt: string;
  /** Initialization vector, authentication tag and text. */
  readonly data: string;
}

/** A secret, and the texts that reveal it: itself, and for credentials also parts of it. */
interface KnownSecret {
  readonly value: string;
  readonly texts: readonly string[];
}

/** The secrets that are known, by variable. */
export type KnownSecrets = ReadonlyMap<string, KnownSecret>;

/** A text that Grafana returned at the place of a secret, but that is not its value. Recorded encrypted with the secret. */
export class ShownText {
  readonly variable: string;
  readonly text: string;

  constructor(variable: string, text: string) {
    this.variable = variable;
    this.text = text;
  }
}

/** Encrypts the texts that contain a secret. */
export interface Encryption {
  /** Undefined if the text contains none. */
  encrypted(text: string): EncryptedText | undefined;
  /** Encrypts a text that contains no secret. */
  encryptedWith(variable: string, text: string): EncryptedText;
  /** The text with its secrets redacted, for display. */
  redacted(text: string): string;
}

const CIPHER = "aes-256-gcm";
const [SALT, IV, TAG] = [16, 12, 16];

export function createEncryption(secrets: KnownSecrets): Encryption {
  const finders = new Map([...secrets].map(([variable, { texts }]) => [variable, finderOf(texts)]));
  const any = finderOf([...secrets.values()].flatMap(({ texts }) => texts));
  const keys = new Map<string, { key: Buffer; salt: string }>();
  // One key for each set of secrets in a run: deriving it is slow on purpose.
  const keyFor = (variables: readonly string[]) => {
    const name = JSON.stringify(variables);
    const known = keys.get(name);
    if (known) return known;
    const salt = randomBytes(SALT).toString("base64");
    const made = {
      key: keyOf(
        variables.map((variable) => secrets.get(variable)?.value ?? ""),
        salt,
      ),
      salt,
    };
    keys.set(name, made);
    return made;
  };
  const redacted = (text: string) => any.redacted(text, "wholes");
  const encryptedBy = (variables: readonly string[], text: string) => {
    const { key, salt } = keyFor(variables);
    const iv = randomBytes(IV);
    const cipher = createCipheriv(CIPHER, key, iv);
    const body = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
    return { variables, salt, data: Buffer.concat([iv, cipher.getAuthTag(), body]).toString("base64") };
  };
  return {
    redacted,
    encryptedWith: (variable, text) => encryptedBy([variable], text),
    encrypted(text) {
      if (redacted(text) === text) return undefined;
      const found = [...finders].flatMap(([variable, own]) =>
        own.redacted(text, "wholes") === text ? [] : [variable],
      );
      const searched = [...secrets].flatMap(([variable, { texts }]) => (texts.length > 0 ? [variable] : []));
      return encryptedBy(found.length > 0 ? found : searched, text);
    },
  };
}

/** Decrypts texts of one run. Returns undefined if a secret is unknown, or has another value than when it was encrypted. */
export function createDecryption(secrets: KnownSecrets): (encrypted: EncryptedText) => string | undefined {
  const keys = new Map<string, Buffer>();
  return ({ variables, salt, data }) => {
    const values = variables.map((variable) => secrets.get(variable)?.value);
    if (values.some((value) => value === undefined)) return undefined;
    const name = JSON.stringify([variables, salt]);
    const key = keys.get(name) ?? keyOf(values as string[], salt);
    keys.set(name, key);
    const bytes = Buffer.from(data, "base64");
    try {
      const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV));
      decipher.setAuthTag(bytes.subarray(IV, IV + TAG));
      return Buffer.concat([decipher.update(bytes.subarray(IV + TAG)), decipher.final()]).toString("utf8");
    } catch {
      return undefined;
    }
  };
}

function keyOf(values: readonly string[], salt: string): Buffer {
  return scryptSync(JSON.stringify(values), Buffer.from(salt, "base64"), 32);
}

function finderOf(texts: readonly string[]): Redactor {
  const redactor = createRedactor();
  for (const text of texts) redactor.add(text);
  return redactor;
}

import { readFile } from "node:fs/promises";
import { Readable } from "node:stream";
import { UsageError } from "../../util/errors.ts";

// The package is loaded only if a key is given.

/** Encrypts or decrypts a stream. */
export type Convert = (source: Readable) => Promise<Readable>;

/** Encrypts for these recipients: `age1…`. Throws exit 64 if one is invalid. */
export async function encryptionFor(recipients: readonly string[]): Promise<Convert> {
  const { Encrypter } = await import("age-encryption");
  const encrypter = new Encrypter();
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipient.trim());
    } catch {
      throw new UsageError(
        "--recipient is not a public key of age",
        "Pass a key that begins with age1, such as `age-keygen` prints.",
        "backup-key-invalid",
      );
    }
  }
  return async (source) => Readable.fromWeb(await encrypter.encrypt(Readable.toWeb(source)));
}

/** Decrypts with the private keys in a file, as `age-keygen` writes it. Throws exit 64 if it has none. */
export async function decryptionWith(file: string): Promise<Convert> {
  const { Decrypter } = await import("age-encryption");
  const decrypter = new Decrypter();
  const lines = (await textOf(file)).split(/\r?\n/).map((line) => line.trim());
  const keys = lines.filter((line) => line !== "" && !line.startsWith("#"));
  try {
    for (const key of keys) decrypter.addIdentity(key);
  } catch {
    throw noKey(file);
  }
  if (keys.length === 0) throw noKey(file);
  return async (source) => {
    try {
      return Readable.fromWeb(await decrypter.decrypt(Readable.toWeb(source)));
    } catch (error) {
      source.destroy();
      throw new UsageError(
        `The backup can't be decrypted with the keys in ${file}: ${error instanceof Error ? error.message : "unknown error"}. Nothing was restored`,
        "Pass the file with the private key of one of its recipients.",
        "backup-key-invalid",
      );
    }
  };
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch {
    throw noKey(file);
  }
}

/** Does not contain the text of the file, which can be a key. */
function noKey(file: string): UsageError {
  return new UsageError(
    `--identity ${file} is not a file with private keys of age`,
    "Pass a file with lines that begin with AGE-SECRET-KEY-, such as `age-keygen` writes.",
    "backup-key-invalid",
  );
}

import type { JsonFiles } from "./files.ts";
import { isObject, text, type JsonObject } from "./json.ts";
import type { Strings } from "./k8s/metadata.ts";

/** The value of a secret that an earlier process received. Some integrations accept only a URL. */
const lost = "https://sandbox.invalid/value-not-kept";

/** Records which secrets an object has. Their values are only in memory. */
export async function writeSecretNames(files: JsonFiles, uid: string, secrets: Strings): Promise<void> {
  await files.write(uid, JSON.stringify({ uid, names: Object.keys(secrets) }));
}

/** The recorded secrets by uid. Removes values that an earlier version wrote. */
export async function readSecretNames(
  files: JsonFiles,
  isKnown: (uid: string) => boolean,
): Promise<Map<string, Strings>> {
  const all = new Map<string, Strings>();
  for await (const { value } of files.load()) {
    const uid = text(value["uid"]);
    const secrets = Object.fromEntries(namesIn(value).map((name) => [name, lost]));
    if (!isKnown(uid)) await files.remove(uid);
    else if (!Array.isArray(value["names"])) await writeSecretNames(files, uid, secrets);
    if (isKnown(uid)) all.set(uid, secrets);
  }
  return all;
}

function namesIn({ names, secureJsonData, secureSettings }: JsonObject): string[] {
  if (Array.isArray(names)) return names.map(text);
  const values = secureJsonData ?? secureSettings;
  return isObject(values) ? Object.keys(values) : [];
}

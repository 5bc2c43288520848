import { parseObject, type KubernetesObject } from "../grafana/kubernetes-object.ts";
import { textOf, toJson, type JsonObject } from "../util/json.ts";
import { LEDGER } from "./annotations.ts";

/** The owners of the ledgers in these folders. Empty for a ledger of an older version. */
export function ledgerOwners(folders: readonly Pick<KubernetesObject, "metadata">[]): ReadonlySet<string> {
  return new Set(
    folders.flatMap(({ metadata }) => {
      const text = metadata.annotations?.[LEDGER];
      return text === undefined ? [] : [ownerIn(text)];
    }),
  );
}

/** A folder of a backup without its ledger, if Grafana has another one of the same owner: that one must stay the newest. */
export function withoutFormerLedger(folder: JsonObject, owners: ReadonlySet<string>): JsonObject {
  const { metadata } = parseObject(folder);
  const { [LEDGER]: ledger, ...annotations } = metadata.annotations ?? {};
  if (ledger === undefined || !owners.has(ownerIn(ledger))) return folder;
  return { ...folder, metadata: toJson({ ...metadata, annotations }) };
}

function ownerIn(ledger: string): string {
  try {
    return textOf((JSON.parse(ledger) as { readonly owner?: unknown }).owner);
  } catch {
    return "";
  }
}

import type { LiveObject } from "../engine/model.ts";
import type { ResourceKind } from "../engine/resource.ts";
import { contentHashOf, placesIn } from "./forms.ts";
import type { Assessed, Sent } from "./recorded-change.ts";

/** Whether a run left an object as it was, and so can have changed only its secrets. */
export function sentOnlySecrets(own: ResourceKind, before: LiveObject | undefined, sent: Sent | undefined): boolean {
  if (!own.secrets || !before || !sent || variablesOf(own, before).length === 0) return false;
  return sent.contentHash === undefined
    ? before.applied?.codeHash === sent.codeHash
    : contentHashOf(own, before, sent.places ?? []) === sent.contentHash;
}

/** The note on objects whose secrets a run changed, or may have changed: it did not record the former values. */
export function lostSecretNotes(unchanged: readonly Assessed[]): string[] {
  const lost = unchanged.flatMap(({ name, own, before, now, sent }) => {
    const [then, there] = [before?.applied?.secrets, now?.applied?.secrets];
    const areFormer = then !== undefined && then === there;
    return before && !areFormer && sentOnlySecrets(own, before, sent)
      ? [{ name, variables: variablesOf(own, before) }]
      : [];
  });
  if (lost.length === 0) return [];
  const names = lost.map(({ name }) => name).join(", ");
  const variables = [...new Set(lost.flatMap((one) => one.variables))].join(", ");
  return [
    `The run sent secrets of ${names}. Previous values of secrets are not recorded, so the current values are kept. To restore them, set ${variables} to the previous values and roll back with --refresh-secrets.`,
  ];
}

function variablesOf(own: ResourceKind, before: LiveObject): string[] {
  return placesIn(own, before).map(({ variable }) => variable);
}

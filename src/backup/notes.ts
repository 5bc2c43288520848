import { address } from "../engine/model.ts";
import type { Assessed } from "../rollback/recorded-change.ts";
import { formOf } from "../rollback/forms.ts";
import type { SecretValues } from "../secrets/values.ts";
import { equal } from "../util/json.ts";
import { listed } from "../util/plural.ts";
import type { StoredObject } from "./directory.ts";

/** The number of names in a note. */
const SHOWN = 5;

/** Objects that files, plugins or Git provision. */
export function provisionedNotes(chosen: readonly StoredObject[]): string[] {
  const left = chosen.filter(({ provisioned }) => provisioned !== undefined);
  if (left.length === 0) return [];
  return [`Not restored, because files, plugins or Git provision them: ${some(left.map(address))}.`];
}

/** Objects that an environment maps to others. */
export function mappedNotes(mapped: readonly StoredObject[]): string[] {
  if (mapped.length === 0) return [];
  return [`Not restored, because the environment maps them to other objects: ${some(mapped.map(address))}.`];
}

/** Users, teams and service accounts that Grafana lacks. */
export function lackingNotes(lacking: ReadonlyMap<string, readonly string[]>): string[] {
  return [...lacking].map(
    ([holder, users]) =>
      `${holder} does not exist in Grafana, so it is left out of ${some(users)}. Create it and restore again.`,
  );
}

/** The variables of secrets that Grafana lacks. */
export function secretNotes(judged: readonly Assessed[], unset: readonly string[], secrets: SecretValues): string[] {
  const missing = judged.flatMap((one) => missingIn(one, secrets));
  const names = [...new Set([...missing, ...unset])];
  if (names.length === 0) return [];
  return [
    `These secrets are not restored. Set their variables and restore again, or set them in Grafana: ${listed(names)}.`,
  ];
}

/** The variables of secrets that a restore leaves out. */
function missingIn({ own, kind, before, now }: Assessed, secrets: SecretValues): string[] {
  const variables = before && own.secrets?.inSnapshot(before);
  if (!before || !variables || variables.length === 0) return [];
  const restore = { kind, before, ...(now ? { live: now } : {}), sentPlaces: [], fromBackup: true } as const;
  const after = own.rollback.result?.(restore, secrets);
  if (!after || equal(formOf(own, after), formOf(own, before))) return [];
  return variables.map(({ variable }) => variable).filter((variable) => !secrets.isSet(variable));
}

function some(names: readonly string[]): string {
  return names.length > SHOWN ? `${names.slice(0, SHOWN).join(", ")} and ${names.length - SHOWN} more` : listed(names);
}

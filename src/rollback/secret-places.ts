import { address } from "../engine/model.ts";
import { mergeSecrets, type NamedSecrets } from "../secrets/named-secrets.ts";
import type { SecretUse } from "../secrets/secret.ts";
import type { RunRecord } from "./record.ts";
import type { BrokenRun, StoredRun } from "./store.ts";

/**
 * Where the last runs, newest first, sent secrets of an object, and the hash of its content after the last one. If Grafana keeps
 * marks, the marks contain it. Undefined if no run of this project on this Grafana wrote the object.
 */
export function sentSecretPlaces(
  runs: readonly (StoredRun | BrokenRun)[],
  now: Pick<RunRecord, "owner" | "target" | "project">,
  name: string,
): { places?: readonly SecretUse[]; contentHash?: string } {
  const places: SecretUse[] = [];
  let written = false;
  for (const { changes } of ownRecords(runs, now)) {
    const change = changes.find((one) => address(one) === name);
    if (!change?.sent) continue;
    written = true;
    places.push(...(change.sent.places ?? []));
    // A change that is not known to be complete may have kept the previous secrets.
    if (change.status === "done") {
      const { contentHash } = change.sent;
      return { places, ...(places.length === (change.sent.places ?? []).length && contentHash ? { contentHash } : {}) };
    }
  }
  return written ? { places } : {};
}

/** The secrets that the code of these runs named, by address. */
export function formerlyNamed(
  runs: readonly (StoredRun | BrokenRun)[],
  now: Pick<RunRecord, "owner" | "target" | "project">,
): NamedSecrets {
  return mergeSecrets(ownRecords(runs, now).map(({ named = {} }) => new Map(Object.entries(named))));
}

/** The records of runs of this project on this Grafana. */
function ownRecords(
  runs: readonly (StoredRun | BrokenRun)[],
  { owner, project, target: { url, namespace } }: Pick<RunRecord, "owner" | "target" | "project">,
): RunRecord[] {
  return runs
    .flatMap((run) => ("record" in run ? [run.record] : []))
    .filter(
      ({ target, ...record }) =>
        record.owner === owner && record.project === project && target.url === url && target.namespace === namespace,
    );
}

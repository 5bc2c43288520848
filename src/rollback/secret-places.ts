import { address } from "../engine/model.ts";
import { mergeSecrets, type NamedSecrets } from "../secrets/named-secrets.ts";
import type { SecretUse } from "../secrets/secret.ts";
import type { RunRecord } from "./record.ts";
import type { BrokenRun, StoredRun } from "./store.ts";

/**
 * Where the last runs, the newest first, had sent secrets of an object: what Grafana itself tells where it keeps marks.
 * Nothing where no run of this project and Grafana had written it.
 */
export function sentSecretPlaces(
  runs: readonly (StoredRun | BrokenRun)[],
  now: Pick<RunRecord, "owner" | "target" | "project">,
  name: string,
): { places?: readonly SecretUse[] } {
  const places: SecretUse[] = [];
  let written = false;
  for (const { changes } of ownRecords(runs, now)) {
    const change = changes.find((one) => address(one) === name);
    if (!change?.sent) continue;
    written = true;
    places.push(...(change.sent.places ?? []));
    // What is not known to be done may have left what was there before it.
    if (change.status === "done") break;
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

import { address } from "../engine/resource.ts";
import { together, type NamedSecrets } from "../secrets/named-secrets.ts";
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
  const own = runs.flatMap((run) => ("record" in run && isSame(run.record, now) ? [run.record] : []));
  const places: SecretUse[] = [];
  let written = false;
  for (const { changes } of own) {
    const change = changes.find((one) => address(one) === name);
    if (!change?.sent) continue;
    written = true;
    places.push(...(change.sent.places ?? []));
    // What is not known to be done may have left what was there before it.
    if (change.status === "done") break;
  }
  return written ? { places } : {};
}

/** The secrets that the code of any of these runs named, by address. */
export function formerlyNamed(
  runs: readonly (StoredRun | BrokenRun)[],
  now: Pick<RunRecord, "owner" | "target" | "project">,
): NamedSecrets {
  const own = runs.flatMap((run) => ("record" in run && isSame(run.record, now) ? [run.record] : []));
  return together(own.map(({ named = {} }) => new Map(Object.entries(named))));
}

function isSame({ owner, target, project }: RunRecord, now: Pick<RunRecord, "owner" | "target" | "project">): boolean {
  return (
    owner === now.owner &&
    project === now.project &&
    target.url === now.target.url &&
    target.namespace === now.target.namespace
  );
}

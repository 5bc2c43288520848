import { placeKey } from "../../secrets/secret.ts";
import type { Desired } from "../../engine/model.ts";
import { listed } from "../../util/plural.ts";
import { jsonObject } from "../alerting/rule.ts";
import type { ContactPoint } from "./builder.ts";
import { integrationsOf } from "./integrations.ts";
import { REDACTED, type LiveContactPoint } from "./live.ts";
import { pathsOf } from "../../secrets/paths.ts";

/** The integrations that a write removes, and the secrets that it replaces, unless the project sent them. */
export function removalOf(desired: Desired<ContactPoint>, live: LiveContactPoint): string | undefined {
  const { state } = live.ownership;
  if (state !== "foreign" && state !== "ours") return undefined;
  const mine = new Set(integrationsOf(desired).map(({ uid }) => uid));
  const removed = live.integrations.filter(({ uid }) => !mine.has(uid));
  const names = removed.map(({ uid, type }) => `${type} (${uid})`);
  const lost = lossOf(live);
  if (state === "ours" || names.length === 0) return lost;
  const what = `removes the integration${names.length === 1 ? "" : "s"} ${listed(names)}`;
  return lost ? `${what}; ${lost}` : `${what}, which a rollback restores`;
}

/** The secrets that a record lacks: Grafana does not return them, and no variable of the project contains them. */
export function lossOf({ integrations, applied }: LiveContactPoint): string | undefined {
  const known = new Set(applied?.places?.map(placeKey));
  const lost = integrations.flatMap(({ uid, settings }, index) =>
    pathsOf(jsonObject(settings), REDACTED)
      .filter((path) => {
        const whole = ["integrations", index, "settings", ...path];
        return !known.has(placeKey({ path: whole, variable: "", within: uid }));
      })
      .map((path) => `${path.join(".")} of ${uid}`),
  );
  if (lost.length === 0) return undefined;
  const [what, it] = lost.length === 1 ? ["the secret", "it"] : ["the secrets", "them"];
  return `a rollback can't restore ${what} ${listed(lost)}, because Grafana does not return ${it}`;
}

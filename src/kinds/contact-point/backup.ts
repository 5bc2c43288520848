import type { BackupFacet, HiddenValue } from "../../engine/backup-facet.ts";
import { masked } from "../../secrets/mask.ts";
import { HIDDEN } from "../../secrets/secret.ts";
import { jsonObject } from "../alerting/rule.ts";
import { REDACTED, type LiveContactPoint, type LiveIntegration } from "./live.ts";
import { differingPaths, valueAt, type Path } from "../../secrets/paths.ts";

/** Secrets, and credentials that Grafana returns in plain text, such as the URL of a webhook. */
export const backup: BackupFacet<LiveContactPoint> = {
  hidden: ({ id, integrations }) =>
    integrations.flatMap((one, index) =>
      credentialsIn(one).map((path): HiddenValue => {
        const origin = originAt(one.settings, path);
        return {
          path: ["integrations", index, "settings", ...path],
          within: one.uid,
          words: [id, one.type, ...path].join(" "),
          ...(origin === undefined ? {} : { origin }),
        };
      }),
    ),
};

/** What can be shown of a setting that contains a credential; undefined if that is nothing. */
export function originAt(settings: LiveIntegration["settings"], path: Path): string | undefined {
  const shown = valueAt(masked({ settings: jsonObject(settings) })["settings"], path);
  return typeof shown === "string" && shown !== HIDDEN && shown !== REDACTED ? shown : undefined;
}

function credentialsIn({ settings }: LiveIntegration): Path[] {
  const form = jsonObject(settings);
  const shown = masked({ settings: form });
  return differingPaths(
    form,
    shown["settings"],
    (value, masked) => value === REDACTED || value === HIDDEN || value !== masked,
  );
}
